using Gateway.Health.Rules;

namespace Gateway.Health.Model;

/// <summary>
/// The failover loop's steps: a message, a tick, a decision. Within a step the counts that requests write have one value, so that a
/// recorded step can be replayed. Only the loop touches it.
/// </summary>
internal sealed class LoopStep
{
    /// <summary>Counts the steps.</summary>
    public long Number { get; private set; }

    /// <summary>Told of a count that has changed since the loop looked last, and what it is. Null: nothing is recorded.</summary>
    public Action<RouteSuccessCounter, long>? Counted { get; set; }

    /// <summary>The next step begins: counts are looked at anew.</summary>
    public void Begin() => Number++;
}
