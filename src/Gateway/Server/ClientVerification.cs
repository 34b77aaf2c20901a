using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reload;
using Gateway.Configuration.Values;
using Gateway.Forwarding.Requests;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Server;

/// <summary>
/// Verifies the certificates that clients of a listener show, against authorities whose file is read again when it changes. A handshake
/// with one that does not verify fails, and so does one without any unless that is optional.
/// </summary>
internal sealed class ClientVerification
{
    private readonly WatchedFiles<X509Certificate2Collection> _authorities;
    private readonly RemoteCertificateValidationCallback _verify;

    /// <exception cref="System.Security.Cryptography.CryptographicException">The file has no authorities.</exception>
    public ClientVerification(ClientCertificatesConfig config)
    {
        _authorities = new WatchedFiles<X509Certificate2Collection>(
            $"\"clientCertificates\" (\"{config.Ca}\")",
            [config.Ca],
            () => PemFiles.Authorities(config.Ca));
        var isOptional = config.IsOptional;
        _verify = (_, certificate, _, errors) => certificate is null ? isOptional : errors == SslPolicyErrors.None;
    }

    /// <summary>Why the file on disk is not in force; null: it is.</summary>
    public string? Alarm => _authorities.Alarm;

    /// <summary>Looks at the file once.</summary>
    public void Look() => _authorities.Look();

    /// <summary>Asks for a certificate in a handshake.</summary>
    public void Require(SslServerAuthenticationOptions options)
    {
        options.ClientCertificateRequired = true;

        // A session that is resumed has the certificate without those between it and an authority, and would not verify.
        options.AllowTlsResume = false;
        options.CertificateChainPolicy = PemFiles.Trusting(_authorities.Value);
        options.RemoteCertificateValidationCallback = _verify;
    }

    /// <summary>Stands inside TLS: what the client has shown becomes a feature of its connection.</summary>
    public static ConnectionDelegate Before(ConnectionDelegate next) => connection =>
    {
        var shown = connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;
        connection.Features.Set(shown is null ? new ClientCertificate(Value: null) : ClientCertificate.Of(shown.RawDataMemory.Span));
        return next(connection);
    };
}
