using Gateway.Configuration.Model;

namespace Gateway.Health.Rules;

/// <summary>
/// Failures of one route at one destination: runs of them, and their share in the window; of those that were not tried elsewhere, and of
/// those that are confirmed to be the destination's own. Kept apart by route, so that many cheap successes do not hide that one route is
/// broken. Knows no clock; only the loop touches it.
/// </summary>
internal sealed class RouteFailureTracker(RouteSuccessCounter tally)
{
    private readonly FailureWindow _confirmed = new();
    private readonly FailureWindow _lone = new();
    private long _counted;
    private long _failures;
    private long _atLastFailure = -1;
    private long _atLastConfirmed = -1;
    private long _atLastLate = -1;
    private TimeSpan _avoidUntil;
    private bool _avoidedByRun;
    private int _illnesses;
    private int _run;
    private int _confirmedRun;

    /// <summary>The route's name.</summary>
    public string Route => tally.Route;

    /// <summary>Failures in a row of requests that were not tried elsewhere.</summary>
    public int Run => tally.Counted == _atLastFailure ? _run : 0;

    /// <summary>Failures in a row that are the destination's own.</summary>
    public int ConfirmedRun => tally.Counted == _atLastConfirmed ? _confirmedRun : 0;

    /// <summary>Late attempts in a row, however little they were late.</summary>
    public int LateRun { get; private set; }

    /// <summary>When the run of failures began.</summary>
    public TimeSpan RunBegan { get; private set; }

    /// <summary>How far this route's requests keep away.</summary>
    public RouteAvoidance Avoidance => tally.Avoidance;

    /// <summary>When they last began to; null: never.</summary>
    public TimeSpan? AvoidedSince { get; private set; }

    /// <summary>Since when they do so for any reason; null: they do not.</summary>
    public TimeSpan? KeptAwaySince { get; private set; }

    /// <summary>Neighbours serve this route: what fails here is the destination's own. Holds while the route is avoided.</summary>
    public bool NeighboursServe { get; set; }

    /// <summary>
    /// What was counted here when the route began to be avoided: what <see cref="NeighbourComparison"/> holds against the neighbours'
    /// counts.
    /// </summary>
    public RouteCount AtSuspicion { get; private set; }

    /// <summary>The neighbours' counts when the comparison began; null: it did not yet.</summary>
    public Dictionary<DestinationMonitor, RouteCount>? Baseline { get; set; }

    /// <summary>All that was counted since the start.</summary>
    public RouteCount Total => new(tally.Counted, _failures);

    /// <summary>
    /// Brings the successes since the last look into the window, and into the windows of the whole destination; true: there were some.
    /// </summary>
    public bool CountSuccesses(DestinationWindows all, PassiveConfig passive, TimeSpan now)
    {
        var successes = tally.Counted - _counted;
        if (successes > 0)
        {
            _confirmed.Add(successes, 0, passive.Window, now);
            _lone.Add(successes, 0, passive.Window, now);
            all.Add(successes, 0, 0, passive.Window, now);
            _counted += successes;
        }

        return successes > 0;
    }

    /// <summary>A failure.</summary>
    /// <param name="isLone">The request is not tried elsewhere: a run or a share of such failures is looked into.</param>
    /// <param name="inRow">False: it counts for the share only.</param>
    /// <param name="all">The windows of the whole destination.</param>
    /// <param name="passive">The rules.</param>
    /// <param name="now">The loop's clock.</param>
    public void Fail(bool isLone, bool inRow, DestinationWindows all, PassiveConfig passive, TimeSpan now)
    {
        CountSuccesses(all, passive, now);
        _failures++;
        all.Add(0, 1, 0, passive.Window, now);
        if (!isLone)
        {
            return;
        }

        _lone.Add(0, 1, passive.Window, now);
        if (inRow)
        {
            _run = _counted == _atLastFailure ? _run + 1 : 1;
            RunBegan = _run == 1 ? now : RunBegan;
            _atLastFailure = _counted;
        }
    }

    /// <summary>A failure that was counted before is the destination's own.</summary>
    public void Confirm(DestinationWindows all, PassiveConfig passive, TimeSpan now)
    {
        CountSuccesses(all, passive, now);
        _confirmed.Add(0, 1, passive.Window, now);
        all.Add(0, 0, 1, passive.Window, now);
        _confirmedRun = _counted == _atLastConfirmed ? _confirmedRun + 1 : 1;
        _atLastConfirmed = _counted;
    }

    /// <summary>An attempt was late.</summary>
    public void Late()
    {
        var successes = tally.Counted;
        LateRun = successes == _atLastLate ? LateRun + 1 : 1;
        _atLastLate = successes;
    }

    /// <summary>The share of failures that were not tried elsewhere is too high, and rests on enough requests.</summary>
    public bool LoneShareTooHigh(PassiveConfig passive, TimeSpan now) => _lone.ShareTooHigh(passive, now);

    /// <summary>The same of the failures that are the destination's own.</summary>
    public bool ConfirmedShareTooHigh(PassiveConfig passive, TimeSpan now) => _confirmed.ShareTooHigh(passive, now);

    /// <summary>Successes in the window, and failures that are the destination's own.</summary>
    public RouteCount RecentConfirmed(PassiveConfig passive, TimeSpan now) => _confirmed.Count(passive.Window, now);

    /// <summary>This route's requests prefer others for a while.</summary>
    public void Avoid(RouteAvoidance how, TimeSpan until, PassiveConfig passive, TimeSpan now)
    {
        if (how < tally.Avoidance)
        {
            return;
        }

        if (tally.Avoidance < RouteAvoidance.Suspected && how >= RouteAvoidance.Suspected)
        {
            AvoidedSince = now;
            _avoidedByRun = Run >= passive.ConsecutiveFailures;
            AtSuspicion = _avoidedByRun ? new RouteCount(0, Run) : _lone.Count(passive.Window, now);
        }

        KeptAwaySince ??= now;
        _avoidUntil = how > tally.Avoidance || until > _avoidUntil ? until : _avoidUntil;
        tally.Avoidance = how;
    }

    /// <summary>Others serve what fails here: longer each time, as an ejection is.</summary>
    public void AvoidAsIll(PassiveConfig passive, TimeSpan now)
    {
        if (tally.Avoidance != RouteAvoidance.Ill)
        {
            Avoid(RouteAvoidance.Ill, now + DestinationHealth.EjectionOf(_illnesses++, passive), passive, now);
        }
    }

    /// <summary>Ends what is over: by time, or because a suspicion from a run was broken by a success.</summary>
    public void Expire(PassiveConfig passive, TimeSpan now)
    {
        if (tally.Avoidance == RouteAvoidance.None)
        {
            _illnesses = _illnesses > 0
                && AvoidedSince is { } since
                && now - since >= passive.MaxEjectFor + (passive.EjectFor * DestinationHealth.ForgetAfterEjectFors) ? 0 : _illnesses;
            return;
        }

        if (now >= _avoidUntil || (tally.Avoidance == RouteAvoidance.Suspected && _avoidedByRun && tally.Counted != _atLastFailure))
        {
            StopAvoiding();
        }
    }

    /// <summary>Requests of this route come here again.</summary>
    public void StopAvoiding()
    {
        tally.Avoidance = RouteAvoidance.None;
        KeptAwaySince = null;
        NeighboursServe = false;
        Baseline = null;
    }

    /// <summary>Starts clean after a half-open probe.</summary>
    public void Clear()
    {
        StopAvoiding();
        _confirmed.Clear();
        _lone.Clear();
        _counted = tally.Counted;
        _atLastFailure = -1;
        _atLastConfirmed = -1;
        _atLastLate = -1;
        _run = 0;
        _confirmedRun = 0;
        LateRun = 0;
    }
}
