using Gateway.Consensus;

namespace Gateway.Fleet;

/// <summary>Whether the gateways hear one another now. The fleet's loop writes; any thread reads.</summary>
internal sealed class FleetAgreement(TimeProvider time)
{
    private static readonly TimeSpan AlarmAfter = TimeSpan.FromSeconds(3);

    private readonly long _origin = time.GetTimestamp();
    private long _lastExchange = long.MinValue;
    private string? _failure;
    private bool _announced;

    /// <summary>The loop's clock.</summary>
    public TimeSpan Now => time.GetElapsedTime(_origin);

    /// <summary>They do; false: this gateway decides alone.</summary>
    public bool Holds => LastExchange > TimeSpan.MinValue && Now - LastExchange <= FleetGuidance.ValidFor;

    /// <summary>They have not for so long that operators are told.</summary>
    public bool IsOverdue => !Holds && Now - (LastExchange > TimeSpan.Zero ? LastExchange : TimeSpan.Zero) > AlarmAfter;

    /// <summary>Why the last exchange failed.</summary>
    public string Failure => Volatile.Read(ref _failure) ?? "no exchange was finished";

    /// <summary>An exchange is over.</summary>
    public void OnExchange(TimeSpan now)
    {
        Interlocked.Exchange(ref _lastExchange, now.Ticks);
        Volatile.Write(ref _failure, null);
    }

    /// <summary>An exchange failed.</summary>
    public void OnFailure(string reason) => Volatile.Write(ref _failure, reason);

    /// <summary>True, once: it is another than when this was asked last.</summary>
    public bool HasChanged(out bool holds)
    {
        var before = _announced;
        holds = _announced = Holds;
        return before != holds;
    }

    private TimeSpan LastExchange => TimeSpan.FromTicks(Interlocked.Read(ref _lastExchange));
}
