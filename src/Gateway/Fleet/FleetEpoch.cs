namespace Gateway.Fleet;

/// <summary>
/// The number that orders what gateways agree on and what operators command: the higher one counts, whatever any clock says. Only the
/// fleet's loop touches it.
/// </summary>
internal sealed class FleetEpoch
{
    /// <summary>The highest that was seen.</summary>
    public long Highest { get; private set; }

    /// <summary>Another gateway, or Redis, has this one.</summary>
    public void See(long epoch) => Highest = Math.Max(Highest, epoch);

    /// <summary>The next one, for something new.</summary>
    public long Next() => ++Highest;
}
