using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tests.Support;

/// <summary>An authority that no machine trusts by itself.</summary>
internal sealed class PrivateAuthority : IDisposable
{
    private readonly X509Certificate2 _own;

    public PrivateAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true,
            hasPathLengthConstraint: false,
            0,
            critical: true));
        var now = TimeProvider.System.GetUtcNow();
        _own = request.CreateSelfSigned(now.AddDays(-3), now.AddDays(30));
    }

    /// <summary>Its certificate.</summary>
    public string Pem => _own.ExportCertificatePem();

    /// <summary>A certificate for these names and addresses, with its key.</summary>
    public X509Certificate2 Issue(params string[] names) => Issue(ended: false, names);

    /// <summary>One whose time is over.</summary>
    public X509Certificate2 IssueEnded(params string[] names) => Issue(ended: true, names);

    /// <summary>Certificate and key as PEM.</summary>
    public (string Certificate, string Key) IssuePem(params string[] names)
    {
        using var certificate = Issue(names);
        using var key = certificate.GetECDsaPrivateKey()!;
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose() => _own.Dispose();

    private X509Certificate2 Issue(bool ended, string[] names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={names[0]}", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(name);
            }
        }

        request.CertificateExtensions.Add(alternatives.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.Create(
            _own,
            now.AddDays(-2),
            ended ? now.AddDays(-1) : now.AddDays(20),
            RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }
}
