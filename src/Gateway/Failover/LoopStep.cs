using Gateway.Health.Model;

namespace Gateway.Failover;

/// <summary>
/// The failover loop's steps: a message, a tick, a decision. Within a step the counts that requests write have one value, so that a
/// recorded step can be replayed. Only the loop touches it.
/// </summary>
internal sealed class LoopStep
{
    /// <summary>Counts the steps.</summary>
    public long Number { get; private set; }

    /// <summary>
    /// Told of a route's count at a destination that has changed since the loop looked last, and what it is. Null: nothing is recorded.
    /// </summary>
    public Action<Destination, string, long>? Counted { get; set; }

    /// <summary>The next step begins: counts are looked at anew.</summary>
    public void Begin() => Number++;

    /// <summary>The loop judges this destination from now on.</summary>
    public void Judge(Destination destination)
    {
        destination.Step = () => Number;
        destination.Counted = (route, successes) => Counted?.Invoke(destination, route, successes);
    }
}
