using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Configuration.Model;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Gateway.Server.Acme;

/// <summary>
/// TLS-ALPN-01 (RFC 8737): a handshake for the protocol <c>acme-tls/1</c> gets a certificate that carries the response, and then ends.
/// Handshakes of users are the usual ones all the while.
/// </summary>
/// <param name="challenges">What is expected.</param>
internal sealed class TlsAlpnChallenge(AcmeChallenges challenges)
{
    private const string ExtensionId = "1.3.6.1.5.5.7.1.31";
    private static readonly SslApplicationProtocol Protocol = new("acme-tls/1");

    /// <summary>A certificate that carries the response for a name (section 3).</summary>
    public static SslStreamCertificateContext CertificateFor(string host, string authorization, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=acme challenge", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        // An OCTET STRING of 32 bytes in DER: tag 4, length 32.
        byte[] digest = [4, 32, .. SHA256.HashData(Encoding.ASCII.GetBytes(authorization))];
        request.CertificateExtensions.Add(new X509Extension(ExtensionId, digest, critical: true));
        return SslStreamCertificateContext.Create(
            request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1)), additionalCertificates: null, offline: true);
    }

    /// <summary>Stands before the handshake: looks into the ClientHello, without taking it, while a response is expected.</summary>
    public ConnectionDelegate Before(ConnectionDelegate next) => async connection =>
    {
        if (challenges.HasCertificates && await IsValidationAsync(connection).ConfigureAwait(false))
        {
            connection.Features.Set(new AcmeValidation());
        }

        await next(connection).ConfigureAwait(false);
    };

    /// <summary>The handshake of an authority; null: it is a user's.</summary>
    public SslServerAuthenticationOptions? HandshakeOf(TlsHandshakeCallbackContext hello) =>
        hello.Connection.Features.Get<AcmeValidation>() is not null
        && challenges.CertificateFor(hello.ClientHelloInfo.ServerName) is { } certificate
            ? new SslServerAuthenticationOptions
            {
                ServerCertificateContext = certificate,
                ApplicationProtocols = [Protocol],
                EnabledSslProtocols = TlsVersions.From(TlsVersion.Tls12),
            }
            : null;

    /// <summary>Stands inside TLS: the authority has seen what it wanted.</summary>
    public static ConnectionDelegate EndAfter(ConnectionDelegate next) => connection =>
        connection.Features.Get<AcmeValidation>() is null ? next(connection) : Task.CompletedTask;

    // How long it may take is bounded with the first request: see ConnectionGuard.
    private static async Task<bool> IsValidationAsync(ConnectionContext connection)
    {
        var reader = connection.Transport.Input;
        while (true)
        {
            ReadResult read;
            try
            {
                read = await reader.ReadAsync(connection.ConnectionClosed).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The handshake finds out by itself.
                return false;
            }

            var (isWhole, isValidation) = Judge(read.Buffer);
            if (isWhole || read.IsCompleted || read.IsCanceled)
            {
                // Nothing of it counts as looked at: the handshake reads it at once.
                reader.AdvanceTo(read.Buffer.Start);
                return isValidation;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static (bool IsWhole, bool IsValidation) Judge(ReadOnlySequence<byte> buffer)
    {
        var bytes = buffer.IsSingleSegment ? buffer.FirstSpan : buffer.ToArray();
        var length = ClientHelloProtocols.LengthOf(bytes, out var isOther);
        return length is { } whole && bytes.Length >= whole
            ? (true, ClientHelloProtocols.IsOnly(bytes[..whole], Protocol.Protocol.Span))
            : (isOther, false);
    }
}
