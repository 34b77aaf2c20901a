using System.Collections.Immutable;

namespace Gateway.Configuration.Model;

/// <summary>What the gateway does by itself about a destination: when, which steps, and within which limits.</summary>
internal sealed record RunbookConfig
{
    /// <summary>Unique; journal, metrics and commands show it.</summary>
    public string Name { get; init; } = "";

    /// <summary>What must hold of a destination, and for how long.</summary>
    public RunbookTrigger When { get; init; } = new(RunbookTriggerKind.DestinationDown);

    /// <summary>In order; at least one.</summary>
    public ImmutableArray<RunbookStep> Do { get; init; } = [];

    /// <summary>How often it may act.</summary>
    public RunbookLimits Limits { get; init; } = new();

    /// <summary>Whether it acts. Default: it only observes.</summary>
    public RunbookMode Mode { get; init; } = RunbookMode.Observe;

    /// <summary>The clusters it is for. Default: all of them.</summary>
    public ImmutableArray<string> Clusters { get; init; } = [];

    /// <summary>Days (UTC) on which it does nothing. Default: none.</summary>
    public ImmutableArray<FreezeDays> Freeze { get; init; } = [];

    /// <summary>How long a run may take: the deadlines of its steps together, and of the probe that proves it.</summary>
    public TimeSpan Longest => Do.Aggregate(ProofWithin, static (sum, step) => sum + step.Timeout);

    /// <summary>How long a destination has to prove itself after the last step.</summary>
    public static readonly TimeSpan ProofWithin = TimeSpan.FromSeconds(60);

    /// <summary>True: the other one says the same; records compare lists by reference.</summary>
    public bool SaysTheSameAs(RunbookConfig other) => string.Equals(Identity, other.Identity, StringComparison.Ordinal);

    /// <summary>True: it is for this cluster.</summary>
    public bool IsFor(string cluster) => Clusters.IsEmpty || Clusters.Contains(cluster, StringComparer.Ordinal);

    /// <summary>True: it does nothing on this day.</summary>
    public bool IsFrozenOn(DateOnly day)
    {
        foreach (var days in Freeze)
        {
            if (days.Includes(day))
            {
                return true;
            }
        }

        return false;
    }

    private string Identity => string.Join(
        '\n',
        [Name, $"{When}", $"{Limits} {Mode}", string.Join('\0', Clusters), string.Join('\0', Freeze), .. Do.Select(IdentityOf)]);

    private static string IdentityOf(RunbookStep step) => step switch
    {
        ExecStep exec => $"exec {exec.Timeout} {string.Join('\0', exec.Command)}",
        HttpStep http => $"http {http.Timeout} {http.Method} {http.Url} {string.Join('\0', http.Headers)}",
        _ => $"{step}",
    };
}

/// <summary>How often a runbook may act.</summary>
internal sealed record RunbookLimits
{
    /// <summary>Runs within an hour, of each cluster and of all gateways together. Default: 3. Limits: 1 to 60.</summary>
    public int PerHour { get; init; } = 3;
}

/// <summary>Whether a runbook acts.</summary>
internal enum RunbookMode
{
    /// <summary>It keeps account of what it would have done, and whether that would have been right.</summary>
    Observe,

    /// <summary>It acts.</summary>
    Act,
}
