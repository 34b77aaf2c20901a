using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tests.Support;

/// <summary>Self-signed certificates.</summary>
internal static class Certificates
{
    /// <summary>Certificate and key as PEM, for these alternative names beside the common one.</summary>
    public static (string Certificate, string Key) Create(string name, params string[] alternatives)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        if (alternatives.Length > 0)
        {
            var names = new SubjectAlternativeNameBuilder();
            Array.ForEach(alternatives, names.AddDnsName);
            request.CertificateExtensions.Add(names.Build());
        }

        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
