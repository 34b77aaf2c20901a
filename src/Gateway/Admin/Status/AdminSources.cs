using Gateway.Configuration.History;
using Gateway.Configuration.Reload;
using Gateway.Failover;
using Gateway.Fleet;
using Gateway.Forwarding.Mirroring;
using Gateway.Health.Forecast;
using Gateway.Health.Signals;
using Gateway.Health.Signals.Lines;
using Gateway.LastGood;
using Gateway.LastGood.Policy;
using Gateway.Notifications.Drills;
using Gateway.Observability;
using Gateway.Observability.History;
using Gateway.Observability.Metrics;

namespace Gateway.Admin.Status;

/// <summary>
/// What the admin endpoint shows and may do. Reading delegates answer at once, from what the rooms publish; doing ones keep to the token
/// they get.
/// </summary>
internal sealed record AdminSources
{
    /// <summary>The configuration in force, and what became of the file since.</summary>
    public required Func<ConfigState> Config { get; init; }

    /// <summary>Judges the file again, or an earlier revision, and puts it in force when it is good.</summary>
    public required Func<ReloadRequest, CancellationToken, Task<ReloadOutcome>> Reload { get; init; }

    /// <summary>The configurations that were in force; null: they are not kept. Default: null.</summary>
    public ConfigHistory? Revisions { get; init; }

    /// <summary>The files of a revision hold secrets, or it cannot be told. Default: none does.</summary>
    public Func<ConfigRevision, bool> HoldsSecrets { get; init; } = static _ => false;

    /// <summary>The canary, in a sentence; null: there is none. Default: null.</summary>
    public Func<string?> Canary { get; init; } = static () => null;

    /// <summary>The clusters, in the order of the file.</summary>
    public required Func<IReadOnlyList<ClusterView>> Clusters { get; init; }

    /// <summary>Carries out what an operator asked for.</summary>
    public required Func<Command, CancellationToken, Task<CommandResult>> Command { get; init; }

    /// <summary>Ready after the first round of probes, no longer as soon as the process begins to stop.</summary>
    public required Func<Readiness> Readiness { get; init; }

    /// <summary>The figures.</summary>
    public required Instruments Instruments { get; init; }

    /// <summary>Journal and ledger.</summary>
    public required Records Records { get; init; }

    /// <summary>What the forecasts of the last two hours were made of. Default: nothing.</summary>
    public Func<IEnumerable<RecordedSecond>> Recorded { get; init; } = static () => [];

    /// <summary>The store of last-good responses, by route. Default: none.</summary>
    public Func<IReadOnlyList<LastGoodStatus>> LastGood { get; init; } = static () => [];

    /// <summary>The first stored responses by key, of those whose key or path begins with a text; at most so many. Default: none.</summary>
    public Func<string, int, IReadOnlyList<LastGoodEntry>> LastGoodEntries { get; init; } = static (_, _) => [];

    /// <summary>Forgets stored responses and says how many. Default: there is no store.</summary>
    public Func<PurgeRule, long>? Purge { get; init; }

    /// <summary>The other gateways, as heard through Redis; null: none is configured. Default: null.</summary>
    public Func<FleetView?> Fleet { get; init; } = static () => null;

    /// <summary>Takes alerts from outside, and says how many concern a destination. Default: none do.</summary>
    public Func<IReadOnlyList<Alert>, int> Alerts { get; init; } = static _ => 0;

    /// <summary>Takes lines of logs from outside. Default: no signal wants any.</summary>
    public LineBoard Lines { get; init; } = new();

    /// <summary>How other tiers' responses compare with the first tier's, by mirrored reads. Default: none are mirrored.</summary>
    public Func<IReadOnlyList<MirrorStatus>> Mirrors { get; init; } = static () => [];

    /// <summary>What has kept a scheduled drill from beginning in the window that begins then; null: nothing has. Default: null.</summary>
    public Func<string, DateTimeOffset, DrillRefusal?> WhyNoDrill { get; init; } = static (_, _) => null;

    /// <summary>Parts of our own that do not work. Default: none.</summary>
    public Func<IReadOnlyList<ComponentAlert>> Alarms { get; init; } = static () => [];
}

/// <summary>Whether users' traffic should come here; <paramref name="Why"/> is a sentence when not.</summary>
internal readonly record struct Readiness(bool Ready, string? Why);

/// <summary>Stored responses of one route; <paramref name="Bytes"/> as they are counted against the memory's cap.</summary>
/// <param name="Coverage">Share of the last hour's requests that a total outage could have answered, 0 to 1; null: there was none.</param>
/// <param name="SplitBy">The request header that keeps the coverage low, since nearly every request has another value of it; null: there is
/// none.</param>
internal sealed record LastGoodStatus(string Route, long Entries, long Bytes, double? Coverage, string? SplitBy = null);
