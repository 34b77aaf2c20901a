using Gateway.Health;
using Gateway.Observability;

namespace Gateway.Forwarding;

/// <content>Where the next attempt goes, whether it may start, and how those under way are ended.</content>
internal sealed partial class RequestExecution
{
    /// <summary>The budget lets another attempt start.</summary>
    private bool MayStartAnother()
    {
        // A stream that goes on takes the place of one that is gone: nothing grows, and all that one dead destination carried must find another at once.
        // Nor does it grow when everything that this request waits for has been ejected: those attempts are as good as over.
        if (Reopens || WaitsInVain() || _plan.Traffic.Budget.TryWithdraw())
        {
            return true;
        }

        Skip(SkipReason.Budget);
        return false;
    }

    /// <summary>Counts a further attempt that was not made, once a request however often it asks.</summary>
    private void Skip(SkipReason reason)
    {
        if (!_skipped)
        {
            _skipped = true;
            _plan.Traffic.Meter.Skipped(reason);
        }
    }

    /// <summary>True: attempts are under way, and each of them is at a destination that is down or ejected.</summary>
    private bool WaitsInVain()
    {
        var any = false;
        for (var i = 0; i < _started; i++)
        {
            if (_attempts[i] is not { IsDone: false } attempt)
            {
                continue;
            }

            if (attempt.UpstreamEndpoint.Destination.HealthStatus is not (Health.HealthStatus.Down or Health.HealthStatus.Ejected))
            {
                return false;
            }

            any = true;
        }

        return any;
    }

    private bool TryStart(AttemptPurpose purpose, long now)
    {
        if (purpose != AttemptPurpose.First)
        {
            _choice.LookAgain();
        }

        var onTrial = purpose == AttemptPurpose.First ? HalfOpen : null;
        var (destination, tier) = onTrial is { } seat ? (seat.Destination, seat.Tier) : _choice.Next(purpose, isLast: _started == _attempts.Length - 1);
        if (destination is null)
        {
            Skip(SkipReason.NoDestination);
            return false;
        }

        // Only an attempt that has somewhere to go is paid for.
        if (purpose != AttemptPurpose.First && !MayStartAnother())
        {
            return false;
        }

        var peer = _plan.EndpointOf(destination);
        var attempt = new Attempt(_plan, peer, tier!, AttemptRequest.To(_plan, peer, _context, _target, _body, LastEventId), onTrial is null ? purpose : AttemptPurpose.FirstAsHalfOpenProbe, raw: Reopens) { IsOnly = !_mayRepeat || _attempts.Length == 1, IsWrite = _isWrite, Target = _target, Record = Record };
        Record?.Add(attempt);
        _choice.Avoid(destination);
        if (onTrial is null)
        {
            _choice.Note(destination);
        }

        _attempts[_started++] = attempt;
        _hedges += purpose == AttemptPurpose.Hedge ? 1 : 0;
        _lastStart = now;
        attempt.Start(now, _signal);
        return true;
    }

    private TimeSpan HedgeDelay() => _plan.ClusterConfig.Attempts.Hedge == Configuration.Model.HedgeMode.Fixed
        ? _plan.ClusterConfig.Attempts.HedgeAfter
        : _plan.Timing.HedgeDelay ?? UnknownHedgeDelay;

    private void CancelLate(long now)
    {
        for (var i = 0; i < _started; i++)
        {
            if (_attempts[i] is { IsDone: false } attempt && attempt.Deadline <= now && !attempt.TryWaitOn())
            {
                attempt.TimeOut();
            }
        }
    }

    private void Abandon()
    {
        for (var i = 0; i < _started; i++)
        {
            if (_attempts[i] is { } attempt)
            {
                attempt.Abandon();
                _attempts[i] = null;
            }
        }
    }
}
