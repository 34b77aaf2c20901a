using Gateway.Health.Model;

namespace Gateway.Failover.Recording;

/// <summary>
/// What is recorded of a step of the failover loop, on its way to the writer. A value, so that evidence allocates nothing.
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="At">The step's time on the loop's clock.</param>
/// <param name="Payload">What it carries; null: the kind says all.</param>
/// <param name="Number">A number that goes with it.</param>
/// <param name="Evidence">For <see cref="RecordedKind.Evidence"/>.</param>
internal readonly record struct RecordedItem(
    RecordedKind Kind, TimeSpan At, object? Payload = null, long Number = 0, Evidence Evidence = default);

/// <summary>Kinds of what is recorded. What a step rests on comes before it.</summary>
internal enum RecordedKind
{
    /// <summary>All that is held true: a segment of the recording begins with it.</summary>
    Checkpoint,

    /// <summary>The loop turned late.</summary>
    Late,

    /// <summary>A count had changed.</summary>
    Count,

    /// <summary>A route is late after another time now.</summary>
    LateAfter,

    /// <summary>What the comparison of two tiers in a ramp comes to now.</summary>
    Comparison,

    /// <summary>Step: time passed.</summary>
    Tick,

    /// <summary>Step: what messages changed was decided on.</summary>
    Decision,

    /// <summary>Step: an attempt showed something.</summary>
    Evidence,

    /// <summary>Step: a probe ended.</summary>
    Probe,

    /// <summary>Step: an operator's command.</summary>
    Command,

    /// <summary>Step: another configuration.</summary>
    Config,

    /// <summary>Step: a name stands for other endpoints.</summary>
    Name,

    /// <summary>Step: a signal says something.</summary>
    Signal,

    /// <summary>Step: the fleet decided.</summary>
    Guidance,

    /// <summary>A forecast changed what requests see.</summary>
    Dirty,

    /// <summary>The active tier changed in the step that follows.</summary>
    Transition,

    /// <summary>What a forecast was made of.</summary>
    Second,
}
