using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Configuration;

/// <summary>Files of authorities that no certificate can be traced to.</summary>
[Trait("kind", "unit")]
public sealed class AuthorityFileTests : IDisposable
{
    private readonly PrivateAuthority _root = new("root");
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _root.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Authority_WithoutItsIssuer_IsWarnedOf()
    {
        using var between = _root.Below("day shift");
        var (leaf, _) = _root.IssueFor("ann");
        Assert.Empty(WarningsOf(_root.Pem));
        Assert.Empty(WarningsOf($"{between.Pem}\n{_root.Pem}"));
        foreach (var (pem, subject) in new[]
        {
            (between.Pem, "CN=day shift"),
            (leaf, "CN=ann"),
            ($"{leaf}\n{between.Pem}", "CN=day shift"),
        })
        {
            Assert.Contains(WarningsOf(pem), warning => warning.Contains(
                $"operators.pem\" with \"{subject}\". Write the certificates up to the root", StringComparison.Ordinal));
        }
    }

    private string[] WarningsOf(string authorities)
    {
        using var certificate = TestAuthority.Issue("127.0.0.1");
        var admin = _folder.Write("admin.pem", certificate.ExportCertificatePem());
        var key = _folder.Write("admin.key", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        var file = _folder.Write("operators.pem", authorities);
        var text = ConfigLoaderTests.Smallest + $$"""
            admin:
              url: https://127.0.0.1:8081
              certificate: { file: "{{admin}}", key: "{{key}}" }
              clientCertificates: { ca: "{{file}}", operators: [ { name: ann, identity: ann } ] }

            """;
        var loaded = ConfigLoader.Load(_folder.Write("gateway.yaml", text), static _ => null);
        Assert.Empty(loaded.Problems);
        return [.. loaded.Warnings.Select(static warning => warning.ToString()!).Where(static text =>
            text.Contains("issuer is missing", StringComparison.Ordinal))];
    }
}
