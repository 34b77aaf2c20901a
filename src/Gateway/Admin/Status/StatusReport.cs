using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reload;
using Gateway.Failover;
using Gateway.Forwarding.Mirroring;
using Gateway.Health.Model;
using Gateway.Observability.History;

namespace Gateway.Admin.Status;

/// <summary>All that <c>/status</c>, the status page and <c>./gateway status</c> show, as of one moment.</summary>
internal sealed record StatusReport(
    GatewayStatus Gateway,
    ConfigStatus Config,
    IReadOnlyList<ClusterStatus> Clusters,
    IReadOnlyList<RouteStatus> Routes,
    RequestHistory History,
    IReadOnlyList<JournalEntry> Journal,
    IReadOnlyList<string> Alarms,
    FleetStatus? Fleet = null)
{
    /// <summary>Each runbook in a sentence.</summary>
    public IReadOnlyList<RunbookLine> Runbooks { get; init; } = [];

    /// <summary>When each promise of each cluster was last proven.</summary>
    public IReadOnlyList<ProofLine> Proofs { get; init; } = [];

    /// <summary>How other tiers' responses compare with the first tier's on each route that mirrors reads.</summary>
    public IReadOnlyList<MirrorStatus> Mirrors { get; init; } = [];
}

/// <summary>A runbook in a sentence.</summary>
/// <param name="Text">What it did, or would have done, this week.</param>
/// <param name="Running">A run of it is under way.</param>
internal sealed record RunbookLine(string Name, RunbookMode Mode, string Text, bool Running);

/// <summary>The process.</summary>
internal sealed record GatewayStatus(string Version, DateTimeOffset Now, DateTimeOffset StartedAt, bool Ready, string? Why);

/// <summary>The configuration.</summary>
/// <param name="Revision">Counts what was put in force, over restarts.</param>
/// <param name="Hash">The beginning of the SHA-256 of the file in force.</param>
/// <param name="AppliedAt">Since when.</param>
/// <param name="FileIsInForce">False while the newest file is refused, waits, or is rolled back.</param>
/// <param name="Rejected">The last file that was refused, even if a good one followed; null: none was.</param>
/// <param name="Warnings">What an operator should know of the one in force.</param>
/// <param name="RestartNeeded">Changed keys that take effect only with the next start.</param>
internal sealed record ConfigStatus(
    long Revision,
    string Hash,
    DateTimeOffset AppliedAt,
    bool FileIsInForce,
    RejectedStatus? Rejected,
    IReadOnlyList<string> Warnings,
    IReadOnlyList<string> RestartNeeded)
{
    /// <summary>It is a canary, in a sentence; null: it is none.</summary>
    public string? Canary { get; init; }

    /// <summary>From the store's snapshot.</summary>
    public static ConfigStatus Of(ConfigState state) => new(
        state.Revision,
        state.Hash.Length > 12 ? state.Hash[..12] : state.Hash,
        state.AppliedAt,
        state.FileIsInForce,
        state.LastRejected is { } rejected
            ? new(rejected.At, rejected.Cause, rejected.Headline, [.. rejected.Problems.Select(static p => p.ToString())])
            : null,
        [.. state.Warnings.Select(static w => w.ToString())],
        state.RestartNeeded);
}

/// <summary>A file that is not in force; each problem with file, line and column.</summary>
/// <param name="Cause">The kind of reason.</param>
/// <param name="Headline">What became of it, without a full stop.</param>
internal sealed record RejectedStatus(DateTimeOffset At, RejectionCause Cause, string Headline, IReadOnlyList<string> Problems);

/// <summary>One cluster.</summary>
/// <param name="Serving">The tier that serves; null: none can.</param>
/// <param name="Since">Since when.</param>
/// <param name="Why">What the last change rests on.</param>
/// <param name="Hold">An operator's hold; null: none.</param>
/// <param name="Ramp">The tier that carries the rest while the serving one takes over step by step; null: none.</param>
/// <param name="HedgeDelayMs">When a second attempt starts; null: not known yet.</param>
internal sealed record ClusterStatus(
    string Name,
    string? Serving,
    DateTimeOffset Since,
    string Why,
    HoldStatus? Hold,
    RampStatus? Ramp,
    IReadOnlyList<TierStatus> Tiers,
    double? HedgeDelayMs)
{
    /// <summary>The condition in a word.</summary>
    public ClusterCondition Condition { get; init; }

    /// <summary>What serves, since when and why, in one sentence.</summary>
    public string Now { get; init; } = "";

    /// <summary>What changes next, and when, or what is awaited.</summary>
    public NextStatus Next { get; init; } = new(null, null, "", "");

    /// <summary>What users got while it was disturbed; null: it was not in the last ten minutes.</summary>
    public Impact? Impact { get; init; }

    /// <summary>Requests that wait for a place; null: the cluster has no queue.</summary>
    public QueueStatus? Queue { get; init; }
}

/// <summary>Where requests wait while every tier is full (<c>queue</c>).</summary>
/// <param name="Waiting">Requests that wait now.</param>
/// <param name="Max">Requests that may wait at once.</param>
/// <param name="WaitMs">How long each may wait, in milliseconds.</param>
/// <param name="Admitted">Waits since the start that ended with a place.</param>
/// <param name="TimedOut">Waits since the start that lasted too long.</param>
/// <param name="Full">Requests since the start that found the queue full.</param>
internal sealed record QueueStatus(long Waiting, int Max, double WaitMs, long Admitted, long TimedOut, long Full)
{
    /// <summary>In a few words.</summary>
    public string Text =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Waiting:N0} of {Max:N0} requests wait for a place; since the start {Admitted:N0} got one, {TimedOut:N0} waited too long, "
                + $"{Full:N0} found the queue full");
}

/// <summary>The next change of a cluster.</summary>
/// <param name="Tier">The tier that gains by it; null with a time: none, and the fallback chain answers from then on; null without one:
/// no change is in sight.</param>
/// <param name="At">When it is due; null: no time can be given.</param>
/// <param name="Because">What it rests on, or what is awaited.</param>
/// <param name="Text">The same in one sentence, with what stops it.</param>
internal sealed record NextStatus(string? Tier, DateTimeOffset? At, string Because, string Text);

/// <summary>An operator's hold; <paramref name="Yielded"/>: the held tier cannot serve, so that another one does.</summary>
/// <param name="By">Who, as far as it is known.</param>
internal sealed record HoldStatus(string Tier, DateTimeOffset Until, string Reason, bool Yielded, string? By = null);

/// <summary>An operator's drain of a destination.</summary>
/// <param name="Until">Until then the conversations that are there go on; null: they do not.</param>
internal sealed record DrainStatus(DateTimeOffset Since, string? Reason, string? By, DateTimeOffset? Until = null);

/// <summary>A share, 0 to 1, of new requests that goes to the serving tier; the rest goes to <paramref name="From"/>.</summary>
internal sealed record RampStatus(string From, double Share);

/// <summary>One tier.</summary>
internal sealed record TierStatus(
    string Name,
    bool Active,
    double Share,
    TierHealth Standing,
    bool CanServe,
    int Healthy,
    int Needed,
    int InFlight,
    int? Capacity,
    IReadOnlyList<DestinationStatus> Destinations)
{
    /// <summary>It has lost destinations.</summary>
    public bool Degraded { get; init; }
}

/// <summary>An operator's weight of a destination.</summary>
/// <param name="Configured">The weight in the configuration.</param>
/// <param name="Since">Since when.</param>
/// <param name="Reason">The operator's words.</param>
/// <param name="By">Who, as far as it is known.</param>
internal sealed record WeightStatus(int Configured, DateTimeOffset Since, string? Reason, string? By);

/// <summary>One destination.</summary>
/// <param name="Share">Its share of the cluster's good responses in about the last twenty seconds, 0 to 1; null: there were none.</param>
/// <param name="P99Ms">99 of 100 of these were there within so many milliseconds.</param>
/// <param name="AvoidedBy">Routes whose requests prefer other destinations for a while: they failed here, or were asked to come
/// later.</param>
internal sealed record DestinationStatus(
    string Name,
    string Url,
    HealthStatus HealthStatus,
    DateTimeOffset Since,
    string Why,
    bool Draining,
    bool Suspect,
    int InFlight,
    double? Share,
    double? P99Ms,
    int Weight,
    double ProbeAgeSeconds,
    string? LastProbe, double? LastProbeMs, DateTimeOffset? EjectedUntil, IReadOnlyList<string> AvoidedBy)
{
    /// <summary>What failed when it was lost, in a few words; null: nothing did.</summary>
    public string? Cause { get; init; }

    /// <summary>Where it is (<c>zone</c>, or as EndpointSlices say); null: not known.</summary>
    public string? Zone { get; init; }

    /// <summary>The share of its requests that it gets while it starts slowly (<c>slowStart</c>), 0.1 to 1; null: it does not.</summary>
    public double? StartShare { get; init; }

    /// <summary>What signals hold of it; null: there are none.</summary>
    public IReadOnlyList<SignalStatus>? Signals { get; init; }

    /// <summary>The share of its weight that signals leave it, above 0; null: all of it.</summary>
    public double? SignalShare { get; init; }

    /// <summary>The weight that an operator gave it, by whom, since when and why; null: it has the configuration's.</summary>
    public WeightStatus? WeightOrder { get; init; }

    /// <summary>The operator who drains it, since when and why; null: it is not drained.</summary>
    public DrainStatus? Drain { get; init; }
}

/// <summary>One route: its requests since the start by outcome and by step.</summary>
/// <param name="Path">What it matches.</param>
internal sealed record RouteStatus(
    string Name,
    string Path,
    string Cluster,
    Level Level,
    RequestSums Requests,
    IReadOnlyDictionary<string, long> Steps,
    IReadOnlyList<string> Fallback,
    LastGoodStatus? LastGood);
