using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Admin;

/// <summary>Clients that resume TLS sessions, with a certificate of an authority below the one that is trusted.</summary>
[Trait("kind", "process")]
public sealed class AdminSessionTests
{
    private const string Program = "/usr/bin/openssl";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Certificate_OfAnAuthorityBetween_PassesOnEachConnection()
    {
        Assert.SkipUnless(File.Exists(Program), "openssl is not installed.");
        using var authority = new OperatorAuthority("operators");
        using var between = authority.Below("day shift");
        var (leaf, key) = between.Issue("shift");
        using var certificate = TestAuthority.Issue("127.0.0.1");
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(
            InProcessGateway.Config([guide.Url]).Replace(
                """{ url: "http://127.0.0.1:0" }""",
                """
                { url: "https://127.0.0.1:0", certificate: { file: FOLDER/admin.pem, key: FOLDER/admin.key }, clientCertificates: {
                    ca: FOLDER/operators.pem, operators: [ { name: shift, identity: shift } ] } }
                """,
                StringComparison.Ordinal),
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["admin.pem"] = certificate.ExportCertificatePem(),
                ["admin.key"] = certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem(),
                ["operators.pem"] = authority.Pem,
                ["shift.pem"] = leaf,
                ["shift.key"] = key,
                ["between.pem"] = between.Pem,
            });
        foreach (var version in new[] { "-tls1_2", "-tls1_3" })
        {
            var session = gateway.PathOf($"session{version}");
            Assert.Contains("HTTP/1.1 200", await AskAsync(gateway, version, "-sess_out", session), StringComparison.Ordinal);
            if (File.Exists(session))
            {
                Assert.Contains("HTTP/1.1 200", await AskAsync(gateway, version, "-sess_in", session), StringComparison.Ordinal);
            }
        }
    }

    private static async Task<string> AskAsync(InProcessGateway gateway, params string[] arguments)
    {
        var port = gateway.AdminUrl.Port.ToString(CultureInfo.InvariantCulture);
        using var process = Process.Start(new ProcessStartInfo(
            Program,
            [
                "s_client", "-connect", $"127.0.0.1:{port}", "-cert", gateway.PathOf("shift.pem"), "-key", gateway.PathOf("shift.key"),
                "-cert_chain", gateway.PathOf("between.pem"), "-ign_eof", "-quiet", .. arguments,
            ])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        await process.StandardInput.WriteAsync(
            "GET /journal HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".AsMemory(), Cancel);
        await process.StandardInput.FlushAsync(Cancel);
        var output = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        return output;
    }
}
