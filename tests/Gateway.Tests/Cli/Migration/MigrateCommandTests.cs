using Gateway.Cli;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Cli.Migration;

/// <summary>The command itself: where the file goes, what stands beside it, and its exit codes.</summary>
[Trait("kind", "unit")]
public sealed class MigrateCommandTests
{
    private const string Site =
        "server {\n  listen 8000;\n  gzip_static on;\n  sub_filter a b;\n  location / { proxy_pass http://app:3000; }\n}\n";

    [Fact]
    public async Task File_WithoutOutput_GoesToTheOutput_AndTheListToTheErrorOutput()
    {
        using var folder = new TemporaryFolder();
        var (code, output, error) = await RunAsync("migrate", "nginx", folder.Write("site.conf", Site));
        Assert.Equal(0, code);
        Assert.Contains(
            "url: \"http://app:3000\"",
            output.Replace("- \"http", "url: \"http", StringComparison.Ordinal),
            StringComparison.Ordinal);
        Assert.Contains(
            "site.conf:4: \"sub_filter a b\": Bodies are not changed. Let the service write what is meant.",
            error.Replace("\n  ", " ", StringComparison.Ordinal),
            StringComparison.Ordinal);
        Assert.Contains("\n1 thing was not carried over", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Output_ThatIsThere_IsReplacedByForceOnly()
    {
        using var folder = new TemporaryFolder();
        var (site, target) = (folder.Write("site.conf", Site), Path.Combine(folder.Path, "gateway.yaml"));
        Assert.Equal(0, (await RunAsync("migrate", "nginx", site, "--output", target)).Code);
        Assert.Equal(0, (await RunAsync("check", target)).Code);

        await File.WriteAllTextAsync(target, "mine", TestContext.Current.CancellationToken);
        var (code, _, error) = await RunAsync("migrate", "nginx", site, "--output", target);
        Assert.Equal((1, "mine"), (code, await File.ReadAllTextAsync(target, TestContext.Current.CancellationToken)));
        Assert.Contains("is there already and was left as it is", error, StringComparison.Ordinal);

        Assert.Equal(0, (await RunAsync("migrate", "nginx", site, "--output", target, "--force")).Code);
        Assert.StartsWith(
            "# Written by",
            await File.ReadAllTextAsync(target, TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
    }

    /// <summary>As Debian lays it out: the servers stand in files of their own, behind symbolic links.</summary>
    [Fact]
    public async Task File_ThatIncludesByAPattern_IsMigratedWithThem()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(Path.Combine(folder.Path, "sites-available"));
        Directory.CreateDirectory(Path.Combine(folder.Path, "sites-enabled"));
        File.CreateSymbolicLink(Path.Combine(folder.Path, "sites-enabled", "default"), folder.Write("sites-available/default", Site));
        var main = folder.Write(
            "nginx.conf",
            $"events {{}}\nhttp {{ include mime.types; include {folder.Path}/conf.d/*.conf; include {folder.Path}/sites-enabled/*; }}\n");

        var (code, output, error) = await RunAsync("migrate", "nginx", main);

        Assert.Equal((0, true), (code, output.Contains("http://app:3000", StringComparison.Ordinal)));
        Assert.Contains("sub_filter", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("server {", 2, "site.conf:1: A brace is opened here and never closed.")]
    [InlineData(null, 2, "There is no such file.")]
    public async Task File_Unusable_EndsWithItsReason(string? text, int expected, string reason)
    {
        using var folder = new TemporaryFolder();
        var path = text is null ? Path.Combine(folder.Path, "none.conf") : folder.Write("site.conf", text);
        var (code, output, error) = await RunAsync("migrate", "nginx", path);
        Assert.Equal((expected, ""), (code, output));
        Assert.Contains(reason, error.Replace("\n  ", " ", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificate_ThatIsThere_IsUsed()
    {
        using var folder = new TemporaryFolder();
        using var certificate = TestAuthority.Issue("127.0.0.1");
        var file = folder.Write("site.pem", certificate.ExportCertificatePem());
        var key = folder.Write(
            "site.key",
            System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPrivateKey(
                certificate)!.ExportPkcs8PrivateKeyPem());
        var (_, output, error) = await RunAsync(
            "migrate",
            "nginx",
            folder.Write(
                "site.conf",
                $"server {{ listen 8443 ssl; ssl_certificate {file}; ssl_certificate_key {key}; location / {{ proxy_pass http://a:1; }} "
                    + $"}}"));
        Assert.Contains(
            $"  - url: \"https://*:8443\"\n    certificate: {{ file: {file}, key: {key} }}\n",
            output,
            StringComparison.Ordinal);
        Assert.Contains("Everything was carried over.", error, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        return (await GatewayCli.RunAsync(args, output, error, static _ => null), output.ToString(), error.ToString());
    }
}
