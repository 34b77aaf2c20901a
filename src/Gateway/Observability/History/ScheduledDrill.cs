namespace Gateway.Observability.History;

/// <summary>How a scheduled drill ended.</summary>
internal enum DrillResult
{
    /// <summary>It runs.</summary>
    Running,

    /// <summary>It ran to its end, and no more requests count against the objective than it allows.</summary>
    Passed,

    /// <summary>More do, or what should have taken over could not.</summary>
    Failed,

    /// <summary>It ran to its end, with too few requests to prove anything.</summary>
    Unproven,

    /// <summary>It ended early for a reason that says nothing of the promise: an operator, a reload, a restart.</summary>
    Interrupted,

    /// <summary>Its window passed without a time at which it was allowed to run.</summary>
    Skipped,
}

/// <summary>A run of a scheduled drill, or a window in which there was none.</summary>
/// <param name="At">Its begin.</param>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="Name">The drill's name.</param>
/// <param name="Window">The begin of its window.</param>
internal sealed record ScheduledDrill(DateTimeOffset At, string Cluster, string Name, DateTimeOffset Window) : IKept<ScheduledDrill>
{
    /// <summary>So many of the last ones are kept.</summary>
    public const int Most = 1_000;

    /// <inheritdoc/>
    public long Id { get; init; }

    /// <summary>The tier that was left, or the destination that was drained; empty: it did not run.</summary>
    public string Lost { get; init; } = "";

    /// <summary>How it ended.</summary>
    public DrillResult Result { get; init; }

    /// <summary>The same in a sentence.</summary>
    public string Text { get; init; } = "";

    /// <summary>Its end; null: it runs.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Requests that the cluster got during it, at this gateway.</summary>
    public long Requests { get; init; }

    /// <summary>Of these, how many count against the objective.</summary>
    public long Bad { get; init; }

    /// <inheritdoc/>
    public ScheduledDrill WithId(long id) => this with { Id = id };

    /// <inheritdoc/>
    public ScheduledDrill AfterRestart() => Result != DrillResult.Running ? this : this with
    {
        Result = DrillResult.Interrupted,
        Text = "The gateway ended during it; what it had taken away came back by itself.",
    };
}
