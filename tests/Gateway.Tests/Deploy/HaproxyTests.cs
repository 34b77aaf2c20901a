using System.Globalization;
using Gateway.Drills.Processes;
using Gateway.Tests.Support;
using Xunit;
using Files = Gateway.Tests.Configuration.Repository;

namespace Gateway.Tests.Deploy;

/// <summary>Two gateways behind a real HAProxy with the file of <c>deploy/haproxy/</c>: only addresses are changed in it.</summary>
[Trait("kind", "process")]
public sealed class HaproxyTests
{
    private const string Program = "/usr/sbin/haproxy";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);
    private static readonly HttpClient Http = new(new SocketsHttpHandler()) { Timeout = TimeSpan.FromSeconds(5) };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RollingRestart_UnderLoad_FailsNothing()
    {
        Assert.SkipUnless(File.Exists(Program), "HAProxy is not installed: Debian's package is \"haproxy\".");
        await using var bed = await TestBed.StartAsync(
            new() { Primaries = 1, Standbys = 1, StartGateway = false, Config = UserLoad.Patient("3s") },
            Cancel);
        await using var gateways = await Siblings.StartAsync(bed, 2, Cancel);
        var (users, operators) = (FreePorts.Next(), FreePorts.Next());
        await using var haproxy = new ChildProcess("haproxy", Program, ["-db", "-f", Write(bed, gateways, users, operators)]);
        await haproxy.StartAsync(Cancel);
        await UntilServingAsync(haproxy, operators, "gateway-1", "gateway-2");

        // Each in turn: asked to stop, ended, started, and serving again before it is the next one's turn.
        var load = UserLoad.Start($"http://127.0.0.1:{users}");
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(0, await gateways.Gateways[i].TerminateAsync(Patience));
            await gateways.Gateways[i].StartAsync(Cancel);
            await UntilServingAsync(haproxy, operators, "gateway-1", "gateway-2");
        }

        await UserLoad.EndWithoutFailureAsync(load);
    }

    private static Task UntilServingAsync(ChildProcess haproxy, int operators, params string[] servers) => Eventually.BecomeTrueAsync(
        async () =>
        {
            Assert.True(haproxy.IsRunning, haproxy.Output);
            try
            {
                var lines = (await Http.GetStringAsync($"http://127.0.0.1:{operators}/stats;csv", Cancel)).Split('\n');
                return servers.All(server => lines.Any(line => line.StartsWith($"gateways,{server},", StringComparison.Ordinal)
                    && line.Contains(",UP,", StringComparison.Ordinal)));
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
                return false;
            }
        },
        Patience,
        "HAProxy holds both to be up");

    private static string Write(TestBed bed, Siblings gateways, int users, int operators)
    {
        var text = File.ReadAllText(Files.PathOf("deploy", "haproxy", "haproxy.cfg"));
        (string From, string To)[] changes =
        [
            ("bind 0.0.0.0:8000", $"bind 127.0.0.1:{users}"),
            // A machine that runs other tests beside this one answers late: here a gateway is out when it says so, not when it is slow.
            ("timeout check 1s ", "timeout check 20s "),
            ("bind 127.0.0.1:8404", $"bind 127.0.0.1:{operators}"),
            .. gateways.Gateways.SelectMany((gateway, i) => new[]
            {
                ($"gateway-{i + 1} 10.0.0.1{i + 1}:8080 port 8081", string.Create(
                    CultureInfo.InvariantCulture,
                    $"gateway-{i + 1} 127.0.0.1:{gateway.Port} port {new Uri(gateway.AdminUrl).Port}")),
            }),
        ];
        foreach (var (from, to) in changes)
        {
            Assert.Contains(from, text, StringComparison.Ordinal);
            text = text.Replace(from, to, StringComparison.Ordinal);
        }

        var file = Path.Combine(bed.Folder, "haproxy.cfg");
        File.WriteAllText(file, text);
        return file;
    }
}
