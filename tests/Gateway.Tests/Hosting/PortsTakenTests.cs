using System.Net;
using System.Net.Sockets;
using Gateway.Drills.Processes;
using Gateway.Tests.Configuration;
using Xunit;
using Repository = Gateway.Tests.Configuration.Repository;

namespace Gateway.Tests.Hosting;

/// <summary>A port that another program has: one sentence, no stack.</summary>
[Trait("kind", "process")]
public sealed class PortsTakenTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_APortIsTaken_SaysWhichAndWhatToDo(bool users)
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        var taken = ((IPEndPoint)other.LocalEndPoint!).Port;
        using var folder = new TemporaryFolder();
        var file = folder.Write("gateway.yaml", $$"""
            version: 1
            listen: [ { url: "http://127.0.0.1:{{(users ? taken : 0)}}" } ]
            admin: { url: "http://127.0.0.1:{{(users ? 0 : taken)}}" }
            state: {{folder.Path}}/state
            staticFallback: {{folder.Path}}
            clusters: { guide: { tiers: [ { name: primary, destinations: [ "http://127.0.0.1:9" ] } ] } }
            routes: { all: { match: { path: "/{**rest}" }, cluster: guide } }
            """);
        var dll = Repository.PathOf("src", "Gateway", "bin", "Release", "net10.0", "gateway.dll");
        await using var gateway = new ChildProcess("gateway", "dotnet", [dll, "run", "--config", file]);
        await gateway.StartAsync(TestContext.Current.CancellationToken);
        await gateway.Ended.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        await gateway.ReadToEndAsync();

        Assert.Equal(1, gateway.ExitCode);
        Assert.Contains(
            $"The gateway cannot start: another program listens on http://127.0.0.1:{taken} (\"{(users ? "listen" : "admin.url")}\"). End "
                + $"that program (ss -ltnp names it), or change the port in the configuration.",
            gateway.Output,
            StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", gateway.Output, StringComparison.Ordinal);
    }
}
