using Gateway.Observability;
using Gateway.Observability.Metrics;

namespace Gateway.Health.Rules;

/// <summary>
/// Counts the successes of one route at one destination. It is all that the happy path tells Health: one increment.
/// The loop reads it when a failure arrives: if it moved since the last failure, the run of failures starts anew.
/// </summary>
internal sealed class RouteSuccessCounter(string route)
{
    private const int LateAgain = 3;

    private long _successes;
    private long _counted;
    private long _countedIn = -1;
    private int _lates;
    private int _avoidance;
    private long _overtaken;
    private long _settledOvertaken;
    private long _olderOvertaken;

    /// <summary>The route's name.</summary>
    public string Route => route;

    /// <summary>Successes since the start.</summary>
    public long Successes => Volatile.Read(ref _successes);

    /// <summary>The number of the loop's step; null, or gives null: no loop looks at it by steps.</summary>
    public Func<long?>? Step { get; init; }

    /// <summary>Told when <see cref="Counted"/> has changed.</summary>
    public Action<long>? OnCounted { get; init; }

    /// <summary>
    /// <see cref="Successes"/> as the loop counts them: looked at once a step, so that all that a step decides rests on one number. For the
    /// loop alone.
    /// </summary>
    internal long Counted
    {
        get
        {
            if (Step?.Invoke() is not { } step)
            {
                return Successes;
            }

            if (_countedIn != step)
            {
                _countedIn = step;
                var now = Successes;
                if (now != _counted)
                {
                    _counted = now;
                    OnCounted?.Invoke(now);
                }
            }

            return _counted;
        }
    }

    /// <summary>A replay: so many were counted then.</summary>
    internal void Restore(long successes) => Volatile.Write(ref _successes, successes);

    /// <summary>
    /// How far this route's requests keep away from the destination. Written by the loop alone; worth reading only where
    /// <c>RouteTiming.HasAvoided</c>.
    /// </summary>
    public RouteAvoidance Avoidance
    {
        get => (RouteAvoidance)Volatile.Read(ref _avoidance);
        internal set => Volatile.Write(ref _avoidance, (int)value);
    }

    /// <summary>True: the last few attempts were all late. One late response is chance; a run of them wants to be looked into.</summary>
    public bool IsLateAgain => Volatile.Read(ref _lates) >= LateAgain;

    /// <summary>An attempt succeeded in time.</summary>
    public void Success()
    {
        Interlocked.Increment(ref _successes);
        if (Volatile.Read(ref _lates) != 0)
        {
            Volatile.Write(ref _lates, 0);
        }
    }

    /// <summary>The route's figures; null: they are not read.</summary>
    public RouteMeter? Meter { get; set; }

    /// <summary>
    /// A hedge served a user while an attempt here was still waiting. If the destination turns out to be ill soon, that hedge saved the
    /// user from it: see <see cref="CreditOvertaken"/>.
    /// </summary>
    public void Overtaken() => Interlocked.Increment(ref _overtaken);

    /// <summary>How often that was so since the start.</summary>
    internal long OvertakenSoFar => Volatile.Read(ref _overtaken);

    /// <summary>
    /// Forgets what was overtaken before the last call: the destination was merely slow. Called by the loop alone, every few seconds.
    /// </summary>
    internal void AgeOvertaken()
    {
        _settledOvertaken = Math.Max(_settledOvertaken, _olderOvertaken);
        _olderOvertaken = Volatile.Read(ref _overtaken);
    }

    /// <summary>The destination is ejected or down: what was overtaken of late was saved by a hedge. Called by the loop alone.</summary>
    internal void CreditOvertaken()
    {
        var now = Volatile.Read(ref _overtaken);
        if (now > _settledOvertaken)
        {
            Meter?.Saved(SavedBy.Hedge, now - _settledOvertaken);
            _settledOvertaken = now;
        }
    }

    /// <summary>Another destination answered first.</summary>
    public void Late() => Interlocked.Increment(ref _lates);
}
