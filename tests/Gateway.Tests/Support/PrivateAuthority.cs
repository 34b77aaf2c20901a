using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tests.Support;

/// <summary>An authority that no machine trusts by itself.</summary>
internal sealed class PrivateAuthority : IDisposable
{
    public const string ForClients = "1.3.6.1.5.5.7.3.2";
    public const string ForServers = "1.3.6.1.5.5.7.3.1";

    private readonly X509Certificate2 _own;

    public PrivateAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _own = AuthorityOf(name, key).CreateSelfSigned(Now.AddDays(-3), Now.AddDays(30));
    }

    private PrivateAuthority(X509Certificate2 own) => _own = own;

    /// <summary>Its certificate.</summary>
    public string Pem => _own.ExportCertificatePem();

    /// <summary>A further authority below this one.</summary>
    public PrivateAuthority Below(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var issued = AuthorityOf(name, key).Create(_own, Now.AddDays(-2), Now.AddDays(20), RandomNumberGenerator.GetBytes(8));
        return new PrivateAuthority(issued.CopyWithPrivateKey(key));
    }

    /// <summary>A certificate for these names and addresses, with its key.</summary>
    public X509Certificate2 Issue(params string[] names) => Issue(ended: false, names);

    /// <summary>One whose time is over.</summary>
    public X509Certificate2 IssueEnded(params string[] names) => Issue(ended: true, names);

    /// <summary>Certificate and key as PEM.</summary>
    public (string Certificate, string Key) IssuePem(params string[] names)
    {
        using var certificate = Issue(names);
        return PemOf(certificate);
    }

    /// <summary>Certificate and key of a person or a machine as PEM.</summary>
    /// <param name="commonName">The subject's common name.</param>
    /// <param name="email">An alternative name, and with it <c>spiffe://shop.example/NAME</c>; null: there is none.</param>
    /// <param name="ended">Its time is over.</param>
    /// <param name="usage">What it is for.</param>
    /// <param name="extension">A further extension; null: there is none.</param>
    public (string Certificate, string Key) IssueFor(
        string commonName, string? email = null, bool ended = false, string usage = ForClients, X509Extension? extension = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={commonName}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        if (email is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddEmailAddress(email);
            names.AddUri(new Uri($"spiffe://shop.example/{commonName}"));
            request.CertificateExtensions.Add(names.Build());
        }

        if (extension is not null)
        {
            request.CertificateExtensions.Add(extension);
        }

        using var certificate = Issue(request, key, ended);
        return PemOf(certificate);
    }

    public void Dispose() => _own.Dispose();

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private static CertificateRequest AuthorityOf(string name, ECDsa key)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true,
            hasPathLengthConstraint: false,
            0,
            critical: true));
        return request;
    }

    private static (string Certificate, string Key) PemOf(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

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
        return Issue(request, key, ended);
    }

    private X509Certificate2 Issue(CertificateRequest request, ECDsa key, bool ended)
    {
        using var certificate = request.Create(
            _own, Now.AddDays(-2), ended ? Now.AddDays(-1) : Now.AddDays(20), RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }
}
