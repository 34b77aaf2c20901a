using System.Collections.Immutable;
using System.Globalization;
using Gateway.Consensus;

namespace Gateway.Fleet;

/// <summary>Whether this gateway alone reaches nothing. The fleet's loop writes; any thread reads.</summary>
internal sealed class FleetIsolation
{
    // When all is lost for everyone, one gateway notices first.
    private static readonly TimeSpan Lasting = TimeSpan.FromMilliseconds(500);

    private State? _state;
    private long _lastTicks = long.MinValue;

    /// <summary>Looks at the living gateways, as heard now.</summary>
    public void Look(ImmutableArray<GatewayView> gateways, TimeSpan now)
    {
        var serving = IsolationRule.ServingWithout(
            gateways.FirstOrDefault(static gateway => gateway.Self)?.Clusters ?? [],
            gateways.Where(static gateway => !gateway.Self).Select(static gateway => gateway.Clusters));
        var before = Volatile.Read(ref _state);
        if (IsLasting(before, now))
        {
            Volatile.Write(ref _lastTicks, now.Ticks);
        }

        Volatile.Write(ref _state, serving == 0 ? null : new State(before?.Since ?? now, serving));
    }

    /// <summary>How long it has not been so; zero: it is; null: it never was.</summary>
    public TimeSpan? Since(TimeSpan now) => IsLasting(Volatile.Read(ref _state), now) ? TimeSpan.Zero
        : Volatile.Read(ref _lastTicks) is var last and not long.MinValue ? now - new TimeSpan(last)
        : null;

    /// <summary>What is so, for people; null: it is not, or not for long enough.</summary>
    public string? Text(TimeSpan now) => Volatile.Read(ref _state) is { } state && IsLasting(state, now)
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"This gateway reaches no destination, and {state.Serving} of the others {(state.Serving == 1 ? "does" : "do")}.")
            + " The fault is between this one and the destinations: it is not ready, and its votes do not count."
        : null;

    private static bool IsLasting(State? state, TimeSpan now) => state is not null && now - state.Since >= Lasting;

    private sealed record State(TimeSpan Since, int Serving);
}
