using System.Collections.Immutable;
using System.Text;
using Gateway.Consensus;
using Gateway.Failover;
using Gateway.Fleet;
using Gateway.Fleet.Canaries;
using Gateway.Fuzzing.Engine;

namespace Gateway.Fuzzing.Targets;

/// <summary>
/// What an exchange with Redis brings (<see cref="FleetScript.Read"/>): signs of life, agreed changes, operators' orders, purges. What is
/// malformed is not applied, no epoch goes beyond its bound, and no text of another gateway has a control character. Values are separated
/// by a byte 1F, and get the check that gateways write before JSON.
/// </summary>
internal sealed class FleetTarget : IFuzzTarget
{
    private const byte Separator = 0x1F;
    private static readonly TimeSpan Now = TimeSpan.FromHours(1);
    private static readonly OrderSubject[] Subjects = [new("c", null), new("c", "d"), new("c", "d", IsWeight: true)];

    private static readonly ImmutableArray<ClusterVote> Mine =
        [new("c", "primary", 1, [new("primary", Down: false, Able: true, ReadyToFailBack: false), new("standby", false, true, false)])];

    private static readonly GatewayView Self = new("self", "this", Self: true, "1", "a", Mine);

    /// <inheritdoc/>
    public string Name => "redis-fleet";

    /// <inheritdoc/>
    public int MostBytes => 4096;

    /// <inheritdoc/>
    public IEnumerable<byte[]> Seeds
    {
        get
        {
            var life = RedisPayload.JsonOf(new Heartbeat("other", "1", "b", 7, Mine)
            {
                Faults = ["fault"],
                Outcomes = new CanaryCounts(10, 1, 2),
                AskedRoutes = [RouteOutcome.IdOf("a")],
                Routes = [new RouteOutcome(RouteOutcome.IdOf("b"), new CanaryCounts(5, 1, 1))],
                Beat = 3,
            });
            var change = RedisPayload.JsonOf(new AgreedChange(9, "c", AgreedChangeKind.Failover, "primary", "standby"));
            var hold = RedisPayload.JsonOf(new SharedOrder(3, "other", SharedOrderKind.Hold, "standby", "why", "who"));
            var drain = RedisPayload.JsonOf(new SharedOrder(4, "other", SharedOrderKind.Drain, null, null, ForMs: 60_000, LastsMs: 90_000));
            var weight = RedisPayload.JsonOf(new SharedOrder(5, "other", SharedOrderKind.Weight, null, "why", Weight: 50));
            var purge = RedisPayload.JsonOf(new SharedPurge("id", "Prefix", "/a"));
            yield return Of("1000", "1", "1", "other", life, change, "86400000", hold, "1000", drain, "80000", weight, "-1",
                "900 " + purge);
            yield return Of("1000", "0", "0", "", "-2", "", "-2", "", "-2", "", "-2");
            yield return Of("1000", "1", "0", "?", "5", hold, "90000000", drain, "1", weight, "1", purge);
        }
    }

    /// <inheritdoc/>
    public IEnumerable<string> Words =>
    [
        "\u001f", "{", "}", "[", "]", "null", "true", "\"epoch\":", "\"kind\":", "\"tiers\":", "\"clusters\":", "\"faults\":",
        "\"outcomes\":", "\"askedRoutes\":", "\"routes\":", "\"counts\":",
        "\"weight\":", "\"forMs\":", "\"lastsMs\":", "\"by\":", "\"tier\":\"standby\"", "\\ud800", "\\u0000", "\\n", "1e400", "-1",
        "[null]",
        "1125899906842624", "9223372036854775807", "\"name\":null", ",", ":", "?", "1 ",
    ];

    /// <inheritdoc/>
    public long MemoryFor(int length) => 2 * 1024 * 1024 + (400L * length);

    /// <inheritdoc/>
    public void Run(ReadOnlyMemory<byte> input)
    {
        if (FleetScript.Read(ValuesOf(input.Span), 1 + Subjects.Length) is not { } reply)
        {
            return;
        }

        // 1. Who lives.
        var epoch = new FleetEpoch();
        var gateways = FleetMembers.Of(Self, reply.Lives, epoch, out _);
        foreach (var gateway in gateways)
        {
            Invariant.Printable(gateway.Id + gateway.Name + gateway.Version + gateway.Revision,
                "what a gateway says of itself is printable");
            Invariant.Holds(gateway.Clusters.All(static vote => vote.Cluster is "c" && vote.Tiers.Length == 2),
                "votes are of known clusters");
            Invariant.Holds(gateway.Outcomes.IsSound, "counts of another gateway are sound");
            Invariant.Holds(
                RouteOutcome.AreSound(gateway.Routes) && RouteOutcome.AreSound(gateway.AskedRoutes), "routes of another gateway are sound");
        }

        // 2. What was agreed, and what is decided with it.
        var changes = new SharedChanges(epoch, static change => Invariant.Holds(change.Epoch is > 0 and <= FleetPayload.MaxEpoch,
            "an agreement's epoch is one"));
        var decided = changes.Decide(["c"], [reply.Values[0]], Mine, gateways, Now);
        Invariant.Holds(
            FleetPayload.Decode<AgreedChange>(reply.Values[0].Value) is not null
                || changes.All.All(static change => change.Epoch <= FleetPayload.MaxEpoch + 1),
            "what is malformed is no agreement");
        Invariant.Holds(decided.Guidance.Keys.All(static cluster => cluster is "c"), "guidance is of known clusters");

        // 3. What operators ordered, and what was purged.
        foreach (var known in new[] { false, true })
        {
            Orders(reply, epoch, known);
        }

        Invariant.Holds(epoch.Highest is >= 0 and <= FleetPayload.MaxEpoch + 2, "an epoch is a count");
        Invariant.Holds(
            new PurgeLog().News(reply.Purges, Now).All(static purge => purge.IsSound), "what is malformed is no purge");
    }

    private static void Orders(FleetReply reply, FleetEpoch epoch, bool known)
    {
        var store = new OperatorCommandStore();
        if (known)
        {
            var own = new FleetEpoch();
            store.Give(new HoldCommand("c", "primary", TimeSpan.FromMinutes(5), "here"), "self", own, Now);
            store.Give(new DrainCommand("c", "d"), "self", own, Now);
        }

        for (var i = 0; i < Subjects.Length; i++)
        {
            var (value, remaining) = reply.Values[1 + i];
            var (order, command, _, garbage) = store.Read(Subjects[i], value, remaining, Now);
            Invariant.Holds(!garbage || (order is null && command is null), "what is malformed is no order");
            Invariant.Holds(order is null or { IsSound: true }, "an order is sound");
            Invariant.Holds(order is null || FleetPayload.Decode<SharedOrder>(value) == order, "an order is what stands in Redis");
            Invariant.Printable(command?.By, "who ordered is printable");
            epoch.See(order?.Epoch ?? 0);
            switch (command)
            {
                case HoldCommand hold:
                    Invariant.Printable(hold.Reason, "a reason is printable");
                    Invariant.Holds(hold.For > TimeSpan.Zero && hold.For <= OperatorCommandStore.LongestHold,
                        "a hold lasts up to its longest");
                    break;
                case DrainCommand drain:
                    Invariant.Printable(drain.Reason, "a reason is printable");
                    Invariant.Holds(drain.For is null || drain.For > TimeSpan.Zero, "a drain lasts");
                    Invariant.Holds(drain.Ago >= TimeSpan.Zero, "an order was given before now");
                    break;
                case WeightCommand weight:
                    Invariant.Holds(weight.Weight is null or (>= WeightCommand.Least and <= WeightCommand.Most),
                        "a weight is in its bounds");
                    break;
            }
        }
    }

    private static byte[]?[] ValuesOf(ReadOnlySpan<byte> input)
    {
        var values = new List<byte[]?>();
        foreach (var range in input.Split(Separator))
        {
            values.Add(RedisPayload.Sealed(input[range]));
        }

        return [.. values];
    }

    private static byte[] Of(params string[] values) => Encoding.UTF8.GetBytes(string.Join((char)Separator, values));
}
