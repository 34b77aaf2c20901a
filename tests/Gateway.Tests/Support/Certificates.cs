using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tests.Support;

/// <summary>Self-signed certificates.</summary>
internal static class Certificates
{
    /// <summary>Certificate and key as PEM, for these alternative names beside the common one.</summary>
    public static (string Certificate, string Key) Create(string name, params string[] alternatives) =>
        Create(name, TimeSpan.FromDays(30), alternatives);

    /// <summary>The same, valid from 30 days ago; it ends after <paramref name="left"/>.</summary>
    public static (string Certificate, string Key) Create(string name, TimeSpan left, params string[] alternatives)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        if (alternatives.Length > 0)
        {
            var names = new SubjectAlternativeNameBuilder();
            foreach (var alternative in alternatives)
            {
                if (IPAddress.TryParse(alternative, out var address))
                {
                    names.AddIpAddress(address);
                }
                else
                {
                    names.AddDnsName(alternative);
                }
            }

            request.CertificateExtensions.Add(names.Build());
        }

        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-30), now + left);
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
