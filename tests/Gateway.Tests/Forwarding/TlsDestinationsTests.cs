using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Gateway.Tests.Forwarding;

[Trait("kind", "socket")]
public class TlsDestinationsTests
{
    [Theory]
    [InlineData(HttpProtocols.Http1, "HTTP/1.1")]
    [InlineData(HttpProtocols.Http1AndHttp2, "HTTP/2")]
    [InlineData(HttpProtocols.Http2, "HTTP/2")]
    public async Task Https_TrustedCertificate_IsAskedByTheBestVersionItOffers(HttpProtocols offered, string spoken)
    {
        await using var guide = await KestrelUpstream.StartAsync(
            static context => context.Response.WriteAsync("ok"),
            offered,
            TestAuthority.Issue("127.0.0.1"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        Assert.Equal((200, "ok"), (await gateway.GetAsync()) switch { var a => (a.Status, a.Body) });
        Assert.Equal(200, (await gateway.AskAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")).Status);

        Assert.All(guide.Requests, asked => Assert.Equal(spoken, asked.Protocol));
        Assert.All(guide.Requests.Concat(guide.Probes), asked => Assert.Equal($"127.0.0.1:{guide.Port}", asked.Host));
        Assert.Equal("up", await gateway.HealthStatusAsync("primary"));
    }

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task Https_ADestinationByName_IsAskedForTheNameAndNotForTheAddress(HttpProtocols offered)
    {
        await using var guide = await KestrelUpstream.StartAsync(
            static context => context.Response.WriteAsync("ok"),
            offered,
            TestAuthority.Issue("localhost"));
        var port = guide.Port.ToString(CultureInfo.InvariantCulture);
        // Its other address, where nobody listens, is nobody's business here.
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([$"\"dns+https://localhost:{port}\""]));

        Assert.Equal(200, (await gateway.GetAsync()).Status);

        Assert.NotEmpty(guide.Probes);
        Assert.All(
            guide.Requests.Concat(guide.Probes),
            asked => Assert.Equal((asked.Protocol, $"localhost:{port}", "localhost"), (asked.Protocol, asked.Host, asked.Sni)));
    }

    /// <summary>A destination that is replaced by one of another version is asked in that, once a probe has met it.</summary>
    [Theory]
    [InlineData(HttpProtocols.Http1, HttpProtocols.Http2, "HTTP/2")]
    [InlineData(HttpProtocols.Http2, HttpProtocols.Http1, "HTTP/1.1")]
    public async Task Https_DestinationChangesItsVersion_IsFollowed(HttpProtocols first, HttpProtocols then, string spoken)
    {
        var before = await KestrelUpstream.StartAsync(
            static context => context.Response.WriteAsync("before"),
            first,
            TestAuthority.Issue("127.0.0.1"));
        var port = before.Port;
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([before.Url]));
        Assert.Equal("before", (await gateway.GetAsync()).Body);
        await before.DisposeAsync();

        await using var after = await KestrelUpstream.StartAsync(
            static context => context.Response.WriteAsync("after"),
            then,
            TestAuthority.Issue("127.0.0.1"),
            port);
        await Eventually.BecomeTrueAsync(
            async () => (await gateway.GetAsync()).Body == "after",
            TimeSpan.FromSeconds(60),
            "the destination serves again");

        Assert.All(after.Requests, asked => Assert.Equal(spoken, asked.Protocol));
    }

    /// <summary>
    /// The handshake is part of what <c>timeouts.connect</c> bounds, and a destination that does not shake hands is like one that refuses.
    /// </summary>
    [Fact]
    public async Task Https_HandshakeThatNeverEnds_IsAConnectionThatDidNotComeAbout()
    {
        var isSilent = false;
        await using var other = new ScriptedUpstream(static r => r.RespondAsync("other"));
        await using var guide = new ScriptedUpstream(static r => r.RespondAsync("guide"), isTls: true)
        {
            BeforeHandshake = stop => Volatile.Read(ref isSilent)
                ? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop)
                : Task.CompletedTask
        };
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], [other.Url], cluster: "    timeouts: { connect: 300ms }")
            .Replace("interval: 500ms, timeout: 400ms", "interval: 1h, fastInterval: 1h, timeout: 10s", StringComparison.Ordinal));
        await gateway.BecomesAsync("up", "primary");
        Assert.Equal("guide", (await gateway.AskAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")).Body);
        Volatile.Write(ref isSilent, true);
        guide.CloseConnections();

        // Nothing was sent, so that even a POST may go elsewhere.
        Assert.Equal("other", (await gateway.AskAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")).Body);
        Assert.Equal(
            1,
            await gateway.MetricAsync("gateway_attempts_total", ("destination", $"127.0.0.1:{guide.Port}"), ("result", "connect")));
    }

    public static TheoryData<string, string> Untrusted => new()
    {
        { "stranger", "TLS: certificate not trusted" },
        { "another name", "TLS: certificate for another name" },
        { "ended", "TLS: certificate expired" },
    };

    [Theory]
    [MemberData(nameof(Untrusted))]
    public async Task Https_CertificateThatCannotBeTrusted_FailsProbesAndSaysWhy(string which, string said)
    {
        await using var guide = await KestrelUpstream.StartAsync(
            static context => context.Response.WriteAsync("ok"),
            HttpProtocols.Http1AndHttp2,
            CertificateOf(which));
        await using var other = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url], [other.Url]));

        await gateway.BecomesAsync("down", "primary");

        // A probe that a busy machine delays says so instead, until the next one.
        await Eventually.BecomeTrueAsync(
            async () => (await WhyAsync(gateway)).Contains(said, StringComparison.Ordinal),
            TimeSpan.FromSeconds(60),
            said);
        Assert.Equal(200, (await gateway.GetAsync()).Status);
        Assert.Empty(guide.Probes);
        Assert.Empty(guide.Requests);
    }

    public static TheoryData<string, string, HttpProtocols> UntrustedInEachVersion()
    {
        var data = new TheoryData<string, string, HttpProtocols>();
        foreach (var row in Untrusted)
        {
            data.Add(row.Data.Item1, row.Data.Item2, HttpProtocols.Http1);
            data.Add(row.Data.Item1, row.Data.Item2, HttpProtocols.Http1AndHttp2);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(UntrustedInEachVersion))]
    public async Task Https_CertificateBecomesBad_RequestsGoElsewhereAndSayWhy(string which, string said, HttpProtocols protocols)
    {
        await using var guide = await KestrelUpstream.StartAsync(
            static context => context.Response.WriteAsync("ok"),
            protocols,
            TestAuthority.Issue("127.0.0.1"));
        await using var other = new ScriptedUpstream();
        // No probe helps: what is found is found by requests.
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [guide.Url],
                [other.Url],
                cluster: "    passive: { consecutiveFailures: 1 }")
            .Replace("interval: 500ms, timeout: 400ms", "interval: 1h, fastInterval: 1h, timeout: 400ms", StringComparison.Ordinal));
        guide.Certificate = CertificateOf(which);

        using var response = await gateway.Client.PostAsync("/order", new StringContent("order"), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("order"u8.ToArray(), await other.Last.ReadBodyAsync());
        Assert.Equal(
            1,
            await gateway.MetricAsync("gateway_attempts_total", ("destination", $"127.0.0.1:{guide.Port}"), ("result", "connect")));
        await Eventually.BecomeTrueAsync(
            async () => (await WhyAsync(gateway)).Contains(said, StringComparison.Ordinal),
            TimeSpan.FromSeconds(60),
            said);
    }

    [Fact]
    public async Task Https_EjectedWithHttp2Alone_ComesBackByItsHalfOpenProbe()
    {
        var ill = true;
        await using var guide = await KestrelUpstream.StartAsync(
            context =>
            {
                context.Response.StatusCode = Volatile.Read(ref ill) ? 503 : 200;
                return Task.CompletedTask;
            },
            HttpProtocols.Http2,
            TestAuthority.Issue("127.0.0.1"));
        await using var other = new ScriptedUpstream();
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [guide.Url],
                [other.Url],
                cluster: "    passive: { consecutiveFailures: 1, ejectFor: 1s }"));
        await gateway.GetAsync();
        await Eventually.BecomeTrueAsync(
            async () => await gateway.HealthStatusAsync("primary") != "up",
            TimeSpan.FromSeconds(60),
            "it is ejected");
        Volatile.Write(ref ill, false);

        await Eventually.BecomeTrueAsync(
            async () =>
            {
                await gateway.GetAsync();
                return await gateway.HealthStatusAsync("primary") == "up";
            },
            TimeSpan.FromSeconds(60),
            "a half-open probe shows that it is well");
    }

    private static X509Certificate2 CertificateOf(string which)
    {
        if (which == "stranger")
        {
            var (certificate, key) = Certificates.Create("127.0.0.1");
            return X509Certificate2.CreateFromPem(certificate, key);
        }

        return which == "ended" ? TestAuthority.IssueEnded("127.0.0.1") : TestAuthority.Issue("guide.test");
    }

    private static async Task<string> WhyAsync(InProcessGateway gateway) =>
        (await gateway.StatusAsync()).GetProperty("clusters")[0].GetProperty("tiers")[0].GetProperty("destinations")[0].GetProperty(
            "why").GetString()!;
}
