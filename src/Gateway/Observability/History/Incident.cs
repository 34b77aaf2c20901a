using System.Collections.Immutable;
using System.Globalization;

namespace Gateway.Observability.History;

/// <summary>
/// A disturbance of a cluster in which another tier took over, none could, or users got errors: what a report of it needs.
/// </summary>
/// <param name="At">Its begin: ten seconds before it was noticed.</param>
/// <param name="Cluster">The cluster's name.</param>
internal sealed record Incident(DateTimeOffset At, string Cluster) : IKept<Incident>
{
    /// <summary>So many of the last ones are kept.</summary>
    public const int Most = 200;

    /// <summary>Of losses and of the journal so many are kept of each.</summary>
    public const int MostEntries = 200;

    /// <inheritdoc/>
    public long Id { get; init; }

    /// <summary>What it is called, like <c>20261126-212036-ai-guide</c>.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{At.UtcDateTime:yyyyMMdd-HHmmss}-{Cluster}");

    /// <summary>Its end; null: it goes on.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The gateway ended before the incident did: what came after that is not known.</summary>
    public bool IsCutOff { get; init; }

    /// <summary>Whom it hurt, in a sentence.</summary>
    public string Users { get; init; } = "";

    /// <summary>What the users of each route got.</summary>
    public ImmutableArray<RouteImpact> Routes { get; init; } = [];

    /// <summary>What saved requests meanwhile.</summary>
    public SavedSums Saved { get; init; }

    /// <summary>The tiers, in order.</summary>
    public ImmutableArray<IncidentTier> Tiers { get; init; } = [];

    /// <summary>When destinations were lost and came back, in order; the first <see cref="MostEntries"/> times.</summary>
    public ImmutableArray<IncidentLoss> Losses { get; init; } = [];

    /// <summary>The journal meanwhile, oldest first; the first <see cref="MostEntries"/> of it.</summary>
    public ImmutableArray<JournalEntry> Timeline { get; init; } = [];

    /// <summary>It has all of its parts.</summary>
    public bool IsWhole => Users is not null && !Routes.IsDefault && !Tiers.IsDefault && !Losses.IsDefault && !Timeline.IsDefault;

    /// <inheritdoc/>
    public Incident WithId(long id) => this with { Id = id };

    /// <inheritdoc/>
    public Incident AfterRestart() => Until is null ? this with { IsCutOff = true } : this;
}

/// <summary>A tier of the cluster, as it was then.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Destinations">Names of its destinations.</param>
internal sealed record IncidentTier(string Name, ImmutableArray<string> Destinations);

/// <summary>A destination was lost, was lost for another reason, or came back.</summary>
/// <param name="At">When.</param>
/// <param name="Tier">Its tier's name.</param>
/// <param name="Destination">Its name.</param>
/// <param name="Cause">What failed, in a few words; null: it came back.</param>
internal sealed record IncidentLoss(DateTimeOffset At, string Tier, string Destination, string? Cause);
