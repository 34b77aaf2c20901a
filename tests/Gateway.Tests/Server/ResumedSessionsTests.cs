using System.Security.Cryptography.X509Certificates;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Server;

/// <summary>Clients that resume TLS sessions, with a certificate of an authority below the one that is trusted.</summary>
[Trait("kind", "process")]
public sealed class ResumedSessionsTests
{
    [Fact]
    public async Task Listener_TakesTheCertificateOnEachConnection()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await StartAsync(InProcessGateway.Config(
            [guide.Url],
            listen: """  - { url: "https://127.0.0.1:0", certificate: { file: FOLDER/own.pem, key: FOLDER/own.key }, clientCertificates: { ca: FOLDER/ca.pem } }"""));

        await OpenSsl.AssertServedTwiceAsync(gateway.Url.Port, "/a", gateway.PathOf(""));
    }

    [Fact]
    public async Task AdminEndpoint_TakesTheCertificateOnEachConnection()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await StartAsync(InProcessGateway.Config([guide.Url]).Replace(
            """{ url: "http://127.0.0.1:0" }""",
            """
            { url: "https://127.0.0.1:0", certificate: { file: FOLDER/own.pem, key: FOLDER/own.key }, clientCertificates: {
                ca: FOLDER/ca.pem, operators: [ { name: shift, identity: shift } ] } }
            """,
            StringComparison.Ordinal));

        await OpenSsl.AssertServedTwiceAsync(gateway.AdminUrl.Port, "/journal", gateway.PathOf(""));
    }

    private static async Task<InProcessGateway> StartAsync(string config)
    {
        using var authority = new PrivateAuthority("all");
        using var between = authority.Below("day shift");
        var (client, clientKey) = between.IssueFor("shift");
        using var own = TestAuthority.Issue("127.0.0.1");
        return await InProcessGateway.StartAsync(config, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["own.pem"] = own.ExportCertificatePem(),
            ["own.key"] = own.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem(),
            ["ca.pem"] = authority.Pem,
            ["client.pem"] = client,
            ["client.key"] = clientKey,
            ["between.pem"] = between.Pem,
        });
    }
}
