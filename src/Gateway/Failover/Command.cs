using System.Text.Json.Serialization;
using Gateway.Failover.Resuming;

namespace Gateway.Failover;

/// <summary>What an operator asks for.</summary>
/// <param name="Cluster">The cluster's name.</param>
[JsonDerivedType(typeof(HoldCommand), "hold")]
[JsonDerivedType(typeof(ReleaseCommand), "release")]
[JsonDerivedType(typeof(DrainCommand), "drain")]
[JsonDerivedType(typeof(ReadyCommand), "ready")]
[JsonDerivedType(typeof(WeightCommand), "weight")]
[JsonDerivedType(typeof(ResumeCommand), "resume")]
internal abstract record Command(string Cluster)
{
    /// <summary>Who asks, as far as it is known: the name that was given, and the address.</summary>
    public string? By { get; init; }

    /// <summary>How long ago it was given, for one that is carried out again after a restart or at another gateway.</summary>
    public TimeSpan Ago { get; init; }
}

/// <summary>Let this tier serve for a while. It yields while the tier cannot serve.</summary>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="Tier">The tier's name.</param>
/// <param name="For">How long; more than 0.</param>
/// <param name="Reason">For the journal.</param>
internal sealed record HoldCommand(string Cluster, string Tier, TimeSpan For, string Reason) : Command(Cluster)
{
    /// <summary>A hold that is in force already stays, and this one is refused.</summary>
    public bool IfFree { get; init; }
}

/// <summary>End a hold; with <c>failback.mode: manual</c> also: go back to the best tier now.</summary>
internal sealed record ReleaseCommand(string Cluster) : Command(Cluster)
{
    /// <summary>Only a hold of this holder is ended; null: any.</summary>
    public string? HeldBy { get; init; }

    /// <summary>The better tier takes over whole, without a ramp: the one that serves is known to hurt users.</summary>
    public bool AtOnce { get; init; }
}

/// <summary>Send nothing new to a destination until <see cref="ReadyCommand"/>.</summary>
internal sealed record DrainCommand(string Cluster, string Destination) : Command(Cluster)
{
    /// <summary>How long the conversations that are there may go on; null: requests under way alone.</summary>
    public TimeSpan? For { get; init; }

    /// <summary>It ends by itself after this; null: only by <see cref="ReadyCommand"/>.</summary>
    public TimeSpan? Lasts { get; init; }

    /// <summary>The operator's words; null: none were given.</summary>
    public string? Reason { get; init; }
}

/// <summary>End a drain; an ejected destination gets its half-open probe now.</summary>
internal sealed record ReadyCommand(string Cluster, string Destination) : Command(Cluster);

/// <summary>Give a destination another weight than the configuration's, or none of its own again.</summary>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="Destination">The destination's name.</param>
/// <param name="Weight">From 1 to 1,000; null: the configuration's again.</param>
internal sealed record WeightCommand(string Cluster, string Destination, int? Weight) : Command(Cluster)
{
    /// <summary>The least weight.</summary>
    public const int Least = 1;

    /// <summary>The greatest weight.</summary>
    public const int Most = 1_000;

    /// <summary>The operator's words; null: none were given.</summary>
    public string? Reason { get; init; }
}

/// <summary>Put in force again what a restart must not forget. The gateway gives it to itself, before its first probes end.</summary>
/// <param name="Saved">What was saved.</param>
internal sealed record ResumeCommand(SavedCluster Saved) : Command(Saved.Cluster);

/// <summary>What became of a command.</summary>
/// <param name="Done">It was carried out.</param>
/// <param name="Message">A sentence for the operator.</param>
internal sealed record CommandResult(bool Done, string Message);
