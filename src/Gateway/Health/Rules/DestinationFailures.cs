using System.Numerics;
using Gateway.Configuration.Model;
using Gateway.Health.Model;

namespace Gateway.Health.Rules;

/// <summary>
/// The failures of one destination: by route, over all routes, in a row across them, and those that it never answered. Says what they show
/// by the rules of <see cref="EjectionRule"/>; what follows from it, <see cref="DestinationMonitor"/> decides. Knows no clock; only the
/// loop touches it.
/// </summary>
internal sealed class DestinationFailures(Destination destination)
{
    private readonly Dictionary<string, RouteFailureTracker> _routes = new(StringComparer.Ordinal);
    private readonly DestinationWindows _all = new();
    private SilentRun _silent;
    private ulong _silentTargets;
    private long _successesAtSilence = -1;
    private long _successesAtFailure = -1;
    private int _run;
    private string? _runRoute;
    private bool _runOnManyRoutes;

    /// <summary>The routes whose requests prefer other destinations.</summary>
    public IEnumerable<RouteFailureTracker> Avoided => _routes.Values.Where(static record => record.Avoidance != RouteAvoidance.None);

    /// <summary>Requests without a response in a row.</summary>
    public int SilentLength => _silent.Length;

    /// <summary>What was counted of a route; null: nothing was.</summary>
    public RouteFailureTracker? Find(string route) => _routes.GetValueOrDefault(route);

    /// <summary>The record of a route; made when it is missing.</summary>
    public RouteFailureTracker Of(string route)
    {
        if (!_routes.TryGetValue(route, out var record))
        {
            _routes[route] = record = new RouteFailureTracker(destination.Tally(route));
        }

        return record;
    }

    /// <summary>What the other routes saw in the window: successes, and failures that are the destination's own.</summary>
    public RouteCount OthersThan(string route, PassiveConfig passive, TimeSpan now)
    {
        var all = _all.CountConfirmed(passive, now);
        return Find(route) is { } record ? all - record.RecentConfirmed(passive, now) : all;
    }

    /// <summary>Brings what requests have counted since the last look into the windows; true: there was something.</summary>
    public bool CountSuccesses(PassiveConfig passive, TimeSpan now)
    {
        var any = false;
        foreach (var tally in destination.Tallies)
        {
            any |= Of(tally.Route).CountSuccesses(_all, passive, now);
        }

        return any;
    }

    /// <summary>Counts a failure of a request.</summary>
    /// <param name="record">Its route's.</param>
    /// <param name="isLone">The request is not tried elsewhere.</param>
    /// <param name="inRow">False: it counts for the share only.</param>
    /// <param name="passive">The rules.</param>
    /// <param name="now">The loop's clock.</param>
    public void Fail(RouteFailureTracker record, bool isLone, bool inRow, PassiveConfig passive, TimeSpan now) =>
        record.Fail(isLone, inRow, _all, passive, now);

    /// <summary>A failure that was counted before is the destination's own.</summary>
    public void Confirm(RouteFailureTracker record, PassiveConfig passive, TimeSpan now) => record.Confirm(_all, passive, now);

    /// <summary>Notes a request without a response; true: it answers nothing that it is asked for.</summary>
    public bool NoteSilence(in Evidence evidence, PassiveConfig passive, TimeSpan now)
    {
        // Only what makes users wait: a failing status comes at once, and ejecting the last destination for it would not help.
        if (evidence.Confirmed || evidence.Kind is not (EvidenceKind.Timeout or EvidenceKind.Reset))
        {
            return false;
        }

        var successes = Successes();
        if (successes != _successesAtSilence)
        {
            _successesAtSilence = successes;
            _silent = new SilentRun(0, 0, now);
            _silentTargets = 0;
        }

        _silentTargets |= 1UL << (evidence.Target & 63);
        _silent = _silent with { Length = _silent.Length + 1, Targets = BitOperations.PopCount(_silentTargets) };
        return EjectionRule.IsSilent(_silent, passive, now);
    }

    /// <summary>
    /// Lengthens the run across routes. What is not known to be the destination's own does not spread the run to another route.
    /// </summary>
    public void CountRun(string route, bool isOwn)
    {
        var successes = Successes();
        var goesOn = successes == _successesAtFailure;
        _run = goesOn ? _run + 1 : 1;
        _runRoute = goesOn ? _runRoute : null;
        _runOnManyRoutes = goesOn
            && (_runOnManyRoutes || (isOwn && _runRoute is not null && !string.Equals(_runRoute, route, StringComparison.Ordinal)));
        _runRoute = isOwn ? route : _runRoute;
        _successesAtFailure = successes;
    }

    /// <summary>True: the destination fails, not one route of it.</summary>
    public bool IsDestinationWide(RouteFailureTracker record, bool othersServed, PassiveConfig passive, TimeSpan now) =>
        EjectionRule.IsDestinationWide(CurrentRun with
        {
            OnManyRoutes = _runOnManyRoutes
            || IsIllOnAnother(record)
        }, OthersThan(record.Route, passive, now), othersServed, passive);

    /// <summary>True: so many failures are no chance.</summary>
    public bool IsBeyondChance(PassiveConfig passive, TimeSpan now)
    {
        var all = _all.Count(passive, now);
        var usual = all - new RouteCount(0, Math.Min(CurrentRun.Length, all.Failures));
        return _all.ConfirmedShareTooHigh(passive, now) || EjectionRule.IsBeyondChance(CurrentRun, usual.FailureShare, passive);
    }

    /// <summary>Most requests of all routes fail, for whatever reason.</summary>
    public bool ShareTooHigh(PassiveConfig passive, TimeSpan now) => _all.ShareTooHigh(passive, now);

    /// <summary>Ends what is over by time.</summary>
    public void Expire(PassiveConfig passive, TimeSpan now)
    {
        foreach (var record in _routes.Values)
        {
            record.Expire(passive, now);
        }
    }

    /// <summary>Requests of all routes come here again.</summary>
    public void StopAvoiding()
    {
        foreach (var record in _routes.Values)
        {
            record.StopAvoiding();
        }
    }

    /// <summary>A replay begins here: what requests had counted before is past.</summary>
    public void BeginHere()
    {
        foreach (var tally in destination.Tallies)
        {
            Of(tally.Route).Clear();
        }
    }

    /// <summary>Starts clean.</summary>
    public void Clear()
    {
        foreach (var record in _routes.Values)
        {
            record.Clear();
        }

        _all.Clear();
        _successesAtFailure = -1;
    }

    private FailureRun CurrentRun => Successes() == _successesAtFailure ? new FailureRun(_run, _runOnManyRoutes) : default;

    private bool IsIllOnAnother(RouteFailureTracker record)
    {
        foreach (var other in _routes.Values)
        {
            if (other != record && other.Avoidance == RouteAvoidance.Ill)
            {
                return true;
            }
        }

        return false;
    }

    private long Successes()
    {
        long successes = 0;
        foreach (var record in _routes.Values)
        {
            successes += record.Total.Successes;
        }

        return successes;
    }
}
