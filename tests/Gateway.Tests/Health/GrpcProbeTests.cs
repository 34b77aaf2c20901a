using Gateway.Configuration.Model;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Gateway.Tests.Health;

/// <summary>What probes make of servers that speak gRPC alone and have no page to ask for.</summary>
[Trait("kind", "socket")]
public class GrpcProbeTests
{
    [Theory]
    [InlineData(415, "", true)]
    [InlineData(405, "grpc-status: 13", true)]
    [InlineData(415, "content-type: application/grpc", true)]
    [InlineData(404, "content-type: application/grpc+proto", true)]
    [InlineData(404, "", false)]
    [InlineData(405, "content-type: text/plain", false)]
    [InlineData(503, "content-type: application/grpc", false)]
    [InlineData(500, "grpc-status: 13", false)]
    [InlineData(200, "", true)]
    public async Task Probe_OverHttp2_TakesAResponseOfGrpcForASuccess(int status, string header, bool passes)
    {
        foreach (var isTls in new[] { false, true })
        {
            await using var server = await StartAsync(status, header, HttpProtocols.Http2, isTls);
            Assert.Equal(passes, await PassesAsync(server, new ProbeConfig { Path = "/none", Timeout = TimeSpan.FromSeconds(20) }));
        }
    }

    [Theory]
    [InlineData(415, "")]
    [InlineData(404, "content-type: application/grpc")]
    public async Task Probe_OverHttp11_TakesItForAFailure(int status, string header)
    {
        await using var server = await StartAsync(status, header, HttpProtocols.Http1, isTls: false);
        Assert.False(await PassesAsync(server, new ProbeConfig { Path = "/none", Timeout = TimeSpan.FromSeconds(20) }));
    }

    [Fact]
    public async Task Probe_ExpectationWasChosen_HoldsToIt()
    {
        await using var server = await StartAsync(415, "", HttpProtocols.Http2, isTls: false);
        Assert.False(await PassesAsync(
            server,
            new ProbeConfig { Path = "/none", Timeout = TimeSpan.FromSeconds(20), ExpectStatusTo = 299 }));
        Assert.False(await PassesAsync(server, new ProbeConfig { Path = "/none", Timeout = TimeSpan.FromSeconds(20), ExpectBody = "ok" }));
    }

    private static async Task<bool> PassesAsync(KestrelUpstream server, ProbeConfig probe)
    {
        using var prober = new Prober(new Destination("c", "t", "d", new Uri(server.Url)), TimeProvider.System);
        return (await prober.ProbeAsync(probe, TestContext.Current.CancellationToken)).Passed;
    }

    private static Task<KestrelUpstream> StartAsync(int status, string header, HttpProtocols protocols, bool isTls) =>
        KestrelUpstream.StartAsync(
        context =>
        {
            context.Response.StatusCode = status;
            if (header.Split(": ") is [var name, var value])
            {
                context.Response.Headers.Append(name, value);
            }

            return Task.CompletedTask;
        },
        protocols,
        isTls ? TestAuthority.Issue("127.0.0.1") : null);
}
