using Gateway.Configuration;
using Gateway.Failover;
using Gateway.Health;
using Gateway.Observability;

namespace Gateway.Admin;

/// <summary>
/// What the operators' port shows and may do. Reading delegates answer at once, from what the rooms publish; doing ones keep to the token they get.
/// </summary>
internal sealed record AdminSources
{
    /// <summary>The configuration in force.</summary>
    public required Func<GatewayConfig> Config { get; init; }

    /// <summary>Which configuration is in force, and the last one that was refused.</summary>
    public required Func<ConfigStatus> ConfigStatus { get; init; }

    /// <summary>Reads the file again and puts it in force when it is good; what holds afterwards is returned.</summary>
    public required Func<CancellationToken, Task<ConfigStatus>> Reload { get; init; }

    /// <summary>The clusters at run time, in the order of the file.</summary>
    public required Func<IReadOnlyList<Cluster>> Clusters { get; init; }

    /// <summary>Carries out what an operator asked for.</summary>
    public required Func<Command, CancellationToken, Task<CommandResult>> Command { get; init; }

    /// <summary>Ready after the first round of probes, no longer as soon as the process begins to stop.</summary>
    public required Func<Readiness> Readiness { get; init; }

    /// <summary>The figures.</summary>
    public required Instruments Instruments { get; init; }

    /// <summary>Journal and ledger.</summary>
    public required Records Records { get; init; }

    /// <summary>What is known of a destination beyond its verdict. Default: nothing.</summary>
    public Func<Destination, DestinationDetail?> Detail { get; init; } = static _ => null;

    /// <summary>The store of last-good answers, by route. Default: none.</summary>
    public Func<IReadOnlyList<LastGoodStatus>> LastGood { get; init; } = static () => [];

    /// <summary>Forgets the stored answers of a route, or all (null), and says how many. Default: there is no store.</summary>
    public Func<string?, CancellationToken, Task<long>>? Purge { get; init; }

    /// <summary>Parts of our own that do not work, a sentence each. Default: none.</summary>
    public Func<IReadOnlyList<string>> Alarms { get; init; } = static () => [];
}

/// <summary>Which configuration is in force.</summary>
/// <param name="Revision">Short hash of the file's content.</param>
/// <param name="AppliedAt">Since when.</param>
/// <param name="File">The file's path.</param>
/// <param name="Rejected">The newest file when it was refused; null: the newest is in force.</param>
internal sealed record ConfigStatus(string Revision, DateTimeOffset AppliedAt, string? File, RejectedConfig? Rejected);

/// <summary>A file that was refused.</summary>
/// <param name="At">When.</param>
/// <param name="Problems">Each with file, line and column.</param>
internal sealed record RejectedConfig(DateTimeOffset At, IReadOnlyList<string> Problems);

/// <summary>Whether users' traffic should come here; <paramref name="Why"/> is a sentence when not.</summary>
internal readonly record struct Readiness(bool Ready, string? Why);

/// <summary>What is known of a destination beyond its verdict.</summary>
/// <param name="Since">Since when the verdict holds.</param>
/// <param name="Why">What it rests on.</param>
/// <param name="ProbeAge">Since its last probe ended.</param>
/// <param name="Draining">An operator drains it.</param>
/// <param name="P99">Of recent answers.</param>
internal sealed record DestinationDetail(DateTimeOffset? Since, string? Why, TimeSpan? ProbeAge, bool Draining, TimeSpan? P99);

/// <summary>Stored answers of one route.</summary>
/// <param name="Coverage">Share of recent requests for which an answer is stored, 0 to 1; null: unknown.</param>
internal sealed record LastGoodStatus(string Route, long Entries, long Bytes, double? Coverage);
