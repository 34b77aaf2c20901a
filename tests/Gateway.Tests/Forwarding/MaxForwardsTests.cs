using Gateway.Forwarding.Requests;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>RFC 9110, sections 7.6.2 and 9.3.7: which requests end at the gateway, and how often others may go further.</summary>
[Trait("kind", "socket")]
public class MaxForwardsTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData(" 7\t", 7)]
    [InlineData("007", 7)]
    [InlineData("2147483648", int.MaxValue)]
    [InlineData("99999999999999999999", int.MaxValue)]
    [InlineData("-1", null)]
    [InlineData("+1", null)]
    [InlineData("1, 2", null)]
    [InlineData("", null)]
    public void Read_DigitsAlone_AreANumber(string value, int? count) => Assert.Equal(count, MaxForwards.Read(value));

    [Theory]
    [InlineData("OPTIONS", "0", "", 204, "")]
    [InlineData("OPTIONS", "0", "[GET, OPTIONS]", 204, "GET, OPTIONS, HEAD")]
    [InlineData("TRACE", "0", "", 405, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")]
    [InlineData("TRACE", "000", "[POST, TRACE]", 405, "POST, TRACE")]
    public async Task Zero_OfTheTwoMethods_IsAnsweredHere(string method, string value, string methods, int status, string allow)
    {
        await using var guide = new ScriptedUpstream();
        var config = InProcessGateway.Config([guide.Url]);
        config = methods.Length == 0
            ? config
            : config.Replace(
                "match: { path: \"/{**rest}\" }",
                $"match: {{ path: \"/{{**rest}}\", methods: {methods} }}",
                StringComparison.Ordinal);
        await using var plain = await InProcessGateway.StartAsync(config);
        await using var tls = await InProcessGateway.StartTlsAsync(config);

        var first = await plain.AskAsync($"{method} /a HTTP/1.1\r\nHost: a\r\nMax-Forwards: {value}\r\nCookie: secret=1\r\n\r\n");
        await using var client = await RawHttp2Client.ConnectAsync(tls.Url);
        var second = await client.AskAsync(
            (":method", method),
            (":scheme", "https"),
            (":path", "/a"),
            (":authority", "a"),
            ("max-forwards", value));

        Assert.Equal(status, first.Status);
        Assert.Equal(allow, string.Join(", ", first.Header("Allow")));
        Assert.DoesNotContain("secret", first.Body, StringComparison.Ordinal);
        Assert.Equal(status, second.Status);
        Assert.Empty(guide.Requests);
        Assert.Equal(1, await plain.MetricAsync("gateway_requests_total", ("route", "all"), ("outcome", "refused")));
    }

    [Theory]
    [InlineData("OPTIONS", "1", "0")]
    [InlineData("TRACE", "10", "9")]
    [InlineData("OPTIONS", "99999999999", "2147483646")]
    [InlineData("OPTIONS", "some", "some")]
    [InlineData("GET", "5", "5")]
    [InlineData("GET", "0", "0")]
    [InlineData("POST", "0", "0")]
    public async Task More_OrAnotherMethod_GoesOn(string method, string value, string sent)
    {
        await using var guide = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        var response =
            await gateway.AskAsync(
                $"{method} /a HTTP/1.1\r\nHost: a\r\nMax-Forwards: {value}\r\n{(method == "POST" ? "Content-Length: 0\r\n" : "")}\r\n");

        Assert.Equal(200, response.Status);
        Assert.Equal([sent], guide.Last.Header("Max-Forwards"));
    }

    [Fact]
    public async Task More_ToHttp2_IsCountedDown()
    {
        var seen = "";
        await using var guide = await KestrelUpstream.StartAsync(
            context =>
            {
                seen = context.Request.Headers["Max-Forwards"].ToString();
                return Task.CompletedTask;
            },
            HttpProtocols.Http2,
            TestAuthority.Issue("127.0.0.1"));
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));

        Assert.Equal(200, (await gateway.AskAsync("OPTIONS /a HTTP/1.1\r\nHost: a\r\nMax-Forwards: 3\r\n\r\n")).Status);
        Assert.Equal("2", seen);
    }

    [Fact]
    public async Task OptionsOfTheServer_IsAnsweredHere()
    {
        await using var guide = new ScriptedUpstream();
        await using var plain = await InProcessGateway.StartAsync(InProcessGateway.Config([guide.Url]));
        await using var tls = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([guide.Url]));

        Assert.Equal(204, (await plain.AskAsync("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")).Status);
        // RFC 9112, section 3.2.4: the same, said to a proxy.
        Assert.Equal(204, (await plain.AskAsync("OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n")).Status);
        await using var client = await RawHttp2Client.ConnectAsync(tls.Url);
        Assert.Equal(
            204,
            (await client.AskAsync((":method", "OPTIONS"), (":scheme", "https"), (":path", "*"), (":authority", "a"))).Status);

        Assert.Empty(guide.Requests);
        Assert.Equal(200, (await plain.AskAsync("OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n")).Status);
        Assert.Single(guide.Requests);
    }
}
