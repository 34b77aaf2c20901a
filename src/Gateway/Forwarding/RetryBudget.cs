namespace Gateway.Forwarding;

/// <summary>
/// Bounds the extra attempts of a cluster to a share of its requests, so that a struggling tier is never
/// buried under its own retries (the retry budget of Finagle and Envoy). What is earned is the share of the requests
/// or three a second, whichever is more; at most ten seconds' worth is kept.
/// Thread-safe and free of locks: it stands on the request's way.
/// </summary>
internal sealed class RetryBudget
{
    /// <summary>Earned whatever the traffic, in attempts a second: a quiet cluster may retry too.</summary>
    private const int FloorPerSecond = 3;

    /// <summary>How much of what was not spent is kept, in seconds of earning.</summary>
    private const int KeptSeconds = 10;

    /// <summary>One attempt in the unit of the account.</summary>
    private const long One = 1_000_000;

    private readonly TimeProvider _time;
    private readonly double _share;
    private long _requests;
    private long _requestsPaid;
    private long _paidAt;
    private long _balance = FloorPerSecond * KeptSeconds * One;
    private long _cap = FloorPerSecond * KeptSeconds * One;

    /// <param name="share">Extra attempts as a ratio of requests, from 0. 0 leaves the floor.</param>
    /// <param name="time">The clock.</param>
    public RetryBudget(double share, TimeProvider time)
    {
        _time = time;
        _share = share;
        _paidAt = time.GetTimestamp();
    }

    /// <summary>Counts a request, whose share is paid in when it is needed.</summary>
    public void Request() => Interlocked.Increment(ref _requests);

    /// <summary>Takes one extra attempt out. False: the budget is spent, the attempt must not start.</summary>
    public bool TryWithdraw()
    {
        PayIn();
        if (Interlocked.Add(ref _balance, -One) >= 0)
        {
            return true;
        }

        Interlocked.Add(ref _balance, One);
        return false;
    }

    private void PayIn()
    {
        var now = _time.GetTimestamp();
        var since = Interlocked.Read(ref _paidAt);
        // Whoever moves the mark pays in for the span that it moved over; everybody else finds nothing to pay.
        if (now <= since || Interlocked.CompareExchange(ref _paidAt, now, since) != since)
        {
            return;
        }

        // Somebody with a later span may be here at the same time: a request is paid for by one of the two.
        var paid = Interlocked.Read(ref _requestsPaid);
        var requests = Interlocked.Read(ref _requests);
        var served = requests > paid && Interlocked.CompareExchange(ref _requestsPaid, requests, paid) == paid ? requests - paid : 0;
        var seconds = (double)(now - since) / _time.TimestampFrequency;
        var earned = Math.Max(served * _share, seconds * FloorPerSecond) * One;
        if (seconds >= 1)
        {
            Interlocked.Exchange(ref _cap, (long)Math.Max(FloorPerSecond * KeptSeconds * One, earned / seconds * KeptSeconds));
        }

        var room = Interlocked.Read(ref _cap) - Interlocked.Read(ref _balance);
        if (room > 0)
        {
            Interlocked.Add(ref _balance, (long)Math.Min(earned, room));
        }
    }
}
