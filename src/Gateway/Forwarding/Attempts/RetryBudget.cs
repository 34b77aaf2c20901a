namespace Gateway.Forwarding.Attempts;

/// <summary>
/// Bounds the extra attempts of a cluster to a share of its requests, so that a struggling tier is never
/// buried under its own retries (the retry budget of Finagle and Envoy). What is earned is the share of the requests
/// or three a second, whichever is more; at most ten seconds' worth is kept.
/// Thread-safe and free of locks: it stands on a request's path.
/// </summary>
internal sealed class RetryBudget
{
    /// <summary>Earned whatever the traffic, in attempts a second: a quiet cluster may retry too.</summary>
    private const int FloorPerSecond = 3;

    /// <summary>How much of what was not spent is kept, in seconds of earning.</summary>
    private const int KeptSeconds = 10;

    private readonly TimeProvider _time;
    private readonly double _share;
    private long _requests;
    private Account _account;

    /// <param name="share">Extra attempts as a ratio of requests, from 0. 0 leaves the floor.</param>
    /// <param name="time">The clock.</param>
    public RetryBudget(double share, TimeProvider time)
    {
        _time = time;
        _share = share;
        _account = new Account(FloorPerSecond * KeptSeconds, FloorPerSecond * KeptSeconds, 0, time.GetTimestamp());
    }

    /// <summary>Counts a request, whose share is paid in when it is needed.</summary>
    public void Request() => Interlocked.Increment(ref _requests);

    /// <summary>Takes one extra attempt out. False: the budget is spent, the attempt must not start.</summary>
    /// <remarks>
    /// Payment and withdrawal are one exchange of the whole account: many requests that run out of time at once must not find the mark
    /// moved by one of them and the money not yet there. Extra attempts are few, so that an object for each costs nothing.
    /// </remarks>
    public bool TryWithdraw()
    {
        while (true)
        {
            var before = Volatile.Read(ref _account);
            var paid = PaidIn(before);
            if (paid.Balance < 1)
            {
                return false;
            }

            if (ReferenceEquals(Interlocked.CompareExchange(ref _account, paid with { Balance = paid.Balance - 1 }, before), before))
            {
                return true;
            }
        }
    }

    private Account PaidIn(Account account)
    {
        var now = _time.GetTimestamp();
        if (now <= account.PaidAt)
        {
            return account;
        }

        var requests = Volatile.Read(ref _requests);
        var seconds = (double)(now - account.PaidAt) / _time.TimestampFrequency;
        var earned = Math.Max(Math.Max(requests - account.RequestsPaid, 0) * _share, seconds * FloorPerSecond);
        var cap = seconds >= 1 ? Math.Max(FloorPerSecond * KeptSeconds, earned / seconds * KeptSeconds) : account.Cap;
        return new Account(
            Math.Max(account.Balance, Math.Min(account.Balance + earned, cap)),
            cap,
            Math.Max(requests, account.RequestsPaid),
            now);
    }

    /// <param name="Balance">Extra attempts that may start.</param>
    /// <param name="Cap">The most that is kept.</param>
    /// <param name="RequestsPaid">Requests whose share is in the balance.</param>
    /// <param name="PaidAt">When it was paid in last.</param>
    private sealed record Account(double Balance, double Cap, long RequestsPaid, long PaidAt);
}
