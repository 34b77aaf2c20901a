using System.Collections.Immutable;

namespace Gateway.Failover.Resuming;

/// <summary>
/// What a gateway that starts again needs of what it held true of a cluster, so that a restart is no failback. All times count back from
/// when it was saved.
/// </summary>
/// <param name="Cluster">The key under <c>clusters</c>.</param>
/// <param name="Active">The tier that served; null: none could.</param>
/// <param name="ActiveFor">How long it had served.</param>
/// <param name="Relapses">Relapses in a row.</param>
/// <param name="ReturnedFor">How long ago the tier took over by failback; null: it did not, or has proved itself since.</param>
/// <param name="RampFrom">The tier that carried the rest; null: there was no ramp.</param>
/// <param name="RampShare">What the share had reached.</param>
/// <param name="Tiers">The tiers that could serve, and for how long.</param>
/// <param name="Ejected">The destinations that requests had ejected.</param>
/// <param name="Last">The last change; null: there was none.</param>
internal sealed record SavedCluster(
    string Cluster,
    string? Active,
    TimeSpan ActiveFor,
    int Relapses,
    TimeSpan? ReturnedFor,
    string? RampFrom,
    double RampShare,
    ImmutableArray<SavedTier> Tiers,
    ImmutableArray<SavedEjection> Ejected,
    Transition? Last)
{
    /// <summary>More destinations than these are not remembered.</summary>
    public const int MostEjected = 32;

    // Longer than any gateway runs: what is beyond was not written by one, and would overflow a clock.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(36_500);

    /// <summary>Everything that must be there is, and in bounds.</summary>
    public bool IsSound =>
        Cluster is not null
        && !Tiers.IsDefault
        && !Ejected.IsDefault
        && IsAge(ActiveFor)
        && Relapses is >= 0 and <= 1_000_000
        && (ReturnedFor is not { } returned || IsAge(returned))
        && RampShare is >= 0 and <= 1
        && Tiers.All(static tier => tier is { Name: not null } && IsAge(tier.HealthyFor))
        && Ejected.All(static one => one is { IsSound: true })
        && Last is null or { Cluster: not null, Evidence: not null, Cause: not null };

    /// <summary>A time that may have passed while a gateway ran.</summary>
    internal static bool IsAge(TimeSpan time) => time >= TimeSpan.Zero && time <= Longest;
}

/// <summary>A tier that could serve.</summary>
/// <param name="Name">Its name.</param>
/// <param name="HealthyFor">For how long.</param>
internal sealed record SavedTier(string Name, TimeSpan HealthyFor);

/// <summary>A destination that requests had ejected.</summary>
/// <param name="Tier">Its tier.</param>
/// <param name="Name">Its name.</param>
/// <param name="Url">Its address: another one under its name is another destination.</param>
/// <param name="Ejections">Ejections in a row.</param>
/// <param name="For">How long ago the last began.</param>
/// <param name="Left">How much of it was left; 0: it was half-open.</param>
/// <param name="Why">What it rested on, for people.</param>
/// <param name="Cause">What failed, in a few words.</param>
/// <param name="Route">The route whose requests ejected it; null: all of them.</param>
internal sealed record SavedEjection(
    string Tier, string Name, string Url, int Ejections, TimeSpan For, TimeSpan Left, string Why, string Cause, string? Route)
{
    /// <summary>Everything that must be there is, and in bounds.</summary>
    public bool IsSound =>
        Tier is not null && Name is not null && Url is not null && Why is not null && Cause is not null
        && Ejections is > 0 and <= 1_000_000 && SavedCluster.IsAge(For) && Left >= TimeSpan.Zero && Left <= TimeSpan.FromDays(1);
}
