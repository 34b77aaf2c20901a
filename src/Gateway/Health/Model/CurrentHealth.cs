namespace Gateway.Health.Model;

/// <summary>
/// A destination's health now, and the one place where it changes: requests see the new status at once, and the half-open probe is offered
/// or withdrawn with it.
/// </summary>
internal sealed class CurrentHealth(Destination destination, TimeSpan now)
{
    /// <summary>A hedge saved its user if the destination that it overtook is ejected within one to two of these.</summary>
    private static readonly TimeSpan OvertakenFor = TimeSpan.FromSeconds(3);

    private TimeSpan _nextOvertaken;

    /// <summary>What the rules remember.</summary>
    public HealthState State { get; private set; }

    /// <summary>Since when the health status holds.</summary>
    public TimeSpan Since { get; private set; } = now;

    /// <summary>What the health status rests on, for people.</summary>
    public string Why { get; private set; } = "not probed yet";

    /// <summary>What failed when it was lost, in a few words; empty while nothing did.</summary>
    public string Cause { get; private set; } = "";

    /// <summary>The rules gave a new state; true: the health status is another.</summary>
    public bool Become(in HealthState after, string why, string cause, TimeSpan at)
    {
        var before = State.HealthStatus;
        State = after;
        var status = after.HealthStatus;
        if (status == before)
        {
            return false;
        }

        Why = why;
        Cause = cause;
        Since = at;
        destination.HealthStatus = status;
        if (status is HealthStatus.Down or HealthStatus.Ejected)
        {
            foreach (var tally in destination.Tallies)
            {
                tally.CreditOvertaken();
            }
        }

        if (status == HealthStatus.HalfOpen)
        {
            destination.OfferHalfOpenProbe();
        }
        else
        {
            destination.WithdrawHalfOpenProbe();
        }

        return true;
    }

    /// <summary>A replay begins here: so it was then.</summary>
    public void Restore(in HealthState state, string why, string cause, TimeSpan since)
    {
        (State, Why, Cause, Since) = (state, why, cause, since);
        destination.HealthStatus = state.HealthStatus;
    }

    /// <summary>Time passed: hedges that overtook this destination long ago saved no one from its failure.</summary>
    public void AgeOvertaken(TimeSpan at)
    {
        if (at < _nextOvertaken)
        {
            return;
        }

        _nextOvertaken = at + OvertakenFor;
        foreach (var tally in destination.Tallies)
        {
            tally.AgeOvertaken();
        }
    }
}
