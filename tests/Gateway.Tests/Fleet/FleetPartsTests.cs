using System.Text;
using Gateway.Failover;
using Gateway.Fleet;
using Xunit;

namespace Gateway.Tests.Fleet;

/// <summary>The fleet's parts that know neither clock nor network.</summary>
[Trait("kind", "unit")]
public sealed class FleetPartsTests
{
    private static readonly OrderSubject Hold = new("guide", null);
    private static readonly OrderSubject Drain = new("guide", "a");

    [Fact]
    public void Payload_ComesBackAsItWas_AndDamagedNotAtAll()
    {
        var order = new SharedOrder(7, "gateway", SharedOrderKind.Hold, "standby", "disk \"swap\"\n");
        var bytes = FleetPayload.Encode(order);
        Assert.Equal(order, FleetPayload.Decode<SharedOrder>(bytes));
        for (var i = 0; i < bytes.Length; i++)
        {
            var damaged = bytes.ToArray();
            damaged[i] ^= 1;
            Assert.Null(FleetPayload.Decode<SharedOrder>(damaged));
            Assert.Null(FleetPayload.Decode<SharedOrder>(bytes.AsSpan(0, i)));
        }

        var random = new Random(3);
        for (var i = 0; i < 2000; i++)
        {
            var noise = new byte[random.Next(200)];
            random.NextBytes(noise);
            Assert.Null(FleetPayload.Decode<Heartbeat>(noise));
        }

        Assert.Null(FleetPayload.Decode<SharedOrder>(FleetPayload.Encode(new string('x', FleetPayload.MaxLength))));
        Assert.Null(FleetPayload.Decode<SharedOrder>("2 00000000 {}"u8));
    }

    [Theory]
    [InlineData(0L, "by", 1, null)]
    [InlineData(-1L, "by", 1, null)]
    [InlineData(long.MaxValue, "by", 1, null)]
    [InlineData(1L, null, 1, null)]
    [InlineData(1L, "by", 0, null)]
    [InlineData(1L, "by", 9, null)]
    public void Order_OutOfBounds_IsNotTaken(long epoch, string? by, int kind, string? tier)
    {
        var (order, command, write, garbage) = new OperatorCommandStore().Read(
            Hold,
            FleetPayload.Encode(new SharedOrder(epoch, by!, (SharedOrderKind)kind, tier, null)),
            At(10),
            At(0));
        Assert.Null(order);
        Assert.Null(command);
        Assert.True(garbage);
        Assert.Empty(write!.Value.Value);
    }

    [Fact]
    public void SignOfLife_WithoutWhatMustBeThere_IsNotSound()
    {
        Heartbeat? Read(string json)
        {
            var sum = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(json)))[..8];
            return FleetPayload.Decode<Heartbeat>(Encoding.UTF8.GetBytes($"1 {sum} {json}"));
        }

        Assert.True(
            Read(
                """{"name":"a","version":"1","revision":"r","epoch":3,"clusters":[{"cluster":"c","active":null,"epoch":0,"tiers":[]}]}""")!.IsSound);
        Assert.False(Read("""{"name":"a","version":"1","revision":"r","epoch":3}""")!.IsSound);
        Assert.False(Read("""{"name":"a","version":"1","revision":"r","epoch":-3,"clusters":[]}""")!.IsSound);
        Assert.False(Read("""{"name":"a","version":"1","revision":"r","epoch":3,"clusters":[null]}""")!.IsSound);
        Assert.False(Read("""{"name":"a","version":"1","revision":"r","epoch":3,"clusters":[{"cluster":"c"}]}""")!.IsSound);

        // Routes: too long an identity, counts that cannot be, none, too many.
        Heartbeat With(string more) =>
            Read("""{"name":"a","version":"1","revision":"r","epoch":3,"clusters":[],""" + more + "}")!;
        const string Counted = """{"route":"0123456789abcdef","counts":{"requests":3,"failed":1,"rejected":1}}""";
        Assert.True(With($"\"askedRoutes\":[\"0123456789abcdef\"],\"routes\":[{Counted}]").IsSound);
        Assert.False(With("\"askedRoutes\":[\"0123456789abcdef0\"]").IsSound);
        Assert.False(With("\"askedRoutes\":[null]").IsSound);
        Assert.False(With($"\"routes\":[{string.Join(',', Enumerable.Repeat(Counted, 9))}]").IsSound);
        Assert.False(With("""
            "routes":[{"route":"0123456789abcdef","counts":{"requests":1,"failed":1,"rejected":1}}]
            """).IsSound);
        Assert.False(With("\"routes\":[{}]").IsSound);
        Assert.Null(Read("""{"name":[],"version":"1"}"""));
        Assert.Null(Read("[]"));
    }

    [Fact]
    public void OrderBook_HoldGivenHere_IsWrittenWithWhatIsLeftOfIt_AndTakenElsewhere()
    {
        var (here, there, epoch) = (new OperatorCommandStore(), new OperatorCommandStore(), new FleetEpoch());
        epoch.See(41);
        here.Give(new HoldCommand("guide", "standby", At(600), "why"), "one", epoch, At(0));
        Assert.Equal(42, epoch.Highest);
        var write = here.Read(Hold, [], At(0), At(100)).Write!.Value;
        Assert.Equal(At(500), write.KeepFor);

        // Elsewhere another clock shows another time: what counts is what is left.
        var (order, command, _, _) = there.Read(Hold, write.Value, At(480), At(7000));
        Assert.Equal(42, order!.Epoch);
        Assert.Equal(new HoldCommand("guide", "standby", At(480), "why"), command);
        Assert.Equal((null, null, null, false), there.Read(Hold, write.Value, At(479), At(7001)));
        Assert.Equal((null, null, null, false), here.Read(Hold, write.Value, At(480), At(120)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OrderBook_ReleaseGivenHere_SaysElsewhereWhetherItIsAtOnce(bool atOnce)
    {
        var (here, there, epoch) = (new OperatorCommandStore(), new OperatorCommandStore(), new FleetEpoch());
        here.Give(new ReleaseCommand("guide") { HeldBy = "drill a", AtOnce = atOnce }, "one", epoch, At(0));
        var write = here.Read(Hold, [], At(0), At(0)).Write!.Value;
        Assert.Equal(new ReleaseCommand("guide") { AtOnce = atOnce }, there.Read(Hold, write.Value, write.KeepFor, At(7000)).Command);
    }

    [Fact]
    public void OrderBook_DrainGivenHere_SaysElsewhereByWhomAndWhy()
    {
        var (here, there, epoch) = (new OperatorCommandStore(), new OperatorCommandStore(), new FleetEpoch());
        epoch.See(41);
        var subject = new OrderSubject("guide", "a");
        here.Give(new DrainCommand("guide", "a") { By = "ann@laptop (10.0.0.7)", Reason = "disk swap" }, "one", epoch, At(0));
        var write = here.Read(subject, [], At(0), At(1)).Write!.Value;
        Assert.Equal(
            new DrainCommand("guide", "a") { By = "ann@laptop (10.0.0.7)", Reason = "disk swap", Ago = At(1) },
            there.Read(subject, write.Value, write.KeepFor, At(7000)).Command);
    }

    [Fact]
    public void OrderBook_TwoOrders_TheHigherEpochWins_AmongEqualsTheGreaterName()
    {
        var book = new OperatorCommandStore();
        var five = Encoded(5, "one", SharedOrderKind.Hold, "standby");
        var six = Encoded(6, "one", SharedOrderKind.Release, null);
        var other = Encoded(6, "two", SharedOrderKind.Hold, "primary");
        Assert.IsType<HoldCommand>(book.Read(Hold, five, At(60), At(0)).Command);
        Assert.IsType<ReleaseCommand>(book.Read(Hold, six, OperatorCommandStore.KeepRelease, At(1)).Command);
        Assert.IsType<HoldCommand>(book.Read(Hold, other, At(60), At(2)).Command);

        // What comes late is put right.
        var (_, command, write, _) = book.Read(Hold, five, At(60), At(3));
        Assert.Null(command);
        Assert.Equal(other, write!.Value.Value);
        Assert.Equal(five, write.Value.Expected);
    }

    [Fact]
    public void OrderBook_WeightBesideADrain_EachIsItsOwnOrder()
    {
        var (here, there) = (new OperatorCommandStore(), new OperatorCommandStore());
        var epoch = new FleetEpoch();
        here.Give(new DrainCommand("guide", "a"), "one", epoch, At(0));
        here.Give(new WeightCommand("guide", "a", 5) { By = "ann", Reason = "new machine" }, "one", epoch, At(0));
        var weight = new OrderSubject("guide", "a", IsWeight: true);
        var drainWrite = here.Read(new OrderSubject("guide", "a"), [], At(0), At(1)).Write!.Value;
        var weightWrite = here.Read(weight, [], At(0), At(1)).Write!.Value;

        Assert.IsType<DrainCommand>(there.Read(drainWrite.Subject, drainWrite.Value, drainWrite.KeepFor, At(0)).Command);
        Assert.Equal(
            new WeightCommand("guide", "a", 5) { By = "ann", Reason = "new machine", Ago = At(1) },
            there.Read(weight, weightWrite.Value, weightWrite.KeepFor, At(0)).Command);

        here.Give(new WeightCommand("guide", "a", null), "one", epoch, At(2));
        var clear = here.Read(weight, weightWrite.Value, weightWrite.KeepFor, At(3)).Write!.Value;

        Assert.Equal(new WeightCommand("guide", "a", null) { Ago = At(1) }, there.Read(weight, clear.Value, clear.KeepFor, At(3)).Command);
        Assert.True(there.Read(drainWrite.Subject, clear.Value, clear.KeepFor, At(4)).Garbage);
    }

    [Theory]
    [InlineData(0, 600)]
    [InlineData(100, 500)]
    [InlineData(600, null)]
    public void OrderBook_DrainWithADeadline_CountsFromWhenItWasGiven(int seconds, int? left)
    {
        var here = new OperatorCommandStore();
        here.Give(new DrainCommand("guide", "a") { For = At(600) }, "one", new FleetEpoch(), At(0));
        var write = here.Read(Drain, [], At(0), At(0)).Write!.Value;

        var command = new OperatorCommandStore().Read(Drain, write.Value, OperatorCommandStore.KeepDrain - At(seconds), At(7000)).Command;

        Assert.Equal(left is { } some ? At(some) : null, Assert.IsType<DrainCommand>(command).For);
    }

    [Theory]
    [InlineData(0, 90)]
    [InlineData(60, 30)]
    public void OrderBook_DrainThatEndsByItself_DoesSoEverywhereAtThatTime(int seconds, int left)
    {
        var here = new OperatorCommandStore();
        here.Give(new DrainCommand("guide", "a") { Lasts = At(90) }, "one", new FleetEpoch(), At(0));
        var write = here.Read(Drain, [], At(0), At(0)).Write!.Value;
        Assert.Equal(At(90), write.KeepFor);

        var command = new OperatorCommandStore().Read(Drain, write.Value, At(90) - At(seconds), At(7000)).Command;

        Assert.Equal(At(left), Assert.IsType<DrainCommand>(command).Lasts);

        // Nor does it come back here once it is over.
        Assert.Null(here.Read(Drain, [], At(0), At(91)).Write);
    }

    [Theory]
    [InlineData(SharedOrderKind.Weight, null)]
    [InlineData(SharedOrderKind.Weight, 0)]
    [InlineData(SharedOrderKind.Weight, 1001)]
    [InlineData(SharedOrderKind.WeightClear, 5)]
    internal void SharedOrder_WeightOutOfBounds_IsGarbage(SharedOrderKind kind, int? weight) =>
        Assert.True(new OperatorCommandStore().Read(
            new OrderSubject("guide", "a", IsWeight: true),
            FleetPayload.Encode(new SharedOrder(5, "one", kind, null, null, null, weight)),
            At(60),
            At(0)).Garbage);

    [Fact]
    public void OrderBook_RedisWasEmptied_OrdersAreWrittenAgainUnlessTheyAreOver()
    {
        var book = new OperatorCommandStore();
        book.Read(Hold, Encoded(5, "one", SharedOrderKind.Hold, "standby"), At(60), At(0));
        Assert.Equal(At(50), book.Read(Hold, [], At(0), At(10)).Write!.Value.KeepFor);
        Assert.Null(book.Read(Hold, [], At(0), At(61)).Write);
        book.Read(Drain, Encoded(6, "one", SharedOrderKind.Drain, null), OperatorCommandStore.KeepDrain, At(0));
        Assert.NotNull(book.Read(Drain, [], At(0), At(86_400)).Write);
    }

    [Fact]
    public void OrderBook_ReleaseOfLongAgo_ReleasesNothingAtANewcomer()
    {
        var old = Encoded(5, "one", SharedOrderKind.Release, null);
        Assert.Null(new OperatorCommandStore().Read(Hold, old, OperatorCommandStore.KeepRelease - At(60), At(0)).Command);
        Assert.NotNull(new OperatorCommandStore().Read(Hold, old, OperatorCommandStore.KeepRelease - At(1), At(0)).Command);
    }

    [Fact]
    public void OrderBook_HoldWithoutEnd_EndsAllTheSame()
    {
        var command = new OperatorCommandStore().Read(
            Hold,
            Encoded(5, "one", SharedOrderKind.Hold, "standby"),
            TimeSpan.FromMilliseconds(-1),
            At(0)).Command;
        Assert.Equal(OperatorCommandStore.LongestHold, Assert.IsType<HoldCommand>(command).For);
        Assert.True(new OperatorCommandStore().Read(Hold, Encoded(5, "one", SharedOrderKind.Drain, null), At(5), At(0)).Garbage);
    }

    [Fact]
    public void PurgeLog_TellsEachOnce_AndWhoMissedTooManyForgetsEverything()
    {
        var (here, there) = (new PurgeLog(), new PurgeLog());
        there.Add("Route", "own");
        there.Sent(there.Waiting());
        Assert.Empty(there.Waiting());
        here.Add("Route", "a");
        var log = here.Waiting().Select(static p => (TimeSpan.Zero, FleetPayload.Encode(p))).ToList();
        here.Sent(here.Waiting());
        Assert.Empty(here.News(log, At(100)));
        Assert.Equal("a", Assert.Single(there.News(log, At(100))).Text);
        Assert.Empty(there.News(log, At(100)));

        // Before a newcomer's time: nothing of it can be in its memory.
        var old = new List<(TimeSpan, byte[])> { (At(60), FleetPayload.Encode(new SharedPurge("old", "Route", "a"))) };
        Assert.Empty(new PurgeLog().News(old, At(59)));
        Assert.Single(new PurgeLog().News(old, At(61)));

        // All that stood there when it looked last has left.
        var many = Enumerable.Range(0, FleetScript.MostPurges)
            .Select(static i => (TimeSpan.Zero, FleetPayload.Encode(new SharedPurge($"n{i}", "Key", "k"))))
            .ToList();
        Assert.Equal(("Prefix", ""), there.News(many, At(100)) is [var only] ? (only.By, only.Text) : default);
    }

    [Fact]
    public void PurgeLog_MoreThanFits_BecomesOneOfEverything()
    {
        var log = new PurgeLog();
        for (var i = 0; i < 100; i++)
        {
            log.Add("Key", $"k{i}");
        }

        Assert.True(log.Waiting().Count <= FleetScript.MostPurges);
        Assert.Contains(log.Waiting(), static p => p is { By: "Prefix", Text: "" });
        Assert.All(log.Waiting(), static p => Assert.NotEqual("all", p.Id));
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("2", false)]
    [InlineData("2000000000", false)]
    [InlineData("2147483647", false)]
    [InlineData("-1", false)]
    [InlineData("", false)]
    public void Reply_WithMoreGatewaysThanItHolds_IsNotTaken(string gateways, bool isTaken)
    {
        string[] reply = ["1000", "1", gateways, "one", "sign of life", "value", "-1"];

        Assert.Equal(isTaken, FleetScript.Read([.. reply.Select(Encoding.UTF8.GetBytes)], slots: 1) is not null);
    }

    private static byte[] Encoded(long epoch, string by, SharedOrderKind kind, string? tier) =>
        FleetPayload.Encode(new SharedOrder(epoch, by, kind, tier, "why"));

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
