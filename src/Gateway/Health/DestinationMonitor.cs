using System.Globalization;
using Gateway.Configuration.Model;

namespace Gateway.Health;

/// <summary>
/// All that the loop remembers of one destination, and the order in which the rules are applied to a piece of evidence.
/// Knows no clock and does no I/O; only the loop touches it. The methods say whether anything that requests can see has changed.
/// </summary>
internal sealed class DestinationMonitor(Destination destination, ClusterConfig config, int weight, TimeSpan now)
{
    /// <summary>The longest <c>Retry-After</c> that is granted.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);

    private readonly CurrentHealth _health = new(destination, now);
    private readonly DestinationFailures _failures = new(destination);
    private readonly HalfOpenWatch _halfOpen = new(destination);
    private readonly Suspicion _suspicion = new();
    private int _probesInRow;
    private bool _lastProbePassed;
    private string _lastFailure = "";

    /// <summary>The destination that it judges.</summary>
    public Destination Destination => destination;

    /// <summary>What it gets beside its neighbours.</summary>
    public DestinationShare Share { get; init; } = new(weight);

    /// <summary>The cluster's rules.</summary>
    public ClusterConfig Config { get; private set; } = config;

    /// <summary>What the rules remember.</summary>
    public HealthState State => _health.State;

    /// <summary>Since when the health status holds.</summary>
    public TimeSpan Since => _health.Since;

    /// <summary>What the health status rests on, for people.</summary>
    public string Why => _health.Why;

    /// <summary>What failed when it was lost, in a few words; empty while nothing did.</summary>
    public string Cause => _health.Cause;

    /// <summary>An operator drains it.</summary>
    public bool Draining => Drain is not null;

    /// <summary>The operator who drains it, since when and why; null: it is not drained.</summary>
    public DrainOrder? Drain { get; set; }

    /// <summary>It looks ill, though it is not ejected: others are preferred.</summary>
    public bool Suspect => _suspicion.Suspect;

    /// <summary>The suspicion from silence.</summary>
    public double Phi => _suspicion.Phi;

    /// <summary>The last probe's result; null before the first.</summary>
    public ProbeResult? LastProbe { get; private set; }

    /// <summary>When the last probe ended.</summary>
    public TimeSpan LastProbeEnded { get; private set; } = now;

    /// <summary>It may take new requests, as far as its health goes.</summary>
    public bool Serving => !Draining && State.HealthStatus is (HealthStatus.Up or HealthStatus.Unknown);

    /// <summary>
    /// When time alone may change its health or its share; zero: an ejection, a half-open probe, a suspicion or a slow start is under way.
    /// </summary>
    public TimeSpan ChangesFrom =>
        State.Traffic != TrafficOpinion.Good || State.Streak > 0 || Suspect || Share.SlowStart.IsRunning ? TimeSpan.Zero : _suspicion.SuspectFrom;

    /// <summary>Requests came since the last tick, or are under way.</summary>
    public bool HasTraffic { get; private set; }

    /// <summary>A reload changed the rules or the weight; what is known of it stays.</summary>
    public void Configure(ClusterConfig newConfig, int newWeight)
    {
        Config = newConfig;
        Share.Configured = newWeight;
    }

    /// <summary>A probe ended.</summary>
    public bool OnProbe(ProbeResult result, in HealthContext around, TimeSpan now)
    {
        LastProbe = result;
        LastProbeEnded = now;
        if (!result.Passed && around.Doubtful && result.Outcome == ProbeOutcome.TimedOut)
        {
            return false;
        }

        _probesInRow = _lastProbePassed == result.Passed ? _probesInRow + 1 : 1;
        _lastProbePassed = result.Passed;
        if (result.Passed)
        {
            _suspicion.Beat(now);
        }

        var before = State;
        var after = DestinationHealth.OnProbe(before, result.Passed, Config.Probe, around.Exhausted);
        if (before.Probes == ProbeOpinion.Down && after.Probes == ProbeOpinion.Up)
        {
            // It was restarted: what one route held against it is past.
            Destination.EjectedByRoute = null;
            Forget();
        }
        else if (after.Probes == ProbeOpinion.Down && before.Probes != ProbeOpinion.Down)
        {
            _suspicion.ForgetSilence();
        }

        return _health.Become(after, EvidenceText.OfProbes(result, _probesInRow), result.Passed ? "" : result.Words + EvidenceText.OnProbes, now) | _suspicion.Update(now);
    }

    /// <summary>The routes whose requests prefer other destinations, for people.</summary>
    public IEnumerable<RouteFailureTracker> AvoidedRoutes => _failures.Avoided;

    /// <summary>What was counted of a route here; null: nothing was.</summary>
    public RouteFailureTracker? Find(string route) => _failures.Find(route);

    /// <summary>What the other routes saw here in the window: successes, and failures that are its own.</summary>
    public RouteCount OthersThan(string route, TimeSpan now) => _failures.OthersThan(route, Config.Passive, now);

    /// <summary>Brings what requests have counted since the last look into the windows; true: there was something.</summary>
    public bool CountSuccesses(TimeSpan now) => _failures.CountSuccesses(Config.Passive, now);

    /// <summary>Traffic showed something.</summary>
    public bool OnEvidence(in Evidence evidence, in HealthContext around, TimeSpan now)
    {
        if (evidence.HalfOpen)
        {
            return HalfOpen(evidence, around, now);
        }

        // Down, ejected or half-open: what attempts that began before still bring adds nothing.
        if (evidence.Kind == EvidenceKind.Success || State.Traffic != TrafficOpinion.Good || State.Probes == ProbeOpinion.Down)
        {
            return false;
        }

        if (around.Doubtful && EvidenceRule.RestsOnTime(evidence))
        {
            return false;
        }

        CountSuccesses(now);

        // 1. It asked for a pause, and others serve what it does not.
        var record = _failures.Of(evidence.Route);
        if (evidence.RetryAfter > TimeSpan.Zero && (evidence.Confirmed || evidence.Kind == EvidenceKind.Busy))
        {
            record.Avoid(RouteAvoidance.Deferred, now + (evidence.RetryAfter < LongestPause ? evidence.RetryAfter : LongestPause), Config.Passive, now);
        }

        if (EvidenceRule.IsSound(evidence, Config.Attempts))
        {
            return false;
        }

        // 2. A little late is no failure; and when everyone is late, the slow response is the best there is.
        var changed = false;
        if (evidence.Kind == EvidenceKind.Late)
        {
            record.Late();
            changed = _suspicion.OnLate(record.LateRun, now);
            if (EvidenceRule.IsOnlySlow(evidence, around.LateAfter))
            {
                return changed;
            }
        }

        return Count(record, evidence, around, now) | changed;
    }

    private bool Count(RouteFailureTracker record, in Evidence evidence, in HealthContext around, TimeSpan now)
    {
        // 3. Counted. What did not reach it, and what came in another's time but not in its own, cannot be the request's fault.
        var isConclusive = evidence.Kind is EvidenceKind.Connect or EvidenceKind.Late;
        if (isConclusive || !evidence.Confirmed)
        {
            _failures.Fail(record, evidence.Lone, EvidenceRule.CountsInRow(evidence, Config.Attempts), Config.Passive, now);
        }

        var isOwn = isConclusive || evidence.Confirmed;
        if (isOwn)
        {
            _failures.Confirm(record, Config.Passive, now);
        }

        if (_failures.NoteSilence(evidence, Config.Passive, now))
        {
            Destination.EjectedByRoute = null;
            var cause = EvidenceText.Of(evidence);
            return _health.Become(DestinationHealth.Eject(State, Config.Passive, around.Exhausted, now), string.Create(CultureInfo.InvariantCulture, $"none of the last {_failures.SilentLength} requests got a response, the last one: {cause}"), cause + EvidenceText.OnRequests, now);
        }

        if (!isOwn && !evidence.Lone)
        {
            // Another attempt shows whose fault it is.
            return false;
        }

        _failures.CountRun(record.Route, isOwn);
        if (!around.HasSpare && EvidenceRule.IsForgiven(evidence, _failures.ShareTooHigh(Config.Passive, now)))
        {
            return false;
        }

        // 4. Judged.
        _lastFailure = EvidenceText.Of(evidence);
        return Judge(record, evidence.Kind == EvidenceKind.Connect, around, now);
    }

    /// <summary>Neighbours serve the route that fails here, or time has passed: judged anew.</summary>
    public bool Reconsider(RouteFailureTracker record, in HealthContext around, TimeSpan now) =>
        State.Traffic == TrafficOpinion.Good && State.Probes != ProbeOpinion.Down && Judge(record, notReached: false, around, now);

    // From what the failures of one route show to what is done about it: nothing, the route goes elsewhere, or the destination is ejected.
    private bool Judge(RouteFailureTracker record, bool notReached, in HealthContext around, TimeSpan now)
    {
        var passive = Config.Passive;
        var byRun = record.ConfirmedRun >= passive.ConsecutiveFailures;
        var isConfirmed = byRun || record.ConfirmedShareTooHigh(passive, now) || record.NeighboursServe;
        if (!isConfirmed)
        {
            if (record.Run >= passive.ConsecutiveFailures || record.LoneShareTooHigh(passive, now))
            {
                record.Avoid(RouteAvoidance.Suspected, now + passive.EjectFor, passive, now);
            }

            return false;
        }

        if (!notReached && (around.IsLast || !_failures.IsDestinationWide(record, around.OthersServed, passive, now) || !(around.HasRoom || _failures.IsBeyondChance(passive, now))))
        {
            record.AvoidAsIll(passive, now);
            return false;
        }

        Destination.EjectedByRoute = notReached ? null : record.Route;
        var why = byRun || record.Run >= passive.ConsecutiveFailures
            ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(record.Run, record.ConfirmedRun)} failures in a row on route '{record.Route}', the last one: {_lastFailure}")
            : $"too large a share of failures on route '{record.Route}', the last one: {_lastFailure}";
        return _health.Become(DestinationHealth.Eject(State, passive, around.Exhausted, now), why, _lastFailure + EvidenceText.OnRequests, now);
    }

    /// <summary>Time passed.</summary>
    public bool OnTick(bool exhausted, TimeSpan now)
    {
        HasTraffic = CountSuccesses(now) || destination.InFlight > 0;
        _failures.Expire(Config.Passive, now);
        _health.AgeOvertaken(now);
        var changed = _health.Become(DestinationHealth.OnTick(State, Config.Passive, exhausted, now), "its ejection is over: one request may try it", Cause, now) | _suspicion.Update(now);
        _halfOpen.OnTick(State.Traffic == TrafficOpinion.HalfOpen ? Since : null, Config.Timeouts, now);
        return changed;
    }

    /// <summary>An operator calls it ready.</summary>
    public void OnReady(TimeSpan now)
    {
        Drain = null;
        Destination.TakeConversations();
        Destination.EjectedByRoute = null;
        _failures.StopAvoiding();
        _health.Become(DestinationHealth.OfferHalfOpenProbe(State), "an operator called it ready: one request may try it", Cause, now);
    }

    private bool HalfOpen(in Evidence evidence, in HealthContext around, TimeSpan now)
    {
        if (State.Traffic != TrafficOpinion.HalfOpen)
        {
            return false;
        }

        if (evidence.Kind == EvidenceKind.Success)
        {
            Forget();
            return _health.Become(DestinationHealth.PassHalfOpenProbe(State, now), "its half-open probe succeeded", "", now);
        }

        // Hedged away before one could tell, starved ourselves, or answered as a sound server may: the half-open probe showed nothing.
        if ((evidence.Kind == EvidenceKind.Late && EvidenceRule.IsOnlySlow(evidence, around.LateAfter)) || (around.Doubtful && EvidenceRule.RestsOnTime(evidence)) || EvidenceRule.IsSound(evidence, Config.Attempts))
        {
            Destination.ReturnHalfOpenPermit();
            return false;
        }

        var cause = EvidenceText.Of(evidence);
        return _health.Become(DestinationHealth.Eject(State, Config.Passive, around.Exhausted, now), $"its half-open probe on route '{evidence.Route}' failed: {cause}", cause + EvidenceText.OnRequests, now);
    }

    private void Forget()
    {
        _failures.Clear();
        _suspicion.ForgetLateness();
    }
}
