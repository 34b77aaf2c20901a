using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration.Model;

namespace Gateway.Redis;

/// <summary>
/// TLS to Redis and its sentinels. The authorities are read with every new connection, so that a renewed file needs no restart.
/// </summary>
internal sealed class RedisTls
{
    private readonly string? _authorities;

    private RedisTls(string? authorities) => _authorities = authorities;

    /// <summary>Null: Redis is spoken to in clear.</summary>
    public static RedisTls? For(RedisConfig config) => config.Tls ? new RedisTls(config.Ca) : null;

    /// <summary>What a handshake with this host needs, under whose name its certificate must be.</summary>
    /// <exception cref="RedisFailedException">The authorities cannot be read.</exception>
    public SslClientAuthenticationOptions OptionsFor(string host)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = host, EnabledSslProtocols = TlsVersions.From(TlsVersion.Tls12) };
        if (_authorities is { } file)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(Read(file));
        }

        return options;
    }

    /// <summary>Speaks TLS on a connection.</summary>
    /// <exception cref="RedisFailedException">The handshake failed, and why.</exception>
    public async Task<Stream> OpenAsync(Stream stream, string host, CancellationToken cancellationToken)
    {
        var fault = RedisFault.NoTls;
        var options = OptionsFor(host);
        options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
        {
            fault = FaultOf(chain, errors) ?? fault;
            return errors == SslPolicyErrors.None;
        };
        var tls = new SslStream(stream);
        try
        {
            await tls.AuthenticateAsClientAsync(options, cancellationToken).ConfigureAwait(false);
            return tls;
        }
        catch (Exception e)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            if (e is AuthenticationException or IOException)
            {
                throw new RedisFailedException(fault, e);
            }

            throw;
        }
    }

    /// <summary>Why a certificate does not verify, by the chain that was built for it; null: it does.</summary>
    internal static RedisFault? FaultOf(X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
        {
            return null;
        }

        // An expired certificate is named first: it may be for another name and from another authority beside that.
        return chain?.ChainStatus.Any(static status => status.Status == X509ChainStatusFlags.NotTimeValid) == true
            ? RedisFault.CertificateExpired
            : errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) ? RedisFault.CertificateUntrusted
            : errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? RedisFault.CertificateOtherName
            : RedisFault.NoTls;
    }

    private static X509Certificate2Collection Read(string file)
    {
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(file);
            return authorities;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new RedisFailedException(RedisFault.AuthoritiesUnreadable, e);
        }
    }
}
