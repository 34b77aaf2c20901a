using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tests.Support;

/// <summary>
/// An authority that this process trusts beside the system's, as an operator would make a gateway trust one: by <c>SSL_CERT_FILE</c>. .NET
/// asks libc for it at the first handshake, so that it is set there, and before any test.
/// </summary>
internal static class TestAuthority
{
    private static readonly X509Certificate2 Own = CreateOwn();

    /// <summary>Its own certificate, as PEM.</summary>
    public static string Pem => Own.ExportCertificatePem();

    /// <summary>A certificate for these names and addresses, with its key.</summary>
    public static X509Certificate2 Issue(params string[] names) => Issue(ended: false, names);

    /// <summary>One whose time is over.</summary>
    public static X509Certificate2 IssueEnded(params string[] names) => Issue(ended: true, names);

    [ModuleInitializer]
    internal static void Trust()
    {
        var file = Path.Combine(Path.GetTempPath(), $"gateway-test-authority-{Environment.ProcessId}.pem");
        File.WriteAllText(file, Own.ExportCertificatePem());
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(file);
        _ = SetEnvironment("SSL_CERT_FILE", file, overwrite: 1);
    }

    private static X509Certificate2 Issue(bool ended, string[] names)
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
            Own,
            now.AddDays(-2),
            ended ? now.AddDays(-1) : now.AddDays(20),
            RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }

    private static X509Certificate2 CreateOwn()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=gateway tests", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true,
            hasPathLengthConstraint: false,
            0,
            critical: true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-3), now.AddDays(30));
    }

    [DllImport("libc", EntryPoint = "setenv", SetLastError = true,
        CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int SetEnvironment(string name, string value, int overwrite);
}
