using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Conformance.Support;

/// <summary>
/// An authority made for one run, and one certificate of it for 127.0.0.1 and localhost, as PEM files: servers use the certificate, the
/// gateway and the clients are told to trust the authority.
/// </summary>
internal sealed class Authority
{
    public Authority(string folder)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = new CertificateRequest("CN=conformance tests", rootKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true,
            hasPathLengthConstraint: false,
            0,
            critical: true));
        root.CertificateExtensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign,
            critical: true));
        using var authority = root.CreateSelfSigned(now.AddDays(-1), now.AddDays(10));

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, now.AddDays(-1), now.AddDays(9), RandomNumberGenerator.GetBytes(8));

        AuthorityFile = Write(folder, "authority.pem", authority.ExportCertificatePem());
        CertificateFile = Write(folder, "server.pem", certificate.ExportCertificatePem() + "\n");
        KeyFile = Write(folder, "server.key", key.ExportPkcs8PrivateKeyPem() + "\n");
        BothFile = Write(folder, "server-both.pem", certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    /// <summary>The authority's certificate.</summary>
    public string AuthorityFile { get; }

    /// <summary>The server's certificate.</summary>
    public string CertificateFile { get; }

    /// <summary>The server's key.</summary>
    public string KeyFile { get; }

    /// <summary>Certificate and key in one file.</summary>
    public string BothFile { get; }

    private static string Write(string folder, string name, string text)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
