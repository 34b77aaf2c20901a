using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Server;

[SuppressMessage("Security", "CA5398:Avoid hardcoded SslProtocols values", Justification = "Which versions are spoken is what is tested.")]
[Trait("kind", "socket")]
public class ListenerCertificatesTests
{
    [Theory]
    [InlineData("shop.example", "shop")]
    [InlineData("SHOP.example", "shop")]
    [InlineData("cart.shop.example", "wildcard")]
    [InlineData("a.b.shop.example", "first")]
    [InlineData("own.example", "own")]
    [InlineData("www.own.example", "own")]
    [InlineData("first.example", "first")]
    [InlineData("unknown.example", "first")]
    [InlineData("", "first")]
    public async Task Handshake_NameAskedFor_ChoosesTheCertificate(string name, string subject)
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await StartAsync(guide);

        Assert.Equal("CN=" + subject, await SubjectAsync(gateway, name));
    }

    [Fact]
    public async Task Files_Renewed_NewNamesChooseAndBrokenOnesChangeNothing()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await StartAsync(guide);

        var renewed = Certificates.Create("renewed", "new.example");
        await File.WriteAllTextAsync(gateway.PathOf("own.key"), renewed.Key, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(gateway.PathOf("own.pem"), renewed.Certificate, TestContext.Current.CancellationToken);
        await Eventually.BecomeTrueAsync(
            async () => await SubjectAsync(gateway, "new.example") == "CN=renewed",
            TimeSpan.FromSeconds(30),
            "the new certificate is served for its name");
        Assert.Equal("CN=first", await SubjectAsync(gateway, "own.example"));

        await File.WriteAllTextAsync(gateway.PathOf("own.pem"), "rubbish", TestContext.Current.CancellationToken);
        await Eventually.BecomeTrueAsync(
            async () => (await gateway.StatusAsync()).GetProperty("alarms").ToString().Contains("own.pem", StringComparison.Ordinal),
            TimeSpan.FromSeconds(30), "an alarm names the file");
        Assert.Equal("CN=renewed", await SubjectAsync(gateway, "new.example"));
        Assert.Equal("CN=shop", await SubjectAsync(gateway, "shop.example"));
    }

    [Fact]
    public async Task Expiry_OfEachCertificate_IsAFigure()
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await StartAsync(guide);
        var soon = TimeProvider.System.GetUtcNow().AddDays(31).ToUnixTimeSeconds();

        foreach (var file in new[] { "first.pem", "shop.pem", "wildcard.pem", "own.pem" })
        {
            Assert.InRange(await gateway.MetricAsync("gateway_certificate_expiry_seconds", ("file", gateway.PathOf(file))), 1, soon);
        }
    }

    [Theory]
    [InlineData("", SslProtocols.Tls12, true)]
    [InlineData("", SslProtocols.Tls13, true)]
    [InlineData(", minTls: \"1.2\"", SslProtocols.Tls12, true)]
    [InlineData(", minTls: \"1.2\"", SslProtocols.Tls13, true)]
    [InlineData(", minTls: 1.3", SslProtocols.Tls12, false)]
    [InlineData(", minTls: 1.3", SslProtocols.Tls13, true)]
    public async Task Handshake_Version_IsTheOldestAllowedOrNewer(string key, SslProtocols offered, bool accepted)
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await StartAsync(guide, key);

        if (accepted)
        {
            Assert.Equal("CN=shop", await SubjectAsync(gateway, "shop.example", offered));
        }
        else
        {
            await Assert.ThrowsAnyAsync<Exception>(() => SubjectAsync(gateway, "shop.example", offered));
            Assert.Equal("CN=shop", await SubjectAsync(gateway, "shop.example", SslProtocols.Tls13));
        }
    }

    private static async Task<string> SubjectAsync(InProcessGateway gateway, string name, SslProtocols offered = SslProtocols.None)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(gateway.Url.Host, gateway.Url.Port, TestContext.Current.CancellationToken);
        await using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, static (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = name, EnabledSslProtocols = offered },
            TestContext.Current.CancellationToken);
        return tls.RemoteCertificate!.Subject;
    }

    private static Task<InProcessGateway> StartAsync(ScriptedUpstream guide, string keys = "")
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        Add("first", "first.example");
        Add("shop", "shop.example");
        Add("wildcard", "*.shop.example");
        Add("own", "own.example", "*.own.example");
        string Item(string name, string hosts = "") =>
            string.Create(CultureInfo.InvariantCulture, $"{{ file: FOLDER/{name}.pem, key: FOLDER/{name}.key{hosts} }}");
        return InProcessGateway.StartAsync(
            InProcessGateway.Config([guide.Url], listen: $$"""
              - url: "https://127.0.0.1:0"
                certificates: [ {{Item("first")}}, {{Item("shop", ", hosts: [ shop.example ]")}}, {{Item("wildcard", ", hosts: [ \"*.shop.example\" ]")}}, {{Item("own")}} ]
            """ + (keys.Length == 0 ? "" : "\n    " + keys[2..])),
            files);

        void Add(string name, params string[] names) => (files[$"{name}.pem"], files[$"{name}.key"]) = Certificates.Create(name, names);
    }
}
