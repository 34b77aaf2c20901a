using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tests.Admin;

/// <summary>An authority for operators, and what it issues.</summary>
internal sealed class OperatorAuthority : IDisposable
{
    public const string ForClients = "1.3.6.1.5.5.7.3.2";
    public const string ForServers = "1.3.6.1.5.5.7.3.1";

    private readonly X509Certificate2 _own;

    public OperatorAuthority(string name)
        : this(SelfSigned(name))
    {
    }

    private OperatorAuthority(X509Certificate2 own) => _own = own;

    public string Pem => _own.ExportCertificatePem();

    /// <summary>A further authority below this one.</summary>
    public OperatorAuthority Below(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request(name, key, isAuthority: true);
        using var issued = request.Create(_own, Now.AddDays(-2), Now.AddDays(20), RandomNumberGenerator.GetBytes(8));
        return new OperatorAuthority(issued.CopyWithPrivateKey(key));
    }

    /// <summary>Certificate and key as PEM.</summary>
    /// <param name="commonName">The subject's common name.</param>
    /// <param name="email">An alternative name; null: there is none.</param>
    /// <param name="ended">Its time is over.</param>
    /// <param name="usage">What it is for.</param>
    public (string Certificate, string Key) Issue(
        string commonName, string? email = null, bool ended = false, string usage = ForClients)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request(commonName, key, isAuthority: false);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        if (email is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddEmailAddress(email);
            names.AddUri(new Uri($"spiffe://shop.example/{commonName}"));
            request.CertificateExtensions.Add(names.Build());
        }

        using var issued = request.Create(
            _own, Now.AddDays(-2), ended ? Now.AddDays(-1) : Now.AddDays(10), RandomNumberGenerator.GetBytes(8));
        return (issued.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose() => _own.Dispose();

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private static X509Certificate2 SelfSigned(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Request(name, key, isAuthority: true).CreateSelfSigned(Now.AddDays(-3), Now.AddDays(30));
    }

    private static CertificateRequest Request(string name, ECDsa key, bool isAuthority)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            isAuthority, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        return request;
    }
}
