using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Configuration.Values;

/// <summary>Reads certificates from PEM files.</summary>
internal static class PemFiles
{
    /// <summary>The authorities in a file.</summary>
    /// <exception cref="CryptographicException">There is none.</exception>
    public static X509Certificate2Collection Authorities(string file)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(file);
        return authorities.Count > 0 ? authorities : throw new CryptographicException($"There is no certificate in \"{file}\".");
    }

    /// <summary>A certificate with its chain and its key, for handshakes.</summary>
    /// <exception cref="CryptographicException">They cannot be read, or do not belong together.</exception>
    public static SslStreamCertificateContext WithKey(string file, string key)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(file);
        return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(file, key), chain, offline: true);
    }

    /// <summary>Trusts these authorities and no other. For one handshake: it tells the time by when it was made.</summary>
    public static X509ChainPolicy Trusting(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true
        };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }
}
