using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Gateway.Tests.Health;

/// <summary>Probes that are no plain GET: method, headers, host, port, JSON; a connection alone; the health service of gRPC.</summary>
[Trait("kind", "socket")]
public sealed class ProbeTypesTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("$.status", "ok", true)]
    [InlineData("$['status']", "ok", true)]
    [InlineData("$[\"a b\"]", "1", true)]
    [InlineData("$.checks[1].state", "up", true)]
    [InlineData("$.checks[2].state", "up", false)]
    [InlineData("$.checks.state", "up", false)]
    [InlineData("$.ready", "true", true)]
    [InlineData("$.ready", "True", false)]
    [InlineData("$.load", "0.50", true)]
    [InlineData("$.load", "0.51", false)]
    [InlineData("$.none", "null", true)]
    [InlineData("$.missing", "null", false)]
    [InlineData("$.checks", "[]", false)]
    [InlineData("$", "ok", false)]
    public void Json_OfABody_IsJudgedByItsPlaces(string path, string value, bool passes)
    {
        var body =
            Encoding.UTF8.GetBytes(
                """{ "status": "ok", "a b": 1, "checks": [ { "state": "down" }, { "state": "up" } ], "ready": true, "load": 0.5, "none": null }""");
        Assert.Equal(passes, ProbeBody.HasAll(body, [new ExpectedJson(path, value)]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("\"ok\"")]
    [InlineData("<html>ok</html>")]
    public void Json_OfABodyThatIsNone_IsMissing(string body) =>
        Assert.False(ProbeBody.HasAll(Encoding.UTF8.GetBytes(body), [new ExpectedJson("$.status", "ok")]));

    [Theory]
    [InlineData("")]
    [InlineData("status")]
    [InlineData("$status")]
    [InlineData("$.")]
    [InlineData("$..a")]
    [InlineData("$.*")]
    [InlineData("$[")]
    [InlineData("$[]")]
    [InlineData("$[-1]")]
    [InlineData("$[1:2]")]
    [InlineData("$['a]")]
    [InlineData("$['a'")]
    [InlineData("$.a b")]
    [InlineData("$.a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q")]
    public void Place_ThatIsNone_IsRefused(string text) => Assert.False(JsonPlace.TryParse(text, out _));

    [Fact]
    public async Task HttpProbe_SaysWhatIsConfigured()
    {
        string? seen = null;
        await using var server = await KestrelUpstream.StartAsync(
            context =>
            {
                seen =
                    $"{context.Request.Method} {context.Request.Path} {context.Request.Host} {context.Request.Headers.Authorization} "
                        + $"{context.Request.Headers.UserAgent} {context.Request.ContentType}";
                return context.Response.WriteAsync("{\"status\":\"ok\"}");
            },
            HttpProtocols.Http1);
        var probe = new ProbeConfig
        {
            Timeout = Long,
            Method = "POST",
            Path = "/check",
            Host = "guide.internal:8080",
            Headers =
            [
                new HeaderLineConfig("Authorization", "Bearer x"),
                new HeaderLineConfig("User-Agent", "own"),
                new HeaderLineConfig("Content-Type", "text/x")
            ],
            ExpectJson = [new ExpectedJson("$.status", "ok")],
        };

        Assert.Equal("passed", await ProbeAsync(server.Url, probe));
        Assert.Equal("POST /check guide.internal:8080 Bearer x own text/x", seen);
        Assert.Equal(
            "expected JSON value missing",
            await ProbeAsync(server.Url, probe with { ExpectJson = [new ExpectedJson("$.status", "warm")] }));

        // Another port of the same host.
        Assert.Equal("passed", await ProbeAsync("http://127.0.0.1:1", probe with { Port = new Uri(server.Url).Port }));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TcpProbe_NeedsAConnectionAlone(bool isTls)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        var probe = new ProbeConfig { Type = ProbeType.Tcp, Timeout = Long };
        if (!isTls)
        {
            Assert.Equal("passed", await ProbeAsync(address, probe));
            listener.Stop();
            Assert.Equal("connection refused", await ProbeAsync(address, probe));
            return;
        }

        // With TLS the handshake is part of it: what takes connections without one is not the destination.
        await using var server = await KestrelUpstream.StartAsync(
            static context => Task.CompletedTask,
            HttpProtocols.Http1,
            TestAuthority.Issue("127.0.0.1"));
        Assert.Equal("passed", await ProbeAsync(server.Url, probe));
        Assert.Equal(
            "timed out in the TLS handshake",
            await ProbeAsync(
                address.Replace("http", "https", StringComparison.Ordinal),
                probe with { Timeout = TimeSpan.FromMilliseconds(300) }));
    }

    [Theory]
    [InlineData("0", 1, true, "passed")]
    [InlineData("0", 2, true, "gRPC health: not serving")]
    [InlineData("0", 0, true, "gRPC health: not serving")]
    [InlineData("5", 0, false, "gRPC health: no such service")]
    [InlineData("12", 0, false, "gRPC health: no such service")]
    [InlineData("14", 0, false, "gRPC health: not serving")]
    public async Task GrpcProbe_AsksTheHealthService(string status, byte serving, bool hasMessage, string words)
    {
        foreach (var isTls in (bool[])[false, true])
        {
            var asked = Array.Empty<byte>();
            await using var server = await KestrelUpstream.StartAsync(
                async context =>
                {
                    using var body = new MemoryStream();
                    await context.Request.Body.CopyToAsync(body, Cancel);
                    asked =
                    [
                        .. Encoding.ASCII.GetBytes($"{context.Request.Method} {context.Request.Path} {context.Request.ContentType} "),
                        .. body.ToArray()
                    ];
                    context.Response.ContentType = "application/grpc";
                    if (hasMessage)
                    {
                        await context.Response.Body.WriteAsync(new byte[] { 0, 0, 0, 0, 2, 8, serving }, Cancel);
                        context.Response.AppendTrailer("grpc-status", status);
                    }
                    else
                    {
                        context.Response.Headers.Append("grpc-status", status);
                    }
                },
                HttpProtocols.Http2,
                isTls ? TestAuthority.Issue("127.0.0.1") : null);

            Assert.Equal(
                words,
                await ProbeAsync(server.Url, new ProbeConfig { Type = ProbeType.Grpc, Service = "shop.Guide", Timeout = Long }));
            Assert.Equal("POST /grpc.health.v1.Health/Check application/grpc \0\0\0\0\f\n\nshop.Guide", Encoding.ASCII.GetString(asked));
        }
    }

    [Theory]
    [InlineData("00000000020801", true)]
    [InlineData("0000000004080208011000", true)]
    [InlineData("000000000408020801", true)]
    [InlineData("000000000408010802", false)]
    [InlineData("0000000002", false)]
    [InlineData("00ffffffff0801", false)]
    [InlineData("01000000020801", false)]
    [InlineData("0000000000", false)]
    [InlineData("", false)]
    public void Message_OfTheHealthService_IsReadWithCare(string hex, bool serves) =>
        Assert.Equal(serves, GrpcHealth.Judge("0", Convert.FromHexString(hex)) == FailureCause.None);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(256)]
    public void Request_ForAService_IsAMessageOfGrpc(int length)
    {
        var bytes = GrpcHealth.RequestFor(new string('a', length));
        Assert.Equal(bytes.Length - 5, (bytes[3] << 8) | bytes[4]);
        Assert.Equal(length, bytes.AsSpan(5).Count((byte)'a'));
        Assert.Equal(length == 0 ? 5 : length < 128 ? 7 + length : 8 + length, bytes.Length);
    }

    private static async Task<string> ProbeAsync(string url, ProbeConfig probe)
    {
        using var prober = new Prober(new Destination("c", "t", "d", new Uri(url)), TimeProvider.System);
        return (await prober.ProbeAsync(probe, Cancel)).Words;
    }
}
