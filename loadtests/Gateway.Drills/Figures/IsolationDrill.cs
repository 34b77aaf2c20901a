using System.Globalization;
using Gateway.Drills.Faults;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Figures;

/// <summary>
/// One gateway of three is cut off from every destination, and not from Redis, in each way that a network can do it: it steps aside in
/// time, and the others' users and decisions do not notice.
/// </summary>
internal static class IsolationDrill
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly (string Name, RelayDoor Door, bool Resets)[] Cuts =
    [
        ("refused", RelayDoor.Refuse, true),
        ("reset", RelayDoor.Reset, true),
        ("swallowed", RelayDoor.Silent, false),
    ];

    /// <summary>Runs it; returns the exit code.</summary>
    public static async Task<int> RunAsync(Report report, double rate, TimeSpan warm)
    {
        if (!RedisProcess.IsInstalled)
        {
            throw new InvalidOperationException("redis-server is needed: apt-get install redis-server.");
        }

        return report.Conclude(
            "isolation",
            await report.DuringAsync("isolation", progress => MeasureAsync(report, rate, warm, progress)));
    }

    private static async Task<Verdict> MeasureAsync(Report report, double rate, TimeSpan warm, Action<string> progress)
    {
        await using var redis = RedisProcess.Create();
        await redis.StartAsync();
        await using var bed = await TestBed.StartAsync(new() { StartGateway = false });
        var relays = bed.Guides.Select(static guide => TcpRelay.Start(new Uri(guide.Url).Port)).ToArray();
        try
        {
            var urls = relays.Select(static r => string.Create(CultureInfo.InvariantCulture, $"\"http://127.0.0.1:{r.Port}\"")).ToArray();
            var (first, second) = (string.Join(", ", urls[..bed.Primaries.Count]), string.Join(", ", urls[bed.Primaries.Count..]));
            var tiers = $"[ {{ name: primary, destinations: [ {first} ] }}, {{ name: standby, destinations: [ {second} ] }} ]";
            await using var fleet = await DrilledFleet.StartAsync(
                bed, [("clusters.ai-guide.tiers", tiers)], ("redis.endpoints", $"[ \"{redis.Endpoint}\" ]"));
            await fleet.UntilAsync(static s => s.Agreeing && s.Gateways == 3, Patience, "they hear one another");
            progress("warming up");
            await fleet.LoadAsync(rate, warm, [.. DrilledFleet.Others]);
            var verdict = new Verdict();
            foreach (var (name, door, resets) in Cuts)
            {
                progress($"one is cut off: {name}");
                await CutAsync(report, verdict, fleet, relays, name, door, resets, rate);
            }

            return verdict;
        }
        finally
        {
            foreach (var relay in relays)
            {
                await relay.DisposeAsync();
            }
        }
    }

    private static async Task CutAsync(
        Report report, Verdict verdict, DrilledFleet fleet, TcpRelay[] relays, string name, RelayDoor door, bool resets, double rate)
    {
        var began = TimeProvider.System.GetUtcNow();
        var loading = fleet.LoadAsync(rate, TimeSpan.FromSeconds(12), [.. DrilledFleet.Others]);
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        foreach (var relay in relays)
        {
            if (!resets)
            {
                relay.ToServer = relay.ToClient = new RelayBehaviour(RelayMode.Swallow);
            }

            await relay.SetDoorAsync(door);
        }

        if (resets)
        {
            Array.ForEach(relays, static relay => relay.ResetAll());
        }

        var aside = await fleet.UntilReadyAsync(DrilledFleet.Last, ready: false, Patience);
        var seen = await loading;
        foreach (var relay in relays)
        {
            await relay.HealAsync();
        }

        var back = await fleet.UntilReadyAsync(DrilledFleet.Last, ready: true, Patience);
        var others = await fleet.TransitionsAsync(began, [.. DrilledFleet.Others]);
        report.Line(
            $"cut off, {name}: not ready after {Verdict.Text(aside)}, ready {Verdict.Text(back)} after the end; the others: failed "
                + $"{seen.Failed}, transitions {others.Count}");
        verdict
            .Within($"cut off, {name}: not ready", aside, Thresholds.AsideWithin)
            .Exactly($"cut off, {name}: the others' users failed", seen.Failed, 0)
            .Exactly($"cut off, {name}: the others' transitions", others.Count, 0);
        await fleet.UntilAsync(static s => s.Serves("primary"), TimeSpan.FromSeconds(90), "all is as before");
    }
}
