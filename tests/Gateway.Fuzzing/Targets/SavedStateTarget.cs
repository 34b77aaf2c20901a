using System.Text;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Failover.Resuming;
using Gateway.Fleet;
using Gateway.Fuzzing.Engine;

namespace Gateway.Fuzzing.Targets;

/// <summary>
/// Lines of the state folder: operators' orders and what clusters came to. What is not sound is forgotten, and what is sound is put in
/// force with times in their bounds. A line gets its check.
/// </summary>
internal sealed class SavedStateTarget : IFuzzTarget
{
    private static readonly DateTimeOffset Now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);
    private static readonly TierConfig[] Tiers = [TierOf("primary"), TierOf("standby")];

    /// <inheritdoc/>
    public string Name => "saved-state";

    /// <inheritdoc/>
    public int MostBytes => 4096;

    /// <inheritdoc/>
    public IEnumerable<byte[]> Seeds
    {
        get
        {
            var at = Now.ToUnixTimeMilliseconds() - 60_000;
            yield return Of(new KeptOrder("c", null, SharedOrderKind.Hold, at, Tier: "standby", ForMs: 600_000, Reason: "why",
                Operator: "who"));
            yield return Of(new KeptOrder("c", "d", SharedOrderKind.Drain, at, ForMs: 600_000));
            yield return Of(new KeptOrder("c", "d", SharedOrderKind.Weight, at, Weight: 50));
            yield return Of(new SavedClusterRecord(at, new SavedCluster(
                "c", "standby", TimeSpan.FromMinutes(1), 1, TimeSpan.FromMinutes(2), "primary", 0.5,
                [new SavedTier("standby", TimeSpan.FromMinutes(3))],
                [new SavedEjection("primary", "d", "http://a:1", 2, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(9), "why", "cause",
                "all")],
                new Transition("c", "primary", "standby", TransitionReason.Failover, "evidence", Now)
                {
                    Cause = "cause",
                })));
        }
    }

    /// <inheritdoc/>
    public IEnumerable<string> Words =>
    [
        "{", "}", "[", "]", "null", "[null]", ",", "\"givenAtMs\":", "\"savedAtMs\":", "\"kind\":", "\"weight\":", "\"forMs\":",
        "\"last\":",
        "\"at\":", "\"activeFor\":", "\"00:00:01\"", "\"10675199.02:48:05.4775807\"", "\"9999-12-31T23:59:59Z\"",
        "\"0001-01-01T00:00:00+14:00\"",
        "253402300799999", "253402300800000", "-62135596800001", "9223372036854775807", "1e400", "\\ud800", "\\u0007", "-1",
    ];

    /// <inheritdoc/>
    public long MemoryFor(int length) => 1024 * 1024 + (400L * length);

    /// <inheritdoc/>
    public void Run(ReadOnlyMemory<byte> input)
    {
        var line = RedisPayload.Sealed(input.Span);
        if (FleetPayload.Decode<KeptOrder>(line) is { IsSound: true } order)
        {
            Check(order);
        }

        if (FleetPayload.Decode<SavedClusterRecord>(line) is { IsSound: true } record)
        {
            Check(record);
        }
    }

    private static void Check(KeptOrder order)
    {
        _ = order.Subject;
        if (order.CommandAt(Now) is not { } command)
        {
            return;
        }

        Invariant.Printable(command.By, "who ordered is printable");
        Invariant.Holds(command is not HoldCommand hold || (hold.For > TimeSpan.Zero && hold.For <= OperatorCommandStore.LongestHold),
            "a hold has its bounds");
        Invariant.Holds(command.Ago >= TimeSpan.Zero && command.Ago <= OperatorCommandStore.KeepDrain, "an order was given before now");
    }

    private static void Check(SavedClusterRecord record)
    {
        if (record.CommandAt(Now) is not { } command)
        {
            return;
        }

        Invariant.Holds(command.Ago >= TimeSpan.Zero && command.Ago <= SavedClusterRecord.LongestAge, "what is too old is forgotten");
        Invariant.Printable(command.Saved.Last?.Evidence + command.Saved.Last?.Cause, "what it rested on is printable");
        Invariant.Holds(ClusterResuming.TextOf(command.Saved).Length > 0, "it is told");
        var state = ClusterResuming.StateOf(command.Saved, Tiers, command.Ago, TimeSpan.FromMinutes(1));
        Invariant.Holds(state.Active >= -1 && state.Active < Tiers.Length, "the active tier is one of the configuration");
    }

    private static TierConfig TierOf(string name) => new()
    {
        Name = name,
        Destinations = [],
    };

    private static byte[] Of<T>(T record) => Encoding.UTF8.GetBytes(RedisPayload.JsonOf(record));
}
