using Gateway.Configuration;
using Gateway.Failover;
using Gateway.Health;
using Gateway.Observability;

namespace Gateway.Admin;

/// <summary>All that <c>/status</c>, the status page and <c>./gateway status</c> show, as of one moment.</summary>
internal sealed record StatusReport(
    GatewayStatus Gateway,
    ConfigStatus Config,
    IReadOnlyList<ClusterStatus> Clusters,
    IReadOnlyList<RouteStatus> Routes,
    IReadOnlyList<JournalEntry> Journal,
    IReadOnlyList<string> Alarms);

/// <summary>The process.</summary>
internal sealed record GatewayStatus(string Version, DateTimeOffset Now, DateTimeOffset StartedAt, bool Ready, string? Why);

/// <summary>One cluster.</summary>
/// <param name="Serving">The tier that serves; null: none can.</param>
/// <param name="Since">Since when.</param>
/// <param name="Why">What the last change rests on.</param>
/// <param name="Hold">An operator's hold; null: none.</param>
/// <param name="Ramp">A better tier that takes over step by step; null: none does.</param>
internal sealed record ClusterStatus(
    string Name, string? Serving, DateTimeOffset Since, string Why, HoldStatus? Hold, RampStatus? Ramp, IReadOnlyList<TierStatus> Tiers, double? HedgeDelayMs);

/// <summary>An operator's hold; the fields are null when it is older than this process's memory of it.</summary>
internal sealed record HoldStatus(string? Tier, DateTimeOffset? Until, string? Reason, string? Who);

/// <summary>A share, 0 to 1, of new requests that goes to the better tier; the rest goes to <paramref name="From"/>.</summary>
internal sealed record RampStatus(string From, double Share);

/// <summary>One tier.</summary>
internal sealed record TierStatus(string Name, bool Active, double Share, bool CanServe, int InFlight, int? Capacity, IReadOnlyList<DestinationStatus> Destinations);

/// <summary>One destination.</summary>
internal sealed record DestinationStatus(
    string Name, string Url, Verdict Verdict, int InFlight, bool Draining, DateTimeOffset? Since, string? Why, double? ProbeAgeSeconds, double? P99Ms);

/// <summary>One route: its requests since the start by outcome and by rung.</summary>
internal sealed record RouteStatus(
    string Name, string Cluster, Level Level, RequestSums Requests, IReadOnlyDictionary<string, long> Rungs, IReadOnlyList<string> Ladder, LastGoodStatus? LastGood);

/// <summary>Gathers the report from what the rooms publish; nothing is asked that could wait.</summary>
internal sealed class StatusReader(AdminSources sources, Holds holds, TimeProvider time)
{
    private static readonly string Version = typeof(StatusReader).Assembly.GetName().Version?.ToString(3) ?? "0";

    private readonly DateTimeOffset _startedAt = time.GetUtcNow();

    /// <summary>The report now.</summary>
    public StatusReport Read()
    {
        var now = time.GetUtcNow();
        var readiness = sources.Readiness();
        var journal = sources.Records.Journal.Recent(200);
        string[] alarms = sources.Records.Alarm is { } alarm ? [.. sources.Alarms(), alarm] : [.. sources.Alarms()];
        return new(
            new(Version, now, _startedAt, readiness.Ready, readiness.Why),
            sources.ConfigStatus(),
            [.. sources.Clusters().Select(c => Read(c, journal, now))],
            Routes(),
            [.. journal.Take(20)],
            alarms);
    }

    /// <summary>Each tier's share of new requests.</summary>
    internal static double Share(ClusterSnapshot snapshot, int tier)
    {
        if (tier == snapshot.Active)
        {
            return snapshot.RampFrom >= 0 ? snapshot.RampShare : 1;
        }

        return tier == snapshot.RampFrom && snapshot.Active >= 0 ? 1 - snapshot.RampShare : 0;
    }

    private ClusterStatus Read(Cluster cluster, IReadOnlyList<JournalEntry> journal, DateTimeOffset now)
    {
        var snapshot = cluster.Snapshot;
        var serving = snapshot.Active >= 0 ? snapshot.Tiers[snapshot.Active].Name : null;

        // An entry of an earlier run says nothing of this one.
        var change = journal.FirstOrDefault(e => e.At >= _startedAt && e.Kind is "transition"
            && string.Equals(e.Cluster, cluster.Name, StringComparison.Ordinal) && string.Equals(e.To, serving, StringComparison.Ordinal));
        return new(
            cluster.Name,
            serving,
            change?.At ?? _startedAt,
            change?.Text ?? "Unchanged since the start.",
            snapshot.Held ? holds.Of(cluster.Name, now) ?? new(serving, null, null, null) : null,
            snapshot.RampFrom >= 0 ? new(snapshot.Tiers[snapshot.RampFrom].Name, snapshot.RampShare) : null,
            [.. snapshot.Tiers.Select(tier => new TierStatus(tier.Name, tier.Index == snapshot.Active, Share(snapshot, tier.Index), tier.CanServe,
                tier.Load.InFlight, tier.Capacity, [.. tier.All.Select(Read)]))],
            cluster.HedgeDelay?.TotalMilliseconds);
    }

    private DestinationStatus Read(Destination destination)
    {
        var detail = sources.Detail(destination);
        return new(destination.Name, destination.Url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped), destination.Verdict,
            destination.InFlight, detail?.Draining ?? false, detail?.Since, detail?.Why, detail?.ProbeAge?.TotalSeconds, detail?.P99?.TotalMilliseconds);
    }

    private RouteStatus[] Routes()
    {
        var lastGood = sources.LastGood().ToDictionary(static l => l.Route, StringComparer.Ordinal);
        return [.. sources.Config().Routes.Select(route =>
        {
            var meter = sources.Instruments.Route(route.Name);
            return new RouteStatus(route.Name, route.Cluster, route.Level, meter.Sums,
                Enum.GetValues<FallbackRung>().ToDictionary(static r => Instruments.RungNames[(int)r], meter.Rung, StringComparer.Ordinal),
                [.. route.Fallback.Select(Name), "builtIn"],
                lastGood.GetValueOrDefault(route.Name));
        })];
    }

    private static string Name(RungConfig rung) => rung switch
    {
        FileRung file => $"file: {file.File}",
        LastGoodRung => "lastGood",
        _ => "builtIn",
    };
}
