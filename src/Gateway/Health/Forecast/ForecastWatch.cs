using Gateway.Observability.History;

namespace Gateway.Health.Forecast;

/// <summary>
/// Makes forecasts of one destination out of assessments, and resolves them by what happens: an alarm once a failure is likely for a
/// while, and every five minutes one more, whatever it says. Knows no clock; only the loop touches it.
/// </summary>
internal sealed class ForecastWatch(TimeSpan born)
{
    /// <summary>What a forecast speaks of.</summary>
    public static readonly TimeSpan Horizon = TimeSpan.FromMinutes(5);

    /// <summary>A failure that comes sooner was not forecast.</summary>
    public static readonly TimeSpan LeastLead = TimeSpan.FromSeconds(10);

    /// <summary>From this probability on it is an alarm.</summary>
    public const double AlarmFrom = 0.5;

    // In the pause after a false alarm.
    private const double Sure = 0.8;

    private static readonly TimeSpan Persists = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Settles = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan PauseAfterFalseAlarm = TimeSpan.FromMinutes(15);

    private readonly List<ForecastEvent> _events = [];
    private (Assessment Said, TimeSpan At)? _alarm;
    private (Assessment Said, TimeSpan At)? _routine;
    private TimeSpan? _likelySince;
    private TimeSpan? _surerSince;
    private TimeSpan _servesSince = born;
    private TimeSpan _quietUntil;
    private double _likelierThan = 1;
    private bool _served = true;

    /// <summary>The alarm that is not over; null: there is none.</summary>
    public (Assessment Said, TimeSpan At)? Alarm => _alarm;

    /// <summary>One second passed. What is returned is valid until the next call.</summary>
    /// <param name="assessment">What the numbers say.</param>
    /// <param name="serves">It can serve, as far as its health goes.</param>
    /// <param name="isExcused">Whatever it does has another reason: an operator drains it, or nothing is known of it yet.</param>
    /// <param name="now">The clock.</param>
    public IReadOnlyList<ForecastEvent> Observe(in Assessment assessment, bool serves, bool isExcused, TimeSpan now)
    {
        _events.Clear();
        if (isExcused)
        {
            _alarm = null;
            _routine = null;
            _likelySince = null;
            _surerSince = null;
            _servesSince = now;
            _served = false;
            return _events;
        }

        if (serves != _served)
        {
            _served = serves;
            _servesSince = now;
            if (!serves)
            {
                Fail(assessment, now);
            }
        }

        if (serves)
        {
            Expire(now);
            Make(assessment, now);
        }

        return _events;
    }

    // It cannot serve any more.
    private void Fail(in Assessment assessment, TimeSpan now)
    {
        if (_routine is { } routine && now - routine.At >= LeastLead)
        {
            _events.Add(new ForecastEvent(routine.Said, now - routine.At, IsAlarm: false, ForecastOutcome.CameTrue));
        }

        var inTime = now - _alarm?.At >= LeastLead ? ForecastOutcome.CameTrue : ForecastOutcome.TooLate;
        _events.Add(_alarm is { } alarm
            ? new ForecastEvent(alarm.Said, now - alarm.At, IsAlarm: true, inTime)
            : new ForecastEvent(assessment, TimeSpan.Zero, IsAlarm: false, ForecastOutcome.Missed));
        _alarm = null;
        _routine = null;
        _likelySince = null;
        _surerSince = null;
    }

    private void Expire(TimeSpan now)
    {
        if (_alarm is { } alarm && now - alarm.At >= Horizon)
        {
            _events.Add(new ForecastEvent(alarm.Said, now - alarm.At, IsAlarm: true, ForecastOutcome.DidNot));
            _alarm = null;
            _likelySince = null;
            _surerSince = null;
            _quietUntil = now + PauseAfterFalseAlarm;
            _likelierThan = Math.Max(Sure, alarm.Said.Probability);
        }

        if (_routine is { } routine && now - routine.At >= Horizon)
        {
            _events.Add(new ForecastEvent(routine.Said, now - routine.At, IsAlarm: false, ForecastOutcome.DidNot));
            _routine = null;
        }
    }

    private void Make(in Assessment assessment, TimeSpan now)
    {
        if (now - _servesSince < Settles)
        {
            return;
        }

        _routine ??= (assessment, now);
        _likelySince = assessment.Probability >= AlarmFrom ? _likelySince ?? now : null;

        // An alarm that came some minutes too early must not hide the failure: a surer one is made even so.
        _surerSince = assessment.Probability > _likelierThan ? _surerSince ?? now : null;
        if (_alarm is null && now - (now >= _quietUntil ? _likelySince : _surerSince) >= Persists)
        {
            _alarm = (assessment, now);
            _events.Add(new ForecastEvent(assessment, TimeSpan.Zero, IsAlarm: true, Outcome: null));
        }
    }
}
