using System.Globalization;
using Gateway.Configuration;

namespace Gateway.Health;

/// <summary>
/// All that the loop remembers of one destination, and the order in which the rules are applied to a piece of evidence.
/// Knows no clock and does no I/O; only the loop touches it. The methods say whether anything that requests can see has changed.
/// </summary>
internal sealed class DestinationMonitor(Destination destination, ClusterConfig config, int weight, TimeSpan now)
{
    /// <summary>So many late attempts in a row make a suspect.</summary>
    private const int SuspectAfterLates = 5;

    /// <summary>A connect failure that took this long is a timeout in disguise, and so possibly our fault.</summary>
    private static readonly TimeSpan SlowConnect = TimeSpan.FromMilliseconds(250);

    /// <summary>A suspect is passed over for this long, then shown to traffic again.</summary>
    private static readonly TimeSpan SuspectFor = TimeSpan.FromSeconds(1);

    /// <summary>For this long only the route that condemned it may try it.</summary>
    private static readonly TimeSpan TrialOfOneRoute = TimeSpan.FromSeconds(30);

    /// <summary>The longest <c>Retry-After</c> that is granted.</summary>
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, RouteRecord> _routes = new(StringComparer.Ordinal);
    private readonly FailureWindow _all = new();
    private readonly PhiAccrual _phi = new();
    private TimeSpan _lateSuspectUntil;
    private TimeSpan? _trialTakenAt;
    private int _probesInRow;
    private bool _lastProbePassed;

    /// <summary>Whom it is about.</summary>
    public Destination Destination => destination;

    /// <summary>Its share beside its neighbours.</summary>
    public int Weight { get; private set; } = weight;

    /// <summary>The cluster's rules.</summary>
    public ClusterConfig Config { get; private set; } = config;

    /// <summary>What the rules remember.</summary>
    public HealthState State { get; private set; }

    /// <summary>Since when the verdict holds.</summary>
    public TimeSpan Since { get; private set; } = now;

    /// <summary>What the verdict rests on, for people.</summary>
    public string Why { get; private set; } = "not probed yet";

    /// <summary>An operator drains it.</summary>
    public bool Draining { get; set; }

    /// <summary>It looks ill, though it is not condemned: others are preferred.</summary>
    public bool Suspect { get; private set; }

    /// <summary>Until when it asked us to stay away.</summary>
    public TimeSpan BackoffUntil { get; private set; }

    /// <summary>It asked us to stay away.</summary>
    public bool BackedOff { get; private set; }

    /// <summary>The suspicion from silence.</summary>
    public double Phi { get; private set; }

    /// <summary>The last probe's result; null before the first.</summary>
    public ProbeResult? LastProbe { get; private set; }

    /// <summary>When the last probe ended.</summary>
    public TimeSpan LastProbeEnded { get; private set; } = now;

    /// <summary>It may take new requests, as far as its health goes.</summary>
    public bool Serving => !Draining && State.Verdict is (Verdict.Up or Verdict.Unknown);

    /// <summary>A reload changed the rules or the weight; what is known of it stays.</summary>
    public void Configure(ClusterConfig newConfig, int newWeight)
    {
        Config = newConfig;
        Weight = newWeight;
    }

    /// <summary>A probe ended.</summary>
    public bool OnProbe(ProbeResult result, in Surroundings around, TimeSpan now)
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
            Destination.CondemnedOn = null;
            ClearRoutes();
        }
        else if (after.Probes == ProbeOpinion.Down && before.Probes != ProbeOpinion.Down)
        {
            _phi.Clear();
        }

        var why = string.Create(CultureInfo.InvariantCulture, $"{_probesInRow} of the last {_probesInRow} probes {result.Words}");
        return Become(after, why, now) | UpdateSuspicion(now);
    }

    /// <summary>Traffic showed something.</summary>
    public bool OnEvidence(in Evidence evidence, in Surroundings around, TimeSpan now)
    {
        var changed = false;
        if (evidence.RetryAfter > TimeSpan.Zero)
        {
            var until = now + (evidence.RetryAfter < LongestBackoff ? evidence.RetryAfter : LongestBackoff);
            changed = !BackedOff;
            BackoffUntil = until > BackoffUntil ? until : BackoffUntil;
            BackedOff = true;
        }

        if (evidence.Trial)
        {
            return OnTrial(evidence, around, now) | changed;
        }

        // Down, ejected or on trial: what still comes in from attempts that began before adds nothing.
        if (evidence.Kind == EvidenceKind.Success || State.Traffic != TrafficOpinion.Good || State.Probes == ProbeOpinion.Down)
        {
            return changed;
        }

        var late = evidence.Kind == EvidenceKind.Late;
        if (around.Doubtful && RestsOnTime(evidence))
        {
            return changed;
        }

        var record = RecordOf(evidence.Route);
        if (late)
        {
            record.Late();
            if (record.LateRun >= SuspectAfterLates)
            {
                _lateSuspectUntil = now + SuspectFor;
                changed |= UpdateSuspicion(now);
            }

            // A little late is no failure; and when everyone is late, the slow answer is the best there is.
            if (IsOnlySlow(evidence, around))
            {
                return changed;
            }
        }

        record.Fail(InRow(evidence), _all, Config.Passive, now);
        if (!around.HasSpare && IsForgiven(evidence, now))
        {
            return changed;
        }

        var shareTooHigh = record.ShareTooHigh(Config.Passive, now);
        if (shareTooHigh)
        {
            Destination.CondemnedOn = RouteOf(evidence);
            return Become(DestinationHealth.Eject(State, Config.Passive, around.Exhausted, now), $"too large a share of failures on route '{evidence.Route}', the last one {WordsOf(evidence)}", now) | changed;
        }

        if (record.Run >= Config.Passive.ConsecutiveFailures)
        {
            Destination.CondemnedOn = RouteOf(evidence);
            return Become(DestinationHealth.Eject(State, Config.Passive, around.Exhausted, now), $"{record.Run} failures in a row on route '{evidence.Route}', the last one {WordsOf(evidence)}", now) | changed;
        }

        return changed;
    }

    /// <summary>Time passed.</summary>
    public bool OnTick(bool exhausted, TimeSpan now)
    {
        foreach (var tally in destination.Tallies)
        {
            RecordOf(tally.Route).CountSuccesses(_all, Config.Passive, now);
        }

        var changed = Become(DestinationHealth.OnTick(State, Config.Passive, exhausted, now), "its ejection is over: one request may try it", now);
        changed |= UpdateSuspicion(now);
        if (BackedOff && now >= BackoffUntil)
        {
            BackedOff = false;
            changed = true;
        }

        WatchTrial(now);

        // A route that sees no requests any more must not keep it out for ever.
        if (State.Traffic == TrafficOpinion.Trial && now - Since > TrialOfOneRoute)
        {
            Destination.CondemnedOn = null;
        }

        return changed;
    }

    /// <summary>An operator calls it ready.</summary>
    public void OnReady(TimeSpan now)
    {
        Draining = false;
        Destination.CondemnedOn = null;
        BackedOff = false;
        BackoffUntil = now;
        Become(DestinationHealth.OfferTrial(State), "an operator called it ready: one request may try it", now);
    }

    private bool OnTrial(in Evidence evidence, in Surroundings around, TimeSpan now)
    {
        if (State.Traffic != TrafficOpinion.Trial)
        {
            return false;
        }

        if (evidence.Kind == EvidenceKind.Success)
        {
            ClearRoutes();
            return Become(DestinationHealth.PassTrial(State, now), "its trial request succeeded", now);
        }

        // Hedged away before one could tell, or starved ourselves: the trial showed nothing.
        if ((evidence.Kind == EvidenceKind.Late && IsOnlySlow(evidence, around)) || (around.Doubtful && RestsOnTime(evidence)))
        {
            Destination.ReturnTrial();
            return false;
        }

        return Become(DestinationHealth.Eject(State, Config.Passive, around.Exhausted, now), $"its trial request on route '{evidence.Route}' failed: {WordsOf(evidence)}", now);
    }

    // A trial whose holder vanished must not leave the destination out for ever.
    private void WatchTrial(TimeSpan now)
    {
        if (State.Traffic != TrafficOpinion.Trial || Destination.TrialOffered)
        {
            _trialTakenAt = null;
            return;
        }

        _trialTakenAt ??= now;
        if (now - _trialTakenAt > Config.Timeouts.FirstByte + Config.Timeouts.Connect + TimeSpan.FromSeconds(5))
        {
            _trialTakenAt = null;
            Destination.ReturnTrial();
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

    private bool Become(in HealthState after, string why, TimeSpan now)
    {
        var before = State.Verdict;
        State = after;
        var verdict = after.Verdict;
        if (verdict == before)
        {
            return false;
        }

        Why = why;
        Since = now;
        Destination.Verdict = verdict;
        if (verdict == Verdict.Trial)
        {
            Destination.OfferTrial();
        }
        else
        {
            Destination.WithdrawTrial();
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

        _lateSuspectUntil = default;
    }

    private RouteRecord RecordOf(string route)
    {
        if (!_routes.TryGetValue(route, out var record))
        {
            _routes[route] = record = new RouteRecord(Destination.Tally(route));
        }

        return record;
    }

    // The last healthy destination is better than the ladder: not condemned for being slow, since everyone is; nor for bad answers as long
    // as it answers most requests, of all routes, well. That it cannot be reached or never answers is not forgiven: users would wait for it.
    private bool IsForgiven(in Evidence evidence, TimeSpan now) =>
        evidence.Kind == EvidenceKind.Late
        || (evidence.Kind is EvidenceKind.Status or EvidenceKind.Truncated && !_all.ShareTooHigh(Config.Passive, now));

    // A lingering attempt is cut at LateAfter by a timer that may be a little early, and the value itself moves once a second.
    private static bool IsOnlySlow(in Evidence evidence, in Surroundings around) => evidence.Waited < around.LateAfter * 0.9;

    private static string? RouteOf(in Evidence evidence) => evidence.Kind == EvidenceKind.Connect ? null : evidence.Route;

    private bool InRow(in Evidence evidence) => evidence.Kind != EvidenceKind.Status || Config.Attempts.OnStatus.Contains(evidence.Status);

    private static bool RestsOnTime(in Evidence evidence) =>
        evidence.Kind is EvidenceKind.Timeout or EvidenceKind.Late || (evidence.Kind == EvidenceKind.Connect && evidence.Waited >= SlowConnect);

    private static string WordsOf(in Evidence evidence) => evidence.Kind switch
    {
        EvidenceKind.Connect => TlsTrust.WordsOf(evidence.Tls) ?? "got no connection",
        EvidenceKind.Reset => "was reset",
        EvidenceKind.Timeout => "timed out",
        EvidenceKind.Truncated => "was cut half-way",
        EvidenceKind.Status => string.Create(CultureInfo.InvariantCulture, $"got status {evidence.Status}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"had no answer after {evidence.Waited.TotalMilliseconds:0} ms"),
    };
}
