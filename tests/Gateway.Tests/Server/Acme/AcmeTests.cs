using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration.Values;
using Gateway.Drills.Processes;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Server.Acme;

/// <summary>Certificates that the gateway orders, with Let's Encrypt's own test server as the authority.</summary>
[Trait("kind", "server")]
public sealed class AcmeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Start_NoCertificateYet_OrdersOneWhileUsersAreServed(bool byHttp)
    {
        // Only one of the ways is open to the authority.
        await using var authority = await PebbleServer.StartAsync("shop.test", "www.shop.test");
        await using var guide = new ScriptedUpstream();
        await using var gateway = await StartAsync(authority, guide, plain: byHttp, tls: !byHttp);
        var root = await authority.RootAsync();

        await Eventually.BecomeTrueAsync(
            async () =>
            {
                // Users' handshakes are the usual ones all the while: the placeholder or the new certificate, and a protocol of users.
                var (certificate, isTrusted, status) = await UserAsync(gateway, "shop.test", root);
                Assert.Equal(200, status);
                Assert.True(isTrusted || certificate == "CN=certificate not yet ordered", certificate);
                return isTrusted;
            },
            Patience,
            $"a certificate of the authority is in force; {authority.Output}");
        Assert.True((await UserAsync(gateway, "www.shop.test", root)).IsTrusted);
        await Eventually.BecomeTrueAsync(async () => await AlarmsAsync(gateway) == "[]", Patience, "no alarm is left");
        var folder = gateway.PathOf("state/acme");
        Assert.Equal(2, Directory.GetFiles(folder).Length);
        if (!OperatingSystem.IsWindows())
        {
            const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            Assert.Equal(Owner | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
            foreach (var file in Directory.GetFiles(folder))
            {
                Assert.Equal(Owner, File.GetUnixFileMode(file));
            }
        }

        var end = await gateway.MetricAsync("gateway_certificate_expiry_seconds", ("file", Path.Combine(folder, "shop.test.pem")));
        Assert.True(end > TimeProvider.System.GetUtcNow().AddDays(60).ToUnixTimeSeconds());
    }

    [Fact]
    public async Task Renewal_TwoThirdsOver_ReplacesTheCertificate_WhichServesUntilThen()
    {
        await using var authority = await PebbleServer.StartAsync("shop.test", "www.shop.test");
        await using var guide = new ScriptedUpstream();
        var old = Certificates.Create("old", TimeSpan.FromDays(10), "shop.test", "www.shop.test");
        await using var gateway = await StartAsync(
            authority, guide, plain: true, $"Ordered from {authority.Directory}\n{old.Key}\n{old.Certificate}\n");
        var root = await authority.RootAsync();

        await Eventually.BecomeTrueAsync(
            async () =>
            {
                var (certificate, isTrusted, status) = await UserAsync(gateway, "shop.test", root);
                Assert.Equal(200, status);
                Assert.True(isTrusted || certificate == "CN=old", certificate);
                return isTrusted;
            },
            Patience,
            "the certificate is renewed");
    }

    [Fact]
    public async Task Order_NameNotValidated_KeepsTheCertificate_AndAnAlarmSaysWhy()
    {
        // The authority knows one of the two names only.
        await using var authority = await PebbleServer.StartAsync("shop.test");
        await using var guide = new ScriptedUpstream();
        var old = Certificates.Create("old", TimeSpan.FromDays(10), "shop.test", "www.shop.test");
        await using var gateway = await StartAsync(
            authority, guide, plain: true, $"Ordered from {authority.Directory}\n{old.Key}\n{old.Certificate}\n");

        await Eventually.BecomeTrueAsync(
            async () => (await AlarmsAsync(gateway)).Contains("www.shop.test was not validated by http-01", StringComparison.Ordinal),
            Patience,
            $"an alarm names the name; {authority.Output}");
        var alarms = await AlarmsAsync(gateway);
        Assert.Contains("stays in force until", alarms, StringComparison.Ordinal);
        Assert.Contains("the next try is at", alarms, StringComparison.Ordinal);
        var (certificate, _, status) = await UserAsync(gateway, "shop.test", await authority.RootAsync());
        Assert.Equal(("CN=old", 200), (certificate, status));

        // The order is over: its paths are a route's again, and acme-tls/1 is no protocol of this port.
        var response = await RawClient.AskAsync(
            new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{authority.HttpPort}")),
            "GET /.well-known/acme-challenge/abc HTTP/1.1\r\nHost: shop.test\r\n\r\n");
        Assert.Equal(200, response.Status);
        await Assert.ThrowsAnyAsync<AuthenticationException>(() => HandshakeAsync(gateway, "shop.test", new("acme-tls/1")));
    }

    [Fact]
    public async Task Authority_NotThere_PlaceholderServes_AndAnAlarmSaysWhy()
    {
        await using var authority = await PebbleServer.StartAsync("shop.test");
        await using var guide = new ScriptedUpstream();
        await using var gateway = await StartAsync(authority, guide, plain: true, directory: "https://127.0.0.1:1/dir");

        await Eventually.BecomeTrueAsync(
            async () => (await AlarmsAsync(gateway)).Contains("127.0.0.1:1 cannot be reached", StringComparison.Ordinal),
            Patience,
            "an alarm names the authority");
        Assert.Contains("A placeholder is in force", await AlarmsAsync(gateway), StringComparison.Ordinal);
        Assert.Equal(200, (await UserAsync(gateway, "shop.test", await authority.RootAsync())).Status);
    }

    [Fact]
    public async Task Validation_ListenerThatWantsClientsCertificates_NeedsNone()
    {
        await using var authority = await PebbleServer.StartAsync("shop.test", "www.shop.test");
        await using var guide = new ScriptedUpstream();
        await using var gateway = await StartAsync(
            authority, guide, plain: false, more: $"\n    clientCertificates: {{ ca: {authority.Ca} }}");

        await Eventually.BecomeTrueAsync(async () => await AlarmsAsync(gateway) == "[]", Patience, "the certificate is issued");
        var file = await File.ReadAllTextAsync(gateway.PathOf("state/acme/shop.test.pem"), Cancel);
        Assert.StartsWith("Ordered from", file, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<Exception>(async () => await UserAsync(gateway, "shop.test", await authority.RootAsync()));
    }

    private static Task<InProcessGateway> StartAsync(
        PebbleServer authority,
        ScriptedUpstream guide,
        bool plain,
        string? before = null,
        string? directory = null,
        bool tls = true,
        string more = "")
    {
        var port = tls ? authority.TlsPort : FreePorts.Next();
        var listen = string.Create(CultureInfo.InvariantCulture, $$"""
              - url: "https://127.0.0.1:{{port}}"
                certificates:
                  - hosts: [ shop.test, www.shop.test ]
                    acme: { directory: "{{directory ?? authority.Directory}}", ca: {{authority.Ca}}, email: ops@shop.test }
            """) + more + (plain ? string.Create(CultureInfo.InvariantCulture, $"\n  - url: http://127.0.0.1:{authority.HttpPort}") : "");
        var files = before is null ? null
            : new Dictionary<string, string>(StringComparer.Ordinal) { ["state/acme/shop.test.pem"] = before };
        return InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], listen: listen), files);
    }

    private static async Task<string> AlarmsAsync(InProcessGateway gateway) =>
        (await gateway.StatusAsync()).TryGetProperty("alarms", out var alarms) ? alarms.ToString() : "[]";

    private static async Task<(string Certificate, bool IsTrusted, int Status)> UserAsync(
        InProcessGateway gateway, string host, X509Certificate2 root)
    {
        await using var tls = await HandshakeAsync(gateway, host, SslApplicationProtocol.Http11);
        Assert.Equal(SslApplicationProtocol.Http11, tls.NegotiatedApplicationProtocol);
        await tls.WriteAsync(
            System.Text.Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"), Cancel);
        using var reader = new StreamReader(tls);
        var status = (await reader.ReadLineAsync(Cancel))!.Split(' ')[1];
        using var chain = new X509Chain { ChainPolicy = PemFiles.Trusting([root]) };
        var presented = (X509Certificate2)tls.RemoteCertificate!;
        foreach (var sent in tls.Sent)
        {
            chain.ChainPolicy.ExtraStore.Add(sent);
        }

        return (
            presented.Subject,
            chain.Build(presented) && presented.MatchesHostname(host),
            int.Parse(status, CultureInfo.InvariantCulture));
    }

    private static async Task<SeenStream> HandshakeAsync(InProcessGateway gateway, string host, SslApplicationProtocol protocol)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", gateway.Url.Port, Cancel);
        var tls = new SeenStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = host, ApplicationProtocols = [protocol] }, Cancel);
            return tls;
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    /// <summary>Trusts everything, and keeps what the server sent.</summary>
    private sealed class SeenStream : SslStream
    {
        private readonly X509Certificate2Collection _sent;

        public SeenStream(Stream inner)
            : this(inner, [])
        {
        }

        private SeenStream(Stream inner, X509Certificate2Collection sent)
            : base(inner, leaveInnerStreamOpen: false, (_, _, chain, _) =>
            {
                sent.AddRange(chain!.ChainPolicy.ExtraStore);
                return true;
            }) => _sent = sent;

        public X509Certificate2Collection Sent => _sent;
    }
}
