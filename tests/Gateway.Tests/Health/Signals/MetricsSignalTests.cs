using System.Globalization;
using System.Text.Json;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Health.Signals;

/// <summary>
/// Metrics of destinations on real sockets: less for what is hot, all of it when that is over, and nothing taken when all are.
/// </summary>
[Trait("kind", "socket")]
public sealed class MetricsSignalTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private const string Hot = """
            signals:
              - { name: hot, metrics: /metrics, every: 200ms, when: "process_cpu_usage > 0.9", then: THEN }
        """;

    [Theory]
    [InlineData("degraded", 5, 80)]
    [InlineData("suspect", 0, 0)]
    [InlineData("drain", 0, 0)]
    public async Task Metrics_OneGoesHot_GetsLessUntilItIsOver(string then, int least, int most)
    {
        await using var one = new Instance("one");
        await using var other = new Instance("other");
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([
            one.Url,
            other.Url
        ], cluster: Hot.Replace("THEN", then, StringComparison.Ordinal)));
        await StateIsAsync(gateway, "clear", "clear");
        var before = await CountAsync(gateway, "other", 200);

        other.Cpu = 0.97;
        await StateIsAsync(gateway, "clear", "firing");
        var hot = await CountAsync(gateway, "other", 200);
        var signal = (await DestinationsAsync(gateway))[1].GetProperty("signals")[0];
        var fired = await gateway.MetricAsync("gateway_signal", ("signal", "hot"));

        other.Cpu = 0.2;
        await StateIsAsync(gateway, "clear", "clear");
        var after = await CountAsync(gateway, "other", 200);
        var journal = await gateway.JournalTextAsync();

        Assert.InRange(before, 60, 140);
        Assert.InRange(hot, least, most);
        Assert.InRange(after, 60, 140);
        Assert.Equal(1, fired);
        Assert.Equal("process_cpu_usage 0.97", signal.GetProperty("value").GetString());
        Assert.True(signal.GetProperty("acts").GetBoolean());
        Assert.Contains(
            $"of primary is {(then == "drain" ? "drained" : then)} by signal 'hot' (process_cpu_usage 0.97).",
            journal.Replace("\\u0027", "'", StringComparison.Ordinal),
            StringComparison.Ordinal);
        Assert.Contains("of primary has ended (process_cpu_usage 0.2).", journal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("degraded")]
    [InlineData("drain")]
    public async Task Metrics_AllAreHot_NothingIsTaken(string then)
    {
        await using var one = new Instance("one") { Cpu = 1 };
        await using var other = new Instance("other") { Cpu = 1 };
        await using var standby = new Instance("standby");
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([
            one.Url,
            other.Url
        ], [standby.Url], Hot.Replace("THEN", then, StringComparison.Ordinal)));
        await StateIsAsync(gateway, "firing", "firing");
        await Eventually.BecomeTrueAsync(
            async () => (await DestinationsAsync(gateway))[1].GetProperty("signals")[0].GetProperty("withheld").GetBoolean(),
            Patience,
            "the effect is withheld");

        Assert.InRange(await CountAsync(gateway, "other", 200), 60, 140);
        Assert.Equal(0, await CountAsync(gateway, "standby", 100));
        Assert.Equal("primary", await gateway.ServingAsync());
        Assert.Contains("fires without effect: the tier cannot spare it", await gateway.JournalTextAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status 404")]
    [InlineData("closed")]
    [InlineData("html")]
    [InlineData("silent")]
    public async Task Metrics_NoData_IsUnknownAndCostsNothing(string how)
    {
        await using var one = new Instance("one");
        await using var other = new Instance("other") { Cpu = 1 };
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([
            one.Url,
            other.Url
        ], cluster: Hot.Replace("THEN", "drain", StringComparison.Ordinal)));
        await StateIsAsync(gateway, "clear", "firing");
        Assert.Equal(0, await CountAsync(gateway, "other", 50));

        other.Fails = how;
        await StateIsAsync(gateway, "clear", "unknown");

        Assert.InRange(await CountAsync(gateway, "other", 200), 60, 140);
        Assert.Equal("up", await gateway.HealthStatusAsync("primary", 1));
        Assert.DoesNotContain(
            $"gateway_signal{{cluster=\"guide\",destination=\"127.0.0.1:{other.Port}\"",
            await gateway.MetricsTextAsync(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signals_Reloaded_AreInForceAtOnceAndGoneWhenRemoved()
    {
        await using var one = new Instance("one");
        await using var other = new Instance("other") { Cpu = 1 };
        string[] urls = [one.Url, other.Url];
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config(urls));
        Assert.False((await DestinationsAsync(gateway))[1].TryGetProperty("signals", out _));

        gateway.WriteConfig(InProcessGateway.Config(urls, cluster: Hot.Replace("THEN", "drain", StringComparison.Ordinal)));
        await StateIsAsync(gateway, "clear", "firing");
        Assert.Equal(0, await CountAsync(gateway, "other", 50));

        gateway.WriteConfig(InProcessGateway.Config(urls));
        await Eventually.BecomeTrueAsync(
            async () => !(await DestinationsAsync(gateway))[1].TryGetProperty("signals", out _),
            Patience,
            "the signal is gone");
        Assert.InRange(await CountAsync(gateway, "other", 200), 60, 140);
    }

    internal static async Task StateIsAsync(InProcessGateway gateway, params string[] states) =>
        await Eventually.BecomeTrueAsync(
            async () => (await DestinationsAsync(gateway)).EnumerateArray()
                .Select(static d => d.TryGetProperty("signals", out var signals) ? signals[0].GetProperty("state").GetString() : "none")
                .SequenceEqual(states, StringComparer.Ordinal),
            Patience,
            $"the signals are {string.Join(", ", states)}");

    internal static async Task<JsonElement> DestinationsAsync(InProcessGateway gateway) =>
        (await gateway.StatusAsync()).GetProperty("clusters")[0].GetProperty("tiers")[0].GetProperty("destinations");

    internal static async Task<int> CountAsync(InProcessGateway gateway, string body, int requests)
    {
        var count = 0;
        for (var i = 0; i < requests; i++)
        {
            count += string.Equals(
                await gateway.Client.GetStringAsync("/", TestContext.Current.CancellationToken),
                body,
                StringComparison.Ordinal) ? 1 : 0;
        }

        return count;
    }

    // A guide with a page of metrics.
    private sealed class Instance : IAsyncDisposable
    {
        private readonly ScriptedUpstream _upstream;
        private double _cpu = 0.2;
        private volatile string? _fails;

        public Instance(string body) => _upstream = new ScriptedUpstream(request => request.Target switch
        {
            "/metrics" => PageAsync(request),
            _ => request.RespondAsync(body),
        });

        public double Cpu
        {
            set => Volatile.Write(ref _cpu, value);
        }

        public string? Fails
        {
            set => _fails = value;
        }

        public string Url => _upstream.Url;

        public string Port => _upstream.Port.ToString(CultureInfo.InvariantCulture);

        public ValueTask DisposeAsync() => _upstream.DisposeAsync();

        private Task PageAsync(UpstreamRequest request)
        {
            switch (_fails)
            {
                case null:
                    return request.RespondAsync(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"# TYPE process_cpu_usage gauge\nprocess_cpu_usage {Volatile.Read(ref _cpu)}\n"),
                        headers: "Content-Type: text/plain\r\n");
                case "closed":
                    request.Close();
                    return Task.CompletedTask;
                case "html":
                    return request.RespondAsync("<html><body>process_cpu_usage</body></html>");
                case "silent":
                    return request.ClosedByPeerAsync();
                default:
                    return request.RespondAsync("no", 404);
            }
        }
    }
}
