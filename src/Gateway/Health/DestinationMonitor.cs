using System.Globalization;
using Gateway.Configuration.Model;

namespace Gateway.Health;

/// <summary>
/// All that the loop remembers of one destination, and the order in which the rules are applied to a piece of evidence.
/// Knows no clock and does no I/O; only the loop touches it. The methods say whether anything that requests can see has changed.
/// </summary>
internal sealed class DestinationMonitor(Destination destination, ClusterConfig config, int weight, TimeSpan now)
{
    /// <summary>So many late attempts in a row make a suspect.</summary>
    // Whether users met a failure or only probes did makes a difference to what an operator does.
    private const string OnProbes = " on probes";
    private const string OnRequests = " on requests";

    private const int SuspectAfterLates = 5;

    /// <summary>A connect failure that took this long is a timeout in disguise, and so possibly our fault.</summary>
    private static readonly TimeSpan SlowConnect = TimeSpan.FromMilliseconds(250);

    /// <summary>A suspect is passed over for this long, then shown to traffic again.</summary>
    private static readonly TimeSpan SuspectFor = TimeSpan.FromSeconds(1);

    /// <summary>For this long only the route that ejected it may try it.</summary>
    private static readonly TimeSpan HalfOpenOfOneRoute = TimeSpan.FromSeconds(30);

    /// <summary>The longest <c>Retry-After</c> that is granted.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);

    /// <summary>A hedge saved its user if the destination that it overtook is ejected within one to two of these.</summary>
    private static readonly TimeSpan OvertakenFor = TimeSpan.FromSeconds(3);

    private readonly Dictionary<string, RouteFailureTracker> _routes = new(StringComparer.Ordinal);
    private readonly DestinationWindows _all = new();
    private readonly PhiAccrual _phi = new();
    private SilentRun _silent;
    private ulong _silentTargets;
    private long _successesAtSilence = -1;
    private TimeSpan _lateSuspectUntil;
    private TimeSpan? _halfOpenSince;
    private TimeSpan _nextOvertaken;
    private int _probesInRow;
    private bool _lastProbePassed;
    private long _successesAtFailure = -1;
    private int _run;
    private string? _runRoute;
    private string _lastFailure = "";
    private bool _runOnManyRoutes;

    /// <summary>The destination that it judges.</summary>
    public Destination Destination => destination;

    /// <summary>Its share beside its neighbours.</summary>
    public int Weight { get; private set; } = weight;

    /// <summary>The cluster's rules.</summary>
    public ClusterConfig Config { get; private set; } = config;

    /// <summary>What the rules remember.</summary>
    public HealthState State { get; private set; }

    /// <summary>Since when the health status holds.</summary>
    public TimeSpan Since { get; private set; } = now;

    /// <summary>What the health status rests on, for people.</summary>
    public string Why { get; private set; } = "not probed yet";

    /// <summary>What failed when it was lost, in a few words; empty while nothing did.</summary>
    public string Cause { get; private set; } = "";

    /// <summary>An operator drains it.</summary>
    public bool Draining { get; set; }

    /// <summary>The operator who drains it, since when and why; null: it is not drained.</summary>
    public DrainOrder? Drain { get; set; }

    /// <summary>It looks ill, though it is not ejected: others are preferred.</summary>
    public bool Suspect { get; private set; }

    /// <summary>The suspicion from silence.</summary>
    public double Phi { get; private set; }

    /// <summary>The last probe's result; null before the first.</summary>
    public ProbeResult? LastProbe { get; private set; }

    /// <summary>When the last probe ended.</summary>
    public TimeSpan LastProbeEnded { get; private set; } = now;

    /// <summary>It may take new requests, as far as its health goes.</summary>
    public bool Serving => !Draining && State.HealthStatus is (HealthStatus.Up or HealthStatus.Unknown);

    /// <summary>A reload changed the rules or the weight; what is known of it stays.</summary>
    public void Configure(ClusterConfig newConfig, int newWeight)
    {
        Config = newConfig;
        Weight = newWeight;
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
            _phi.Beat(now);
        }

        var before = State;
        var after = DestinationHealth.OnProbe(before, result.Passed, Config.Probe, around.Exhausted);
        if (before.Probes == ProbeOpinion.Down && after.Probes == ProbeOpinion.Up)
        {
            // It was restarted: what one route held against it is past.
            Destination.EjectedByRoute = null;
            ClearRoutes();
        }
        else if (after.Probes == ProbeOpinion.Down && before.Probes != ProbeOpinion.Down)
        {
            _phi.Clear();
        }

        return Become(after, WhyOf(result), result.Passed ? "" : result.Words + OnProbes, now) | UpdateSuspicion(now);
    }

    /// <summary>The routes whose requests prefer other destinations, for people.</summary>
    public IEnumerable<RouteFailureTracker> AvoidedRoutes => _routes.Values.Where(static record => record.Avoidance != RouteAvoidance.None);

    /// <summary>What was counted of a route here; null: nothing was.</summary>
    public RouteFailureTracker? Find(string route) => _routes.GetValueOrDefault(route);

    /// <summary>What the other routes saw here in the window: successes, and failures that are its own.</summary>
    public RouteCount OthersThan(string route, TimeSpan now)
    {
        var all = _all.CountConfirmed(Config.Passive, now);
        return Find(route) is { } record ? all - record.RecentConfirmed(Config.Passive, now) : all;
    }

    /// <summary>Traffic showed something.</summary>
    public bool OnEvidence(in Evidence evidence, in HealthContext around, TimeSpan now)
    {
        if (evidence.HalfOpen)
        {
            return HalfOpen(evidence, around, now);
        }

        // Down, ejected or half-open: what still comes in from attempts that began before adds nothing.
        if (evidence.Kind == EvidenceKind.Success || State.Traffic != TrafficOpinion.Good || State.Probes == ProbeOpinion.Down)
        {
            return false;
        }

        if (around.Doubtful && RestsOnTime(evidence))
        {
            return false;
        }

        CountSuccesses(now);

        // 1. It asked for a pause, and others serve what it does not.
        var record = RecordOf(evidence.Route);
        if (evidence.RetryAfter > TimeSpan.Zero && (evidence.Confirmed || evidence.Kind == EvidenceKind.Busy))
        {
            record.Avoid(RouteAvoidance.Deferred, now + (evidence.RetryAfter < LongestPause ? evidence.RetryAfter : LongestPause), Config.Passive, now);
        }

        if (evidence.Kind == EvidenceKind.Busy || (evidence.Kind == EvidenceKind.Status && !FailureStatus.MayBeIllness(evidence.Status, Config.Attempts.OnStatus)))
        {
            return false;
        }

        // 2. A little late is no failure; and when everyone is late, the slow response is the best there is.
        var changed = false;
        if (evidence.Kind == EvidenceKind.Late)
        {
            record.Late();
            if (record.LateRun >= SuspectAfterLates)
            {
                _lateSuspectUntil = now + SuspectFor;
                changed = UpdateSuspicion(now);
            }

            if (IsOnlySlow(evidence, around))
            {
                return changed;
            }
        }

        // 3. Counted. What did not reach it, and what came in another's time but not in its own, cannot be the request's fault.
        var isConclusive = evidence.Kind is EvidenceKind.Connect or EvidenceKind.Late;
        if (isConclusive || !evidence.Confirmed)
        {
            record.Fail(evidence.Lone, InRow(evidence), _all, Config.Passive, now);
        }

        var isOwn = isConclusive || evidence.Confirmed;
        if (isOwn)
        {
            record.Confirm(_all, Config.Passive, now);
        }

        if (IsSilent(evidence, now))
        {
            Destination.EjectedByRoute = null;
            var cause = WordsOf(evidence);
            return Become(DestinationHealth.Eject(State, Config.Passive, around.Exhausted, now), string.Create(CultureInfo.InvariantCulture, $"none of the last {_silent.Length} requests got a response, the last one: {cause}"), cause + OnRequests, now) | changed;
        }

        if (!isOwn && !evidence.Lone)
        {
            // Another attempt shows whose fault it is.
            return changed;
        }

        CountRun(record.Route, isOwn);
        if (!around.HasSpare && IsForgiven(evidence, now))
        {
            return changed;
        }

        // 4. Judged.
        _lastFailure = WordsOf(evidence);
        return Judge(record, evidence.Kind == EvidenceKind.Connect, around, now) | changed;
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

        if (!notReached && (around.IsLast || !IsDestinationWide(record, around, now) || !(around.HasRoom || IsBeyondChance(now))))
        {
            record.AvoidAsIll(passive, now);
            return false;
        }

        Destination.EjectedByRoute = notReached ? null : record.Route;
        var why = byRun || record.Run >= passive.ConsecutiveFailures
            ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(record.Run, record.ConfirmedRun)} failures in a row on route '{record.Route}', the last one: {_lastFailure}")
            : $"too large a share of failures on route '{record.Route}', the last one: {_lastFailure}";
        return Become(DestinationHealth.Eject(State, passive, around.Exhausted, now), why, _lastFailure + OnRequests, now);
    }

    private bool IsDestinationWide(RouteFailureTracker record, in HealthContext around, TimeSpan now) =>
        EjectionRule.IsDestinationWide(CurrentRun with { OnManyRoutes = _runOnManyRoutes || IsIllOnAnother(record) }, OthersThan(record.Route, now), around.OthersServed, Config.Passive);

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

    private bool IsBeyondChance(TimeSpan now)
    {
        var all = _all.Count(Config.Passive, now);
        var usual = all - new RouteCount(0, Math.Min(CurrentRun.Length, all.Failures));
        return _all.ConfirmedShareTooHigh(Config.Passive, now) || EjectionRule.IsBeyondChance(CurrentRun, usual.FailureShare, Config.Passive);
    }

    // Only what makes users wait: a failing status comes at once, and ejecting the last destination for it would not help.
    private bool IsSilent(in Evidence evidence, TimeSpan now)
    {
        if (evidence.Confirmed || evidence.Kind is not (EvidenceKind.Timeout or EvidenceKind.Reset))
        {
            return false;
        }

        var successes = SuccessesOfAll();
        if (successes != _successesAtSilence)
        {
            _successesAtSilence = successes;
            _silent = new SilentRun(0, 0, now);
            _silentTargets = 0;
        }

        _silentTargets |= 1UL << (evidence.Target & 63);
        _silent = _silent with { Length = _silent.Length + 1, Targets = System.Numerics.BitOperations.PopCount(_silentTargets) };
        return EjectionRule.IsSilent(_silent, Config.Passive, now);
    }

    private FailureRun CurrentRun => SuccessesOfAll() == _successesAtFailure ? new FailureRun(_run, _runOnManyRoutes) : default;

    // What is not known to be its own lengthens a run, but does not spread it to another route.
    private void CountRun(string route, bool isOwn)
    {
        var successes = SuccessesOfAll();
        var goesOn = successes == _successesAtFailure;
        _run = goesOn ? _run + 1 : 1;
        _runRoute = goesOn ? _runRoute : null;
        _runOnManyRoutes = goesOn && (_runOnManyRoutes || (isOwn && _runRoute is not null && !string.Equals(_runRoute, route, StringComparison.Ordinal)));
        _runRoute = isOwn ? route : _runRoute;
        _successesAtFailure = successes;
    }

    private long SuccessesOfAll()
    {
        long successes = 0;
        foreach (var record in _routes.Values)
        {
            successes += record.Total.Successes;
        }

        return successes;
    }

    /// <summary>Brings what requests have counted since the last look into the windows.</summary>
    public void CountSuccesses(TimeSpan now)
    {
        foreach (var tally in destination.Tallies)
        {
            RecordOf(tally.Route).CountSuccesses(_all, Config.Passive, now);
        }
    }

    /// <summary>Time passed.</summary>
    public bool OnTick(bool exhausted, TimeSpan now)
    {
        CountSuccesses(now);
        foreach (var record in _routes.Values)
        {
            record.Expire(Config.Passive, now);
        }

        if (now >= _nextOvertaken)
        {
            _nextOvertaken = now + OvertakenFor;
            foreach (var tally in Destination.Tallies)
            {
                tally.AgeOvertaken();
            }
        }

        var changed = Become(DestinationHealth.OnTick(State, Config.Passive, exhausted, now), "its ejection is over: one request may try it", Cause, now);
        changed |= UpdateSuspicion(now);
        WatchHalfOpenProbe(now);

        // A route that sees no requests any more must not keep it out for ever.
        if (State.Traffic == TrafficOpinion.HalfOpen && now - Since > HalfOpenOfOneRoute)
        {
            Destination.EjectedByRoute = null;
        }

        return changed;
    }

    /// <summary>An operator calls it ready.</summary>
    public void OnReady(TimeSpan now)
    {
        Draining = false;
        Drain = null;
        Destination.EjectedByRoute = null;
        foreach (var record in _routes.Values)
        {
            record.StopAvoiding();
        }

        Become(DestinationHealth.OfferHalfOpenProbe(State), "an operator called it ready: one request may try it", Cause, now);
    }

    private bool HalfOpen(in Evidence evidence, in HealthContext around, TimeSpan now)
    {
        if (State.Traffic != TrafficOpinion.HalfOpen)
        {
            return false;
        }

        if (evidence.Kind == EvidenceKind.Success)
        {
            ClearRoutes();
            return Become(DestinationHealth.PassHalfOpenProbe(State, now), "its half-open probe succeeded", "", now);
        }

        // Hedged away before one could tell, starved ourselves, or answered as a sound server may: the half-open probe showed nothing.
        if ((evidence.Kind == EvidenceKind.Late && IsOnlySlow(evidence, around)) || (around.Doubtful && RestsOnTime(evidence)) || evidence.Kind == EvidenceKind.Busy
            || (evidence.Kind == EvidenceKind.Status && !FailureStatus.MayBeIllness(evidence.Status, Config.Attempts.OnStatus)))
        {
            Destination.ReturnHalfOpenPermit();
            return false;
        }

        var cause = WordsOf(evidence);
        return Become(DestinationHealth.Eject(State, Config.Passive, around.Exhausted, now), $"its half-open probe on route '{evidence.Route}' failed: {cause}", cause + OnRequests, now);
    }

    // A half-open probe whose holder vanished must not leave the destination out for ever.
    private void WatchHalfOpenProbe(TimeSpan now)
    {
        if (State.Traffic != TrafficOpinion.HalfOpen || Destination.HalfOpenProbeOffered)
        {
            _halfOpenSince = null;
            return;
        }

        _halfOpenSince ??= now;
        if (now - _halfOpenSince > Config.Timeouts.FirstByte + Config.Timeouts.Connect + TimeSpan.FromSeconds(5))
        {
            _halfOpenSince = null;
            Destination.ReturnHalfOpenPermit();
        }
    }

    private bool UpdateSuspicion(TimeSpan now)
    {
        Phi = _phi.Phi(now);
        var suspect = now < _lateSuspectUntil || Phi >= PhiAccrual.Threshold;
        var changed = suspect != Suspect;
        Suspect = suspect;
        return changed;
    }

    private bool Become(in HealthState after, string why, string cause, TimeSpan now)
    {
        var before = State.HealthStatus;
        State = after;
        var verdict = after.HealthStatus;
        if (verdict == before)
        {
            return false;
        }

        Why = why;
        Cause = cause;
        Since = now;
        Destination.HealthStatus = verdict;
        if (verdict is HealthStatus.Down or HealthStatus.Ejected)
        {
            foreach (var tally in Destination.Tallies)
            {
                tally.CreditOvertaken();
            }
        }

        if (verdict == HealthStatus.HalfOpen)
        {
            Destination.OfferHalfOpenProbe();
        }
        else
        {
            Destination.WithdrawHalfOpenProbe();
        }

        return true;
    }

    private void ClearRoutes()
    {
        foreach (var record in _routes.Values)
        {
            record.Clear();
        }

        _all.Clear();
        _successesAtFailure = -1;
        _lateSuspectUntil = default;
    }

    private RouteFailureTracker RecordOf(string route)
    {
        if (!_routes.TryGetValue(route, out var record))
        {
            _routes[route] = record = new RouteFailureTracker(Destination.Tally(route));
        }

        return record;
    }

    // The last healthy destination is better than the fallback chain: not ejected for being slow, since everyone is; nor for bad responses as long
    // as it answers most requests, of all routes, well. That it cannot be reached or never answers is not forgiven: users would wait for it.
    private bool IsForgiven(in Evidence evidence, TimeSpan now) =>
        evidence.Kind == EvidenceKind.Late
        || (evidence.Kind is EvidenceKind.Status or EvidenceKind.Truncated && !_all.ShareTooHigh(Config.Passive, now));

    // A lingering attempt is cut at LateAfter by a timer that may be a little early, and the value itself moves once a second.
    private static bool IsOnlySlow(in Evidence evidence, in HealthContext around) => evidence.Waited < around.LateAfter * 0.9;

    private bool InRow(in Evidence evidence) => evidence.Kind != EvidenceKind.Status || Config.Attempts.OnStatus.Contains(evidence.Status);

    private static bool RestsOnTime(in Evidence evidence) =>
        evidence.Kind is EvidenceKind.Timeout or EvidenceKind.Late || (evidence.Kind == EvidenceKind.Connect && evidence.Waited >= SlowConnect);

    private string WhyOf(in ProbeResult result) => (result.Passed, _probesInRow) switch
    {
        (true, 1) => "the last probe passed",
        (true, _) => string.Create(CultureInfo.InvariantCulture, $"the last {_probesInRow} probes passed"),
        (false, 1) => $"the last probe failed: {result.Words}",
        _ => string.Create(CultureInfo.InvariantCulture, $"the last {_probesInRow} probes failed: {result.Words}"),
    };

    private static string WordsOf(in Evidence evidence) => evidence.Kind == EvidenceKind.Late
        ? string.Create(CultureInfo.InvariantCulture, $"no response after {evidence.Waited.TotalMilliseconds:0} ms")
        : FailureCauses.WordsOf(evidence.Cause != FailureCause.None ? evidence.Cause : CauseOf(evidence.Kind), evidence.Status);

    private static FailureCause CauseOf(EvidenceKind kind) => kind switch
    {
        EvidenceKind.Connect => FailureCause.NoConnection,
        EvidenceKind.Reset => FailureCause.Reset,
        EvidenceKind.Timeout => FailureCause.Timeout,
        EvidenceKind.Truncated => FailureCause.Truncated,
        _ => FailureCause.Status,
    };
}
