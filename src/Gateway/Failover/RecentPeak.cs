namespace Gateway.Failover;

/// <summary>
/// The most requests that a tier had in flight in the last half to whole second. A tier whose workers end their requests in step is nearly
/// empty for a moment many times a second: that moment is no room, since the next requests fill it before the next ones end.
/// </summary>
internal sealed class RecentPeak(TimeProvider time)
{
    private static readonly TimeSpan Span = TimeSpan.FromMilliseconds(500);

    private long _began = time.GetTimestamp();
    private int _peak;
    private int _peakBefore;

    /// <summary>Notes what is in flight now. A note lost by a race makes it a little too small, and the next one right again.</summary>
    /// <param name="inFlight">Requests in flight.</param>
    /// <returns>The peak.</returns>
    public int Note(int inFlight)
    {
        var age = time.GetElapsedTime(Volatile.Read(ref _began));
        if (age >= Span)
        {
            Volatile.Write(ref _peakBefore, age < Span * 2 ? Volatile.Read(ref _peak) : 0);
            Volatile.Write(ref _peak, inFlight);
            Volatile.Write(ref _began, time.GetTimestamp());
        }
        else if (inFlight > Volatile.Read(ref _peak))
        {
            Volatile.Write(ref _peak, inFlight);
        }

        return Math.Max(inFlight, Math.Max(Volatile.Read(ref _peak), Volatile.Read(ref _peakBefore)));
    }
}
