namespace Gateway.Observability.History;

/// <summary>When a promise of a cluster was last seen to be kept.</summary>
/// <param name="At">Since when it has been watched.</param>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="Promise">The promise.</param>
internal sealed record Proof(DateTimeOffset At, string Cluster, Promise Promise) : IKept<Proof>
{
    /// <summary>So many are kept: of each cluster three.</summary>
    public const int Most = 3_000;

    /// <inheritdoc/>
    public long Id { get; init; }

    /// <summary>When it was last proven; null: not since it has been watched.</summary>
    public DateTimeOffset? ProvenAt { get; init; }

    /// <summary>By what, in a sentence; empty: it was not.</summary>
    public string Text { get; init; } = "";

    /// <summary>How long ago it was proven; one that never was is as old as its watch.</summary>
    public TimeSpan AgeAt(DateTimeOffset now) => now > (ProvenAt ?? At) ? now - (ProvenAt ?? At) : TimeSpan.Zero;

    /// <inheritdoc/>
    public Proof WithId(long id) => this with { Id = id };

    /// <inheritdoc/>
    public Proof AfterRestart() => this;
}
