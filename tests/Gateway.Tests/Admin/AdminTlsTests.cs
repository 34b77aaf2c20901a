using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Gateway.Cli;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Admin;

/// <summary>The admin endpoint over TLS, and the commands that talk to it.</summary>
[Trait("kind", "socket")]
public sealed class AdminTlsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Commands_CertificateOfNoKnownAuthority_TrustTheConfiguredFileOrTheNamedOne()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await StartAsync(guide);
        var admin = gateway.AdminUrl.ToString();
        Assert.StartsWith("https://", admin, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("status", "--admin", admin)).Code);

        // From now on no authority of this machine stands behind it, and its name is another.
        var own = Certificates.Create("other.example", "other.example");
        await File.WriteAllTextAsync(gateway.PathOf("admin.key"), own.Key, Cancel);
        await File.WriteAllTextAsync(gateway.PathOf("admin.pem"), own.Certificate, Cancel);
        await Eventually.BecomeTrueAsync(
            async () => await SubjectAsync(gateway.AdminUrl) == "CN=other.example", Patience, "the renewed certificate is in force");
        await File.WriteAllTextAsync(gateway.PathOf("wrong.pem"), Certificates.Create("wrong", "127.0.0.1").Certificate, Cancel);
        await File.WriteAllTextAsync(
            gateway.PathOf("rubbish.pem"), "-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----\n", Cancel);
        var configured = gateway.PathOf("commands.yaml");
        var written = await File.ReadAllTextAsync(gateway.ConfigFile, Cancel);
        await File.WriteAllTextAsync(configured, written.Replace("https://127.0.0.1:0", admin, StringComparison.Ordinal), Cancel);
        foreach (var (arguments, problem) in new (string[], string?)[]
        {
            (["--config", configured], null),
            (["--admin", admin, "--ca", gateway.PathOf("admin.pem")], null),
            (["--config", configured, "--ca", gateway.PathOf("wrong.pem")], "nor from an authority there"),
            (["--admin", admin], "knows no authority behind it"),
            (["--admin", admin, "--ca", gateway.PathOf("wrong.pem")], "nor from an authority there"),
            (["--admin", admin, "--ca", gateway.PathOf("rubbish.pem")], "cannot be read"),
            (["--admin", admin, "--ca", gateway.PathOf("missing.pem")], "cannot be read"),
            (["--admin", admin.Replace("https", "http", StringComparison.Ordinal)], "No gateway answers"),
        })
        {
            var (code, output, error) = await RunAsync(["status", .. arguments]);
            Assert.Equal(problem is null, code == 0);
            Assert.Equal(problem is null, output.Contains("guide", StringComparison.Ordinal));
            Assert.Contains(problem ?? "", error, StringComparison.Ordinal);
        }

        Assert.Equal(0, (await RunAsync("hold", "primary", "--for", "1m", "--reason", "x", "--config", configured)).Code);
    }

    [Fact]
    public async Task Trust_FileOfAnAuthority_TrustsItsCertificateForTheNameOnly()
    {
        using var presented = TestAuthority.Issue("127.0.0.1");
        using var ended = TestAuthority.IssueEnded("127.0.0.1");
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, TestAuthority.Pem, Cancel);
            var trust = new AdminTrust(file);
            const SslPolicyErrors Chain = SslPolicyErrors.RemoteCertificateChainErrors;
            foreach (var (certificate, errors, refused) in new (X509Certificate2?, SslPolicyErrors, string?)[]
            {
                (presented, Chain, null),
                (presented, Chain | SslPolicyErrors.RemoteCertificateNameMismatch, "it is for another name"),
                (ended, Chain, $"it is neither in \"{file}\" nor from an authority there"),
                (null, SslPolicyErrors.RemoteCertificateNotAvailable, "it presents none"),
                (presented, SslPolicyErrors.None, null),
            })
            {
                Assert.Equal(refused is null, trust.Validate(this, certificate, chain: null, errors));
                Assert.Equal(refused, trust.Refused);
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Certificate_ItsEnd_IsAFigure_AndABrokenFileAnAlarm()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await StartAsync(guide);
        var soon = TimeProvider.System.GetUtcNow().AddDays(31).ToUnixTimeSeconds();
        Assert.InRange(
            await gateway.MetricAsync("gateway_certificate_expiry_seconds", ("file", gateway.PathOf("admin.pem"))), 1, soon);
        await File.WriteAllTextAsync(gateway.PathOf("admin.pem"), "rubbish", Cancel);
        await Eventually.BecomeTrueAsync(
            async () => (await gateway.StatusAsync()).GetProperty("alarms").ToString().Contains("admin.pem", StringComparison.Ordinal),
            Patience,
            "an alarm names the file");
        Assert.Equal("CN=127.0.0.1", await SubjectAsync(gateway.AdminUrl));
    }

    private static async Task<InProcessGateway> StartAsync(ScriptedUpstream guide)
    {
        using var certificate = TestAuthority.Issue("127.0.0.1");
        return await InProcessGateway.StartAsync(
            InProcessGateway.Config([guide.Url.ToString()]).Replace(
                """{ url: "http://127.0.0.1:0" }""",
                """{ url: "https://127.0.0.1:0", certificate: { file: FOLDER/admin.pem, key: FOLDER/admin.key } }""",
                StringComparison.Ordinal),
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["admin.pem"] = certificate.ExportCertificatePem(),
                ["admin.key"] = certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem(),
            });
    }

    private static async Task<string?> SubjectAsync(Uri url)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(url.Host, url.Port, Cancel);
        await using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, static (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "127.0.0.1" }, Cancel);
        return tls.RemoteCertificate?.Subject;
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var error = new StringWriter(CultureInfo.InvariantCulture);
        var code = await GatewayCli.RunAsync(args, output, error, static name => name == "USER" ? "ann" : null);
        var words = error.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return (code, output.ToString(), string.Join(' ', words));
    }
}
