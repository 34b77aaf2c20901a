namespace Gateway.Health.Rules;

/// <summary>
/// Whether a destination looks ill though it is not ejected: it was silent, or late several times in a row. Knows no clock; only the loop
/// touches it.
/// </summary>
internal sealed class Suspicion
{
    /// <summary>So many late attempts in a row make a suspect.</summary>
    private const int SuspectAfterLates = 5;

    /// <summary>A suspect is passed over for this long, then shown to traffic again.</summary>
    private static readonly TimeSpan SuspectFor = TimeSpan.FromSeconds(1);

    private readonly PhiAccrual _phi = new();
    private TimeSpan _lateUntil;

    /// <summary>Others are preferred.</summary>
    public bool Suspect { get; private set; }

    /// <summary>The suspicion from silence.</summary>
    public double Phi { get; private set; }

    /// <summary>When silence alone would make it a suspect.</summary>
    public TimeSpan SuspectFrom => _phi.SuspectFrom;

    /// <summary>It gave a sign of life.</summary>
    public void Beat(TimeSpan now) => _phi.Beat(now);

    /// <summary>It was late, so many times in a row; true: it became a suspect.</summary>
    public bool OnLate(int run, TimeSpan now)
    {
        if (run < SuspectAfterLates)
        {
            return false;
        }

        _lateUntil = now + SuspectFor;
        return Update(now);
    }

    /// <summary>It is down: its silence says nothing more.</summary>
    public void ForgetSilence() => _phi.Clear();

    /// <summary>It starts anew.</summary>
    public void ForgetLateness() => _lateUntil = default;

    /// <summary>Time passed; true: it became a suspect, or is none any more.</summary>
    public bool Update(TimeSpan now)
    {
        Phi = _phi.Phi(now);
        var suspect = now < _lateUntil || Phi >= PhiAccrual.Threshold;
        var changed = suspect != Suspect;
        Suspect = suspect;
        return changed;
    }
}
