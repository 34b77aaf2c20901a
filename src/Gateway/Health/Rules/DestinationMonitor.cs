using Gateway.Configuration.Model;
using Gateway.Health.Model;
using Gateway.Health.Probing;

namespace Gateway.Health.Rules;

/// <summary>
/// All that the loop remembers of one destination, and the order in which the rules are applied to a piece of evidence.
/// Knows no clock and does no I/O; only the loop touches it. The methods say whether anything that requests can see has changed.
/// </summary>
internal sealed class DestinationMonitor
{
    /// <summary>The longest <c>Retry-After</c> that is granted.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);

    // Evidence may be so old when it is judged: a starved loop takes many pieces at once.
    private static readonly TimeSpan UnderWay = TimeSpan.FromMilliseconds(500);

    private readonly CurrentHealth _health;
    private readonly DestinationFailures _failures;
    private readonly HalfOpenWatch _halfOpen;
    private readonly TrafficJudge _judge;
    private readonly Suspicion _suspicion = new();
    private int _probesInRow;
    private bool _lastProbePassed;

    public DestinationMonitor(Destination destination, ClusterConfig config, int weight, TimeSpan now)
    {
        Destination = destination;
        Config = config;
        Share = new DestinationShare(weight);
        LastProbeEnded = now;
        _health = new CurrentHealth(destination, now);
        _failures = new DestinationFailures(destination);
        _halfOpen = new HalfOpenWatch(destination);
        _judge = new TrafficJudge(destination, _health, _failures);
    }

    /// <summary>The destination that it judges.</summary>
    public Destination Destination { get; }

    /// <summary>What it gets beside its neighbours.</summary>
    public DestinationShare Share { get; init; }

    /// <summary>The cluster's rules.</summary>
    public ClusterConfig Config { get; private set; }

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
    public TimeSpan LastProbeEnded { get; private set; }

    /// <summary>It may take new requests, as far as its health goes.</summary>
    public bool Serving => !Draining && State.HealthStatus is (HealthStatus.Up or HealthStatus.Unknown);

    /// <summary>
    /// When time alone may change its health or its share; zero: an ejection, a half-open probe, a suspicion or a slow start is under way.
    /// </summary>
    public TimeSpan ChangesFrom =>
        State.Traffic != TrafficOpinion.Good || State.Streak > 0 || Suspect || Share.SlowStart.IsRunning
            ? TimeSpan.Zero
            : _suspicion.SuspectFrom;

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

        return _health.Become(
            after,
            EvidenceText.OfProbes(result, _probesInRow),
            result.Passed ? "" : result.Words + EvidenceText.OnProbes,
            now) | _suspicion.Update(now);
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

        // 1. It asked for a pause, and others serve what it does not. Requests that were sent before this was known bring the same again:
        // they say nothing more against it.
        var record = _failures.Of(evidence.Route);
        if (evidence.RetryAfter > TimeSpan.Zero)
        {
            var isKnown = record.KeptAwaySince is { } since && now - evidence.Waited - UnderWay <= since;
            if (evidence.Confirmed || evidence.Kind == EvidenceKind.Busy)
            {
                record.Avoid(RouteAvoidance.Deferred, now
                    + (evidence.RetryAfter < LongestPause ? evidence.RetryAfter : LongestPause), Config.Passive, now);
            }

            if (isKnown)
            {
                return false;
            }
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

        return _judge.Count(record, evidence, around, Config, now) | changed;
    }

    /// <summary>A replay begins here: so it was then. What the windows held is not known.</summary>
    public void Restore(in HealthState state, string why, string cause, TimeSpan since, DrainOrder? drain)
    {
        _health.Restore(state, why, cause, since);
        _failures.BeginHere();
        Drain = drain;
    }

    /// <summary>Neighbours serve the route that fails here, or time has passed: judged anew.</summary>
    public bool Reconsider(RouteFailureTracker record, in HealthContext around, TimeSpan now) =>
        State.Traffic == TrafficOpinion.Good
            && State.Probes != ProbeOpinion.Down
            && _judge.Judge(record, notReached: false, around, Config.Passive, now);

    /// <summary>Time passed.</summary>
    public bool OnTick(bool exhausted, TimeSpan now)
    {
        HasTraffic = CountSuccesses(now) || Destination.InFlight > 0;
        _failures.Expire(Config.Passive, now);
        _health.AgeOvertaken(now);
        var changed = _health.Become(
            DestinationHealth.OnTick(State, Config.Passive, exhausted, now),
            "its ejection is over: one request may try it",
            Cause,
            now) | _suspicion.Update(now);
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
        if ((evidence.Kind == EvidenceKind.Late && EvidenceRule.IsOnlySlow(evidence, around.LateAfter))
            || (around.Doubtful && EvidenceRule.RestsOnTime(evidence))
            || EvidenceRule.IsSound(evidence, Config.Attempts))
        {
            Destination.ReturnHalfOpenPermit();
            return false;
        }

        var cause = EvidenceText.Of(evidence);
        return _health.Become(
            DestinationHealth.Eject(State, Config.Passive, around.Exhausted, now),
            $"its half-open probe on route '{evidence.Route}' failed: {cause}",
            cause + EvidenceText.OnRequests,
            now);
    }

    private void Forget()
    {
        _failures.Clear();
        _suspicion.ForgetLateness();
    }
}
