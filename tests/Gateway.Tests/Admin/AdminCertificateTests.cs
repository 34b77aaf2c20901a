using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Cli;
using Gateway.Configuration.Values;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Admin;

/// <summary>Operators who call the admin endpoint with a client certificate.</summary>
[Trait("kind", "socket")]
public sealed class AdminCertificateTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // Shows no certificate.
    private static readonly (string, string)? NoCertificate = null;

    // An e-mail address that is no ASCII.
    private static readonly X509Extension Unreadable = new("2.5.29.17", [0x30, 0x03, 0x81, 0x01, 0xFF], critical: false);

    private readonly PrivateAuthority _authority = new("operators");
    private readonly PrivateAuthority _other = new("others");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task Call_IsJudgedByCertificateAndRole()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await StartAsync(guide);
        using var between = _authority.Below("day shift");
        var (leaf, key) = between.IssueFor("shift");
        foreach (var (shown, read, hold, reload, says) in new ((string, string)?, int, int, int, string)[]
        {
            (null, 401, 401, 401, "Show a client certificate of an operator"),
            (_authority.IssueFor("x", "ann@shop.example"), 200, 403, 403, "has the role read, and this takes"),
            (_authority.IssueFor("bob"), 200, 200, 403, "\"bob\" has the role operate, and this takes configure"),
            (_authority.IssueFor("cd"), 403, 403, 403, "belongs to no operator"),
            (_authority.IssueFor("cd", "x@shop.example"), 200, 200, 200, ""),
            (($"{leaf}\n{between.Pem}", key), 200, 403, 403, "certificate \"shift\" has the role read"),
            ((leaf, key), 401, 401, 401, "does not come from an authority"),
            (_other.IssueFor("bob"), 401, 401, 401, "\"bob\" is refused: it does not come from an authority"),
            (_authority.IssueFor("bob", ended: true), 401, 401, 401, "only, or an authority behind it has expired"),
            (_authority.IssueFor("bob", usage: PrivateAuthority.ForServers), 401, 401, 401, "it is not for clients"),
            (_authority.IssueFor("bob", "bob@shop.example"), 403, 403, 403, "belongs to no operator"),
            (_authority.IssueFor("bob", extension: Unreadable), 403, 403, 403, "without a name belongs to no operator"),
            (_authority.IssueFor("BOB"), 403, 403, 403, "\"BOB\" belongs to no operator"),
            (_authority.IssueFor("b\u0007ob"), 403, 403, 403, "belongs to no operator"),
        })
        {
            var all = new[]
            {
                await CallAsync(gateway, shown, "GET", "/status"),
                await CallAsync(gateway, shown, "POST", "/clusters/guide/hold", """{"tier":"primary","for":"1m","reason":"x"}"""),
                await CallAsync(gateway, shown, "POST", "/config/reload", "{}"),
            };
            Assert.Equal([read, hold, reload], all.Select(static one => one.Status));
            if (says.Length > 0)
            {
                Assert.Contains(says, all[^1].Body.Replace("\\\"", "\"", StringComparison.Ordinal), StringComparison.Ordinal);
            }
        }

        // Without one, what Kubernetes asks is answered, and nothing more of it.
        Assert.Equal((200, ""), ((await CallAsync(gateway, NoCertificate, "GET", "/readyz")) is var ready ? ready.Status : 0, ready.Body));
        var journal = (await CallAsync(gateway, _authority.IssueFor("bob"), "GET", "/journal")).Body;
        Assert.Contains("certificate bob (127.0.0.1)", journal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_BesideACertificate_Decides()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await StartAsync(guide, "token: right, ");
        var bob = _authority.IssueFor("bob");

        Assert.Equal(200, (await CallAsync(gateway, bob, "POST", "/config/reload", "{}", "right")).Status);
        var wrong = await CallAsync(gateway, bob, "GET", "/status", token: "wrong");
        Assert.Equal(401, wrong.Status);
        Assert.Contains("the client certificate does not count", wrong.Body, StringComparison.Ordinal);
        Assert.Contains("\"ready\":", (await CallAsync(gateway, bob, "GET", "/readyz")).Body, StringComparison.Ordinal);
        Assert.Equal("", (await CallAsync(gateway, _other.IssueFor("bob"), "GET", "/readyz")).Body);

        // A browser that sends the wrong one still gets the page, which asks for a token.
        var page = await CallAsync(gateway, _other.IssueFor("bob"), "GET", "/");
        Assert.Equal(401, page.Status);
        Assert.StartsWith("<!doctype html>", page.Body, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(200, (await CallAsync(gateway, NoCertificate, "GET", "/status", token: "right")).Status);
        Assert.Equal(200, (await CallAsync(gateway, bob, "GET", "/status")).Status);
        Assert.Contains("or send a token", (await CallAsync(gateway, NoCertificate, "GET", "/status")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reload_TakesAnOperatorAway_OnAConnectionThatIsOpen()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await StartAsync(guide);
        using var bob = ClientOf(_authority.IssueFor("bob"));
        Assert.Equal(200, (await CallAsync(gateway, bob, "GET", "/status")).Status);

        // A response that goes on ends with the operator's right to read it.
        var events = bob.GetStringAsync(new Uri(gateway.AdminUrl, "/events"), Cancel);
        var config = await File.ReadAllTextAsync(gateway.ConfigFile, Cancel);
        gateway.WriteConfig(config.Replace("identity: bob", "identity: robert", StringComparison.Ordinal));
        await Eventually.BecomeTrueAsync(
            async () => (await CallAsync(gateway, bob, "GET", "/status")).Status == 403, Patience, "bob is refused");
        Assert.StartsWith("event: status", await events.WaitAsync(Patience, Cancel), StringComparison.Ordinal);
        Assert.Equal(200, (await CallAsync(gateway, _authority.IssueFor("robert"), "GET", "/status")).Status);

        // Without the key the endpoint, on loopback, is open again.
        gateway.WriteConfig(config[..config.IndexOf(", clientCertificates", StringComparison.Ordinal)]
            + config[(config.IndexOf("END }", StringComparison.Ordinal) + 5)..]);
        await Eventually.BecomeTrueAsync(
            async () => (await CallAsync(gateway, NoCertificate, "GET", "/status")).Status == 200, Patience, "none is needed");
    }

    [Fact]
    public async Task Authorities_RenewedOrBroken_AreReadAgain_OrTheLastGoodOnesStay()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await StartAsync(guide);
        var (old, renewed) = (_authority.IssueFor("bob"), _other.IssueFor("bob"));
        Assert.Equal(401, (await CallAsync(gateway, renewed, "GET", "/status")).Status);
        await File.WriteAllTextAsync(gateway.PathOf("operators.pem"), "rubbish", Cancel);
        await Eventually.BecomeTrueAsync(
            async () => (await CallAsync(gateway, old, "GET", "/status")) is { Status: 200 } shown
                && shown.Body.Contains("operators.pem", StringComparison.Ordinal),
            Patience,
            "an alarm names the file, and the last good one stays");

        using var open = ClientOf(old);
        Assert.Equal(200, (await CallAsync(gateway, open, "GET", "/status")).Status);
        await File.WriteAllTextAsync(gateway.PathOf("operators.pem"), _other.Pem, Cancel);
        await Eventually.BecomeTrueAsync(
            async () => (await CallAsync(gateway, renewed, "GET", "/status")).Status == 200, Patience, "the new ones are in force");
        Assert.Equal(401, (await CallAsync(gateway, open, "GET", "/status")).Status);
    }

    [Fact]
    public async Task Commands_ShowTheCertificate_OrSayWhyNot()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await StartAsync(guide);
        var admin = gateway.AdminUrl.ToString();
        await WriteAsync(gateway, "bob", _authority.IssueFor("bob"));
        await WriteAsync(gateway, "eve", _authority.IssueFor("eve"));
        await File.WriteAllTextAsync(
            gateway.PathOf("both.pem"),
            await File.ReadAllTextAsync(gateway.PathOf("bob.pem"), Cancel) + "\n"
                + await File.ReadAllTextAsync(gateway.PathOf("bob.key"), Cancel),
            Cancel);
        foreach (var (code, says, arguments) in new (int, string, string[])[]
        {
            (0, "", ["--cert", "bob.pem", "--cert-key", "bob.key"]),
            (0, "", ["--cert", "both.pem"]),
            (1, "\"eve\" belongs to no operator", ["--cert", "eve.pem", "--cert-key", "eve.key"]),
            (1, "or a client certificate with --cert", []),
            (2, "is no certificate with the key in", ["--cert", "bob.pem", "--cert-key", "eve.key"]),
            (2, "Name the file of its key with --cert-key FILE", ["--cert", "bob.pem"]),
            (2, "missing.pem'). Name PEM files with", ["--cert", "missing.pem"]),
            (2, "There is a key and no certificate", ["--cert-key", "bob.key"]),
        })
        {
            var (actual, error) = await RunAsync(
            [
                "status", "--admin", admin,
                .. arguments.Select(one => one.Contains('.', StringComparison.Ordinal) ? gateway.PathOf(one) : one),
            ]);
            Assert.True(code == actual, $"{string.Join(' ', arguments)}: {actual}, {error}");
            Assert.Contains(says, error, StringComparison.Ordinal);
        }

        var (bad, why) = await RunAsync(["status", "--admin", "http://127.0.0.1:1", "--cert", gateway.PathOf("both.pem")]);
        Assert.Equal(2, bad);
        Assert.Contains("by --admin. Leave --cert out, or name an https:// endpoint with", why, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync(
            ["hold", "primary", "--for", "1m", "--reason", "x", "--admin", admin],
            name => name switch
            {
                OperatorCertificate.FileVariable => gateway.PathOf("bob.pem"),
                OperatorCertificate.KeyVariable => gateway.PathOf("bob.key"),
                "USER" => "bobby",
                _ => null,
            })).Code);
        var journal = (await CallAsync(gateway, _authority.IssueFor("bob"), "GET", "/journal")).Body;
        Assert.Contains("(certificate bob, 127.0.0.1)", journal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "(certificate bob, 127.0.0.1)")]
    [InlineData("everything-is-allowed", " (127.0.0.1)")]
    public async Task Certificate_OfTheEnvironment_IsShownInPlaceOfTheConfigurationsToken(string? token, string by)
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await StartAsync(guide, "token: everything-is-allowed, ");
        await WriteAsync(gateway, "bob", _authority.IssueFor("bob"));
        var file = gateway.PathOf("operator.yaml");
        await File.WriteAllTextAsync(
            file, $"version: 1\nadmin: {{ url: \"{gateway.AdminUrl}\", token: everything-is-allowed }}\n", Cancel);

        var (code, error) = await RunAsync(
            ["hold", "primary", "--for", "1m", "--reason", "x", "--config", file],
            name => name switch
            {
                OperatorCertificate.FileVariable => gateway.PathOf("bob.pem"),
                OperatorCertificate.KeyVariable => gateway.PathOf("bob.key"),
                AdminTarget.TokenVariable => token,
                "USER" => "bobby",
                _ => null,
            });
        Assert.True(code == 0, error);
        var journal = (await CallAsync(gateway, _authority.IssueFor("bob"), "GET", "/journal")).Body;
        Assert.Contains(by, journal, StringComparison.Ordinal);
    }

    private static async Task WriteAsync(InProcessGateway gateway, string name, (string Certificate, string Key) shown)
    {
        await File.WriteAllTextAsync(gateway.PathOf($"{name}.pem"), shown.Certificate, Cancel);
        await File.WriteAllTextAsync(gateway.PathOf($"{name}.key"), shown.Key, Cancel);
    }

    private static HttpClient ClientOf((string Certificate, string Key)? shown)
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
        };
        if (shown is { } pair)
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(pair.Certificate);
            handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(
                X509Certificate2.CreateFromPem(pair.Certificate, pair.Key), chain, offline: true);
        }

        return new HttpClient(handler);
    }

    private static async Task<(int Status, string Body)> CallAsync(
        InProcessGateway gateway, (string, string)? shown, string method, string path, string? json = null, string? token = null)
    {
        using var client = ClientOf(shown);
        return await CallAsync(gateway, client, method, path, json, token);
    }

    private static async Task<(int Status, string Body)> CallAsync(
        InProcessGateway gateway, HttpClient client, string method, string path, string? json = null, string? token = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(gateway.AdminUrl, path));
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        if (token is not null)
        {
            request.Headers.Authorization = new("Bearer", token);
        }

        using var response = await client.SendAsync(request, Cancel);
        Assert.Equal(HttpVersion.Version11, response.Version);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Cancel));
    }

    private static async Task<(int Code, string Error)> RunAsync(string[] args, Func<string, string?>? environment = null)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var error = new StringWriter(CultureInfo.InvariantCulture);
        var code = await GatewayCli.RunAsync(args, output, error, environment ?? (static _ => null));
        return (code, string.Join(' ', error.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
    }

    private async Task<InProcessGateway> StartAsync(ScriptedUpstream guide, string token = "")
    {
        using var certificate = TestAuthority.Issue("127.0.0.1");
        return await InProcessGateway.StartAsync(
            InProcessGateway.Config([guide.Url]).Replace(
                """{ url: "http://127.0.0.1:0" }""",
                $$"""
                { {{token}}url: "https://127.0.0.1:0", certificate: { file: FOLDER/admin.pem, key: FOLDER/admin.key }, clientCertificates: {
                    ca: FOLDER/operators.pem, operators: [ { name: ann, identity: ann@shop.example }, { name: bob, identity: bob, role: operate },
                    { name: cd, identity: "spiffe://shop.example/cd", role: configure }, { name: shift, identity: shift } ] } # END }
                  }
                """,
                StringComparison.Ordinal),
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["admin.pem"] = certificate.ExportCertificatePem(),
                ["admin.key"] = certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem(),
                ["operators.pem"] = _authority.Pem,
            });
    }

    /// <summary>What a certificate says of whose it is.</summary>
    [Fact]
    public void Identities_AlternativeNamesFirst_ElseTheCommonName()
    {
        foreach (var (shown, expected) in new[]
        {
            (_authority.IssueFor("cn"), "cn"),
            (_authority.IssueFor("cn", "a@b.example"), "a@b.example spiffe://shop.example/cn"),
        })
        {
            using var certificate = X509Certificate2.CreateFromPem(shown.Certificate);
            Assert.Equal(expected, string.Join(' ', CertificateIdentities.Of(certificate)));
        }

        // With a network address alone the common name counts; a broken extension says nothing.
        using var server = TestAuthority.Issue("127.0.0.1");
        Assert.Equal(["127.0.0.1"], CertificateIdentities.Of(server));
    }
}
