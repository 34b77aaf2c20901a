using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.Health.Rules;
using Gateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Failover;

/// <summary>The loop with real probes against real sockets.</summary>
[Trait("kind", "socket")]
public sealed class FailoverLoopTests : IAsyncDisposable
{
    // What must happen is awaited for this long; how fast it must be is the arithmetic's test, for a busy machine proves nothing about it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // For what only the clock decides.
    private static readonly TimeSpan Stride = TimeSpan.FromMilliseconds(100);

    private readonly RawServer _a = new();
    private readonly RawServer _b = new();
    private readonly RawServer _standby = new();
    private readonly ConcurrentQueue<Transition> _transitions = new();
    private FailoverLoop? _loop;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private FailoverLoop Loop => _loop ?? throw new InvalidOperationException("The loop was not started.");

    private Cluster Cluster => Loop.Find("guide")!;

    public async ValueTask DisposeAsync()
    {
        if (_loop is not null)
        {
            await _loop.DisposeAsync();
        }

        await _a.DisposeAsync();
        await _b.DisposeAsync();
        await _standby.DisposeAsync();
    }

    [Fact]
    public async Task Construction_BeforeAnyProbe_AlreadyServesTheFirstTier()
    {
        await using var loop = new FailoverLoop(ConfigOf(ClusterOf()), TimeProvider.System, NullLogger<FailoverLoop>.Instance, []);
        var snapshot = loop.Find("guide")!.Snapshot;
        Assert.Equal(0, snapshot.Active);
        Assert.Equal("a,b", string.Join(",", snapshot.Tiers[0].Usable.Select(d => d.Name)));
        Assert.Null(loop.Find("nobody"));
    }

    [Fact]
    public async Task FirstRound_AllAnswer_EveryoneIsUp()
    {
        await StartAsync(ClusterOf());
        Assert.All(Loop.Views[0].Tiers.SelectMany(t => t.Destinations), d => Assert.Equal(HealthStatus.Up, d.HealthStatus));
        Assert.Empty(_transitions);
    }

    [Fact]
    public async Task FirstRound_PrimaryDead_StandbyServesAndItIsSaidOnce()
    {
        await _a.KillAsync();
        await _b.KillAsync();
        await StartAsync(ClusterOf());
        await Eventually.BeTrueAsync(() => Cluster.Snapshot.Active == 1, Patience, "the standby serves");
        var only = Assert.Single(_transitions);
        Assert.Equal(("primary", "standby", TransitionReason.Failover), (only.From, only.To, only.Reason));
    }

    [Fact]
    public async Task OneOfTwo_Killed_LeavesTheTierServing()
    {
        await StartAsync(ClusterOf());
        await _a.KillAsync();
        await Eventually.BeTrueAsync(() => Cluster.Snapshot.Tiers[0].Usable is [{ Name: "b" }], Patience, "only b is used");
        Assert.Equal(0, Cluster.Snapshot.Active);
        Assert.Empty(_transitions);
    }

    [Fact]
    public async Task Primary_KilledAndBack_FailsOverAndBackByARamp()
    {
        await StartAsync(ClusterOf() with
        {
            Failback = new FailbackConfig { After = TimeSpan.FromSeconds(0.5), Ramp = TimeSpan.FromSeconds(1) }
        });
        await _a.KillAsync();
        await _b.KillAsync();
        await Eventually.BeTrueAsync(() => Cluster.Snapshot.Active == 1, Patience, "the standby serves");
        _a.Restart();
        _b.Restart();
        await Eventually.BeTrueAsync(
            () => Cluster.Snapshot is { Active: 0, RampFrom: 1, RampShare: > 0.1 and < 1 },
            Patience,
            "the primary ramps up");
        await Eventually.BeTrueAsync(
            () => Cluster.Snapshot is { Active: 0, RampFrom: -1, RampShare: 1 },
            Patience,
            "the primary serves alone");
        Assert.Equal([TransitionReason.Failover, TransitionReason.Failback], _transitions.Select(t => t.Reason));
        Assert.Contains("a is down (", _transitions.First().Evidence, StringComparison.Ordinal);
        Assert.Contains("failed: connection refused", _transitions.First().Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Primary_Frozen_IsLeftByProbesAlone()
    {
        await StartAsync(ClusterOf());
        _a.Behaviour = RawServer.Freeze;
        _b.Behaviour = RawServer.Freeze;
        await Eventually.BeTrueAsync(() => Cluster.Snapshot.Active == 1, Patience, "the standby serves");
        Assert.Contains("timed out", _transitions.Single().Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Everything_KilledAndOneBack_IsExhaustedThenRecoversAtOnce()
    {
        await StartAsync(ClusterOf());
        await Task.WhenAll(_a.KillAsync(), _b.KillAsync(), _standby.KillAsync());
        await Eventually.BeTrueAsync(() => Cluster.Snapshot.Exhausted, Patience, "exhausted");
        _a.Restart();
        var took = await Eventually.BeTrueAsync(() => Cluster.Snapshot.Active == 0, Patience, "the primary serves");
        Assert.True(took < TimeSpan.FromSeconds(2), $"Back after {took}.");
        Assert.Equal(-1, Cluster.Snapshot.RampFrom);
        Assert.Equal(TransitionReason.Recovered, _transitions.Last().Reason);
        Assert.Null(_transitions.Last().From);
    }

    [Fact]
    public async Task Evidence_ThreeResetsEach_LeavesTheTierAtOnceThoughProbesAreGreen()
    {
        await StartAsync(ClusterOf());
        await FailAsync("a", 3);
        await FailAsync("b", 3);
        Assert.Equal(1, Cluster.Snapshot.Active);
        Assert.Equal(TransitionReason.Failover, Assert.Single(_transitions).Reason);
        Assert.Contains("3 failures in a row on route 'r'", _transitions.First().Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ejected_EndsHalfOpen_WhoseSuccessBringsItBack()
    {
        await StartAsync(ClusterOf() with { Passive = new PassiveConfig { EjectFor = TimeSpan.FromMilliseconds(300) } });
        await FailAsync("a", 3);
        await Eventually.BeTrueAsync(() => Cluster.Snapshot.Tiers[0].HalfOpen is [{ Name: "a" }], Patience, "a is half-open");
        Assert.DoesNotContain(Cluster.Snapshot.Tiers[0].Usable, d => d.Name is "a");
        var destination = Find("a");
        Assert.True(destination.TryTakeHalfOpenPermit());
        Assert.True(Loop.Report(new Evidence(destination, "r", EvidenceKind.Success, HalfOpen: true)));
        await BarrierAsync();
        Assert.Contains(Cluster.Snapshot.Tiers[0].Usable, d => d.Name is "a");
        Assert.Empty(Cluster.Snapshot.Tiers[0].HalfOpen);
    }

    [Fact]
    public async Task Exhausted_ByTrafficAlone_OffersHalfOpenProbesWithinASecond()
    {
        await StartAsync(ClusterOf() with { Passive = new PassiveConfig { EjectFor = TimeSpan.FromMinutes(1) } });
        foreach (var name in new[] { "a", "b", "s" })
        {
            await FailAsync(name, 3, EvidenceKind.Connect);
        }

        Assert.True(Cluster.Snapshot.Exhausted);
        await Eventually.BeTrueAsync(
            () => Cluster.Snapshot.Tiers.All(t => t.HalfOpen.Length == t.All.Length),
            Patience,
            "all are half-open");
        Assert.True(Find("s").TryTakeHalfOpenPermit());
        Loop.Report(new Evidence(Find("s"), "r", EvidenceKind.Success, HalfOpen: true));
        await BarrierAsync();
        Assert.Equal(1, Cluster.Snapshot.Active);
    }

    [Fact]
    public async Task RetryAfter_OneOfTwo_IsAvoidedByThatRouteAndServesTheOthers()
    {
        await StartAsync(ClusterOf());
        Loop.Report(new Evidence(Find("a"), "r", EvidenceKind.Busy, RetryAfter: TimeSpan.FromSeconds(30)));
        await BarrierAsync();
        Assert.Equal(2, Cluster.Snapshot.Tiers[0].Usable.Length);
        Assert.True(Cluster.TimingOf("r").HasAvoided);
        Assert.False(Cluster.TimingOf("other").HasAvoided);
        Assert.Equal(RouteAvoidance.Deferred, Find("a").Tally("r").Avoidance);
        await CommandAsync(new ReadyCommand("guide", "a"));
        Assert.Equal(RouteAvoidance.None, Find("a").Tally("r").Avoidance);
        await Eventually.BeTrueAsync(() => !Cluster.TimingOf("r").HasAvoided, Patience, "requests need not look any more");
    }

    [Fact]
    public async Task Evidence_NotServedElsewhere_EjectsNobody()
    {
        await StartAsync(ClusterOf());
        foreach (var name in new[] { "a", "b", "s" })
        {
            for (var count = 0; count < 200; count++)
            {
                Loop.Report(new Evidence(Find(name), "r", EvidenceKind.Status, Status: 503, Lone: true));
            }
        }

        await BarrierAsync();
        Assert.Empty(_transitions);
        Assert.All(Cluster.Snapshot.Tiers.SelectMany(static t => t.All), static d => Assert.Equal(HealthStatus.Up, d.HealthStatus));
    }

    [Fact]
    public async Task Evidence_NeighboursServeTheRoute_EjectsEvenWithoutASecondAttempt()
    {
        await StartAsync(ClusterOf());
        foreach (var name in new[] { "a", "b" })
        {
            for (var count = 0; count < 3; count++)
            {
                Loop.Report(new Evidence(Find(name), "r", EvidenceKind.Reset, Lone: true));
            }
        }

        // The route goes to the standby meanwhile, which serves it.
        await Eventually.BeTrueAsync(
            () =>
            {
                Find("s").Tally("r").Success();
                return Cluster.Snapshot.Active == 1;
            },
            Patience,
            "the standby serves");
        Assert.Equal((HealthStatus.Ejected, HealthStatus.Ejected), (Find("a").HealthStatus, Find("b").HealthStatus));
    }

    // A scheduled drill neither takes an operator's hold away nor ends it.
    [Fact]
    public async Task Commands_OfADrill_LeaveAnOperatorsHoldAlone()
    {
        await StartAsync(ClusterOf());
        var drill = new HoldCommand("guide", "standby", TimeSpan.FromMinutes(5), "drill") { By = "drill a", IfFree = true };
        Assert.True((await CommandAsync(drill)).Done);
        Assert.True((await CommandAsync(new HoldCommand("guide", "primary", TimeSpan.FromMinutes(5), "work") { By = "ann" })).Done);

        var refused = await CommandAsync(new ReleaseCommand("guide") { HeldBy = "drill a" });
        Assert.Equal((false, "Cluster 'guide' is not held by drill a any more."), (refused.Done, refused.Message));
        refused = await CommandAsync(drill);
        Assert.Equal((false, "Cluster 'guide' is held already by ann: work."), (refused.Done, refused.Message));
        Assert.Equal("ann", Loop.Views[0].Hold?.By);
        Assert.True((await CommandAsync(new ReleaseCommand("guide"))).Done);
        Assert.True((await CommandAsync(drill)).Done);
        Assert.True((await CommandAsync(new ReleaseCommand("guide") { HeldBy = "drill a" })).Done);
        Assert.False(Cluster.Snapshot.Held);
    }

    [Fact]
    public async Task Commands_HoldReleaseDrainReady_DoWhatTheySay()
    {
        await StartAsync(ClusterOf());
        Assert.True((await CommandAsync(new HoldCommand("guide", "standby", TimeSpan.FromMinutes(5), "upgrade"))).Done);
        Assert.Equal((1, true), (Cluster.Snapshot.Active, Cluster.Snapshot.Held));
        Assert.Equal("upgrade", Loop.Views[0].Hold?.Reason);
        Assert.True((await CommandAsync(new ReleaseCommand("guide"))).Done);
        Assert.False(Cluster.Snapshot.Held);

        Assert.True((await CommandAsync(new DrainCommand("guide", "s"))).Done);
        Assert.False(Cluster.Snapshot.Tiers[1].CanServe);
        Assert.Equal(0, Cluster.Snapshot.Active);
        Assert.True((await CommandAsync(new ReadyCommand("guide", "s"))).Done);
        Assert.True(Cluster.Snapshot.Tiers[1].CanServe);
    }

    [Fact]
    public async Task Drain_ThatLastsForAWhile_EndsByItself()
    {
        await StartAsync(ClusterOf());
        Assert.True((await CommandAsync(new DrainCommand("guide", "s") { Lasts = TimeSpan.FromMilliseconds(700) })).Done);
        Assert.False(Cluster.Snapshot.Tiers[1].CanServe);

        await Eventually.BeTrueAsync(() => Cluster.Snapshot.Tiers[1].CanServe, TimeSpan.FromSeconds(20), "it is drained no longer");

        // Views follow within a moment.
        await Eventually.BeTrueAsync(
            () => !Loop.Views[0].Tiers[1].Destinations[0].Draining, TimeSpan.FromSeconds(20), "its view says so");
    }

    [Theory]
    [InlineData("other", "primary", "a", "There is no cluster 'other'; there are: guide.")]
    [InlineData("guide", "tertiary", "a", "Cluster 'guide' has no tier 'tertiary'; it has: primary, standby.")]
    public async Task Commands_UnknownNames_SayWhatThereIs(string cluster, string tier, string destination, string message)
    {
        await StartAsync(ClusterOf());
        Assert.Equal(
            new CommandResult(Done: false, message),
            await CommandAsync(new HoldCommand(cluster, tier, TimeSpan.FromMinutes(1), "x")));
        _ = destination;
    }

    [Fact]
    public async Task Commands_UnknownDestination_SaysWhatThereIs()
    {
        await StartAsync(ClusterOf());
        Assert.Equal(
            "Cluster 'guide' has no destination 'z'; it has: a, b, s.",
            (await CommandAsync(new DrainCommand("guide", "z"))).Message);
    }

    [Fact]
    public async Task Reload_WhatDidNotChange_KeepsItsHealthAndIdentity()
    {
        await StartAsync(ClusterOf());
        await FailAsync("a", 3);
        var (a, b, cluster) = (Find("a"), Find("b"), Cluster);
        var changed = ClusterOf();
        changed = changed with
        {
            Tiers =
            [
                changed.Tiers[0] with
                {
                    Destinations = [changed.Tiers[0].Destinations[0], changed.Tiers[0].Destinations[1] with { Weight = 7, }]
                },
                changed.Tiers[1]
            ]
        };
        await Loop.ApplyAsync(ConfigOf(changed), Cancel);
        Assert.Same(cluster, Cluster);
        Assert.Same(a, Find("a"));
        Assert.Same(b, Find("b"));
        Assert.Equal(HealthStatus.Ejected, a.HealthStatus);
        Assert.Equal([7], Cluster.Snapshot.Tiers[0].Weights);
        Assert.Empty(_transitions);
    }

    [Fact]
    public async Task Reload_ChangedAddress_StartsUnknownAndIsProbed()
    {
        await StartAsync(ClusterOf());
        var before = Find("a");
        var changed = ClusterOf();
        changed = changed with
        {
            Tiers = [changed.Tiers[0] with { Destinations = [Destination("a", _b), changed.Tiers[0].Destinations[1]] }, changed.Tiers[1]]
        };
        await Loop.ApplyAsync(ConfigOf(changed), Cancel);
        Assert.NotSame(before, Find("a"));
        await Eventually.BeTrueAsync(() => Find("a").HealthStatus == HealthStatus.Up, Patience, "the new one is up");
        Assert.False(Loop.Find("guide")!.Snapshot.Tiers[0].All.Contains(before));
    }

    [Fact]
    public async Task Reload_ActiveTierRemoved_SaysSoOnce()
    {
        await StartAsync(ClusterOf());
        await Loop.ApplyAsync(ConfigOf(ClusterOf() with { Tiers = [ClusterOf().Tiers[1]] }), Cancel);
        await BarrierAsync();
        var only = Assert.Single(_transitions);
        Assert.Equal(("primary", "standby", TransitionReason.Config), (only.From, only.To, only.Reason));
    }

    [Fact]
    public async Task Reload_ClusterRemovedAndAdded_IsFoundOrNot()
    {
        await StartAsync(ClusterOf());
        await Loop.ApplyAsync(ConfigOf(ClusterOf() with { Name = "other" }), Cancel);
        Assert.Null(Loop.Find("guide"));
        Assert.NotNull(Loop.Find("other"));
        var probed = _a.Connections;
        await Eventually.BeTrueAsync(() => _a.Connections >= probed + 2, Patience, "the new cluster's probes go on");
    }

    [Fact]
    public async Task Subscriber_Throws_OthersStillHear()
    {
        await StartAsync(ClusterOf(), _ => throw new InvalidOperationException("An eye that fails."));
        await CommandAsync(new HoldCommand("guide", "standby", TimeSpan.FromMinutes(5), "x"));
        await CommandAsync(new ReleaseCommand("guide"));
        Assert.Equal(TransitionReason.Hold, Assert.Single(_transitions).Reason);
    }

    [Fact]
    public async Task Name_ThatStandsForAddresses_BecomesOneDestinationEach()
    {
        var tier = new TierConfig
        {
            Name = "primary",
            Destinations = [new DestinationConfig { Name = "guide", Url = new Uri($"http://localhost:{_a.Port}"), Resolve = true }]
        };
        await StartAsync(ClusterOf() with { Tiers = [tier, ClusterOf().Tiers[1]] });
        await Eventually.BeTrueAsync(
            () => Cluster.Snapshot.Tiers[0].All.Any(d => d is { Name: "guide@127.0.0.1", HealthStatus: HealthStatus.Up }),
            Patience,
            "the address is up");
        var destination = Cluster.Snapshot.Tiers[0].All.Single(d => d.Name is "guide@127.0.0.1");
        Assert.Equal("127.0.0.1", destination.Url.Host);
        Assert.Equal($"localhost:{_a.Port}", destination.HostName);
        Assert.Contains($"Host: localhost:{_a.Port}\r\n", _a.LastRequest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Name_NoLongerResolves_KeepsTheKnownAddressesUntilItNamesOthers()
    {
        IPAddress[] response = [IPAddress.Parse("127.0.0.1"), IPAddress.Parse("127.0.0.2")];
        var asked = 0;
        var tier = new TierConfig
        {
            Name = "primary",
            Destinations = [new DestinationConfig { Name = "guide", Url = new Uri($"http://guide.test:{_a.Port}"), Resolve = true }]
        };
        var time = new ManualTime();
        _loop = new FailoverLoop(
            ConfigOf(ClusterOf() with { Tiers = [tier] }),
            time,
            NullLogger<FailoverLoop>.Instance,
            [_transitions.Enqueue])
        {
            Resolver = (_, _, _) =>
            {
                Interlocked.Increment(ref asked);
                return Task.FromResult<IReadOnlyList<IPAddress>>(Volatile.Read(ref response));
            },
        };
        await _loop.StartAsync(Cancel);

        // 1. Two addresses are two destinations.
        await StepAsync(time, () => Names() is "guide@127.0.0.1 guide@127.0.0.2", Stride);
        var first = Cluster.Snapshot.Tiers[0].All[0];

        // 2. Twice no response: both stay, as the objects that they were.
        Volatile.Write(ref response, []);
        var before = Volatile.Read(ref asked);
        await StepAsync(time, () => Volatile.Read(ref asked) >= before + 2, Stride);
        await BarrierAsync();
        Assert.Equal("guide@127.0.0.1 guide@127.0.0.2", Names());
        Assert.Same(first, Cluster.Snapshot.Tiers[0].All[0]);

        // 3. Another set: what is still in it stays, the rest goes.
        Volatile.Write(ref response, [IPAddress.Parse("127.0.0.1"), IPAddress.Parse("127.0.0.3")]);
        await StepAsync(time, () => Names() is "guide@127.0.0.1 guide@127.0.0.3", Stride);
        Assert.Same(first, Cluster.Snapshot.Tiers[0].All[0]);

        string Names() => string.Join(' ', Cluster.Snapshot.Tiers[0].All.Select(static d => d.Name));
    }

    [Fact]
    public async Task Name_ReplacedByAnotherOfTheSameAddress_ItsHostIsTheNewOne()
    {
        DestinationConfig Named(string host) => new() { Name = "guide", Url = new Uri($"http://{host}:{_a.Port}"), Resolve = true };
        ClusterConfig Of(string host) => ClusterOf() with { Tiers = [new TierConfig { Name = "primary", Destinations = [Named(host)] }] };
        _loop = new FailoverLoop(ConfigOf(Of("old.test")), TimeProvider.System, NullLogger<FailoverLoop>.Instance, [_transitions.Enqueue])
        {
            Resolver = (_, _, _) => Task.FromResult<IReadOnlyList<IPAddress>>([IPAddress.Loopback]),
        };
        await _loop.StartAsync(Cancel);
        await Eventually.BeTrueAsync(
            () => Cluster.Snapshot.Tiers[0].All is [{ HealthStatus: HealthStatus.Up }],
            Patience,
            "the old name's address is up");

        await Loop.ApplyAsync(ConfigOf(Of("new.test")), Cancel);

        await Eventually.BeTrueAsync(() => Cluster.Snapshot.Tiers[0].All is [{ HealthStatus: HealthStatus.Up } now]
            && now.HostName == $"new.test:{_a.Port}", Patience, "it is called by its new name");
        await Eventually.BeTrueAsync(
            () => _a.LastRequest.Contains($"Host: new.test:{_a.Port}\r\n", StringComparison.Ordinal),
            Patience,
            "its probes name it so");
    }

    [Fact]
    public async Task Resolver_NameThatDoesNotExist_GivesNothingInsteadOfAnError() =>
        Assert.Empty(await NameResolver.ResolveAsync("no-such-name.invalid", TimeProvider.System, Cancel));

    [Fact]
    public async Task Report_ManyAtOnce_NeverWaitsAndNothingIsLost()
    {
        await StartAsync(ClusterOf());
        var accepted = 0;
        Parallel.For(
            0,
            20_000,
            _ => Interlocked.Add(ref accepted, Loop.Report(new Evidence(Find("a"), "r", EvidenceKind.Connect)) ? 1 : 0));
        await BarrierAsync();
        Assert.Equal(20_000, accepted + Loop.DroppedEvidence);
        Assert.Equal(HealthStatus.Ejected, Find("a").HealthStatus);
    }

    [Fact]
    public async Task Reload_AHundredTimes_KeepsHealthAndEndsWhatIsNotNeeded()
    {
        await StartAsync(ClusterOf());
        await FailAsync("a", 3);
        for (var round = 0; round < 100; round++)
        {
            var changed = ClusterOf();
            changed = changed with
            {
                Tiers = [changed.Tiers[0], changed.Tiers[1] with { Destinations = [Destination($"s{round}", _standby)] }]
            };
            await Loop.ApplyAsync(ConfigOf(changed), Cancel);
        }

        Assert.Equal(HealthStatus.Ejected, Find("a").HealthStatus);
        Assert.Equal(0, Cluster.Snapshot.Active);
        await Eventually.BeTrueAsync(() => Find("s99").HealthStatus == HealthStatus.Up, Patience, "the last one is up");
        Assert.Empty(_transitions);
    }

    [Fact]
    public async Task ClockOfOurs_JumpsAhead_TimeoutsAreDoubtedForAWhile()
    {
        // One probe each and no more: sockets do not live by this clock.
        var time = new ManualTime();
        var once = ClusterOf() with
        {
            Probe = new ProbeConfig
            {
                Interval = TimeSpan.FromHours(2),
                FastInterval = TimeSpan.FromHours(2),
                Timeout = TimeSpan.FromHours(1)
            }
        };
        _loop = new FailoverLoop(ConfigOf(once), time, NullLogger<FailoverLoop>.Instance, [_transitions.Enqueue]);
        await _loop.StartAsync(Cancel);
        await StepAsync(time, () => Loop.FirstRound.IsCompleted);

        // Our process stood still for a second: what timed out meanwhile says nothing.
        time.Jump(TimeSpan.FromSeconds(1));
        await TimeOutAsync("a");
        Assert.Equal(HealthStatus.Up, Find("a").HealthStatus);

        // Once the grace is over, it does.
        for (var tick = 0; tick < 45; tick++)
        {
            time.Advance(TickPlan.TickEvery);
            await BarrierAsync();
        }

        await TimeOutAsync("a");
        Assert.Equal(HealthStatus.Ejected, Find("a").HealthStatus);
    }

    [Fact]
    public async Task NothingChangesByTime_TheLoopRestsUntilEvidenceComes()
    {
        var time = new ManualTime();
        var once = ClusterOf() with
        {
            Probe = new ProbeConfig
            {
                Interval = TimeSpan.FromHours(2),
                FastInterval = TimeSpan.FromHours(2),
                Timeout = TimeSpan.FromHours(1)
            }
        };
        _loop = new FailoverLoop(ConfigOf(once), time, NullLogger<FailoverLoop>.Instance, [_transitions.Enqueue]);
        await _loop.StartAsync(Cancel);
        await StepAsync(time, () => Loop.FirstRound.IsCompleted);

        // 1. Every destination is up: only the end of the rest is awaited.
        await Eventually.BeTrueAsync(() => Rests(time, TickPlan.LongestRest), Patience, "the loop rests");

        // 2. The clock stands still, and yet what fails is noticed. From then on an ejection has to end in time.
        await FailAsync("a", 3);
        Assert.Equal(HealthStatus.Ejected, Find("a").HealthStatus);
        await Eventually.BeTrueAsync(() => time.UntilNextTimer <= TickPlan.TickEvery, Patience, "the loop ticks");

        // 3. Half-open, and its probe succeeds: nothing is left to wait for.
        await StepAsync(time, () => Find("a").TryTakeHalfOpenPermit(), TimeSpan.FromMilliseconds(20));
        Loop.Report(new Evidence(Find("a"), "r", EvidenceKind.Success, HalfOpen: true));
        await StepAsync(time, () => Find("a").HealthStatus == HealthStatus.Up
            && Rests(time, TickPlan.LongestRest), TimeSpan.FromMilliseconds(20));
    }

    // Between two ticks: more than the shortest wait is left to the next timer at some moment.
    private static bool Rests(ManualTime time, TimeSpan longest)
    {
        var left = time.UntilNextTimer;
        if (left > TickPlan.TickEvery && left <= longest)
        {
            return true;
        }

        time.Advance(TimeSpan.FromMilliseconds(10));
        return false;
    }

    [Fact]
    public async Task Stop_EndsProbesAndAnswersCommandsStill()
    {
        await StartAsync(ClusterOf());
        await Loop.StopAsync(Cancel);

        // The upstream counts a connection a moment after the gateway has it.
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, Cancel);
        var connections = _a.Connections;
        Assert.False((await CommandAsync(new ReleaseCommand("guide"))).Done);
        Assert.False(Loop.Report(new Evidence(Find("a"), "r", EvidenceKind.Reset)));
        Assert.Equal(1, Loop.DroppedEvidence);
        Assert.Equal(connections, _a.Connections);
    }

    [Fact]
    public async Task SlowStart_AtTheStart_IsNone() =>
        Assert.Equal("all", await StartSharesAsync(static _ => Task.CompletedTask));

    [Fact]
    public async Task SlowStart_HealthyAgain_BeginsWithATenth() =>
        Assert.Equal("0.1 1", await StartSharesAsync(async test =>
        {
            await test._a.KillAsync();
            await Eventually.BeTrueAsync(() => test.Cluster.Snapshot.Tiers[0].Usable is [{ Name: "b" }], Patience, "only b is used");
            test._a.Restart();
            await Eventually.BeTrueAsync(() => test.Cluster.Snapshot.Tiers[0].Usable.Length == 2, Patience, "a is used again");
        }));

    [Fact]
    public async Task SlowStart_ReadyAfterADrain_BeginsWithATenth() =>
        Assert.Equal("1 0.1", await StartSharesAsync(static async test =>
        {
            await test.Loop.CommandAsync(new DrainCommand("guide", "b"), Cancel);
            Assert.Single(test.Cluster.Snapshot.Tiers[0].Usable);
            await test.Loop.CommandAsync(new ReadyCommand("guide", "b"), Cancel);
        }));

    [Fact]
    public async Task SlowStart_AddedByAReload_BeginsWithATenth() =>
        Assert.Equal("1 1 0.1", await StartSharesAsync(static async test =>
        {
            var cluster = test.SlowlyStarting();
            var more = cluster.Tiers[0] with { Destinations = cluster.Tiers[0].Destinations.Add(Destination("c", test._standby)) };
            await test.Loop.ApplyAsync(ConfigOf(cluster with { Tiers = [more, cluster.Tiers[1]] }), Cancel);
        }));

    [Fact]
    public async Task SlowStart_NoOtherServes_IsNone() =>
        Assert.Equal("all", await StartSharesAsync(static async test =>
        {
            await test.Loop.CommandAsync(new DrainCommand("guide", "a"), Cancel);
            await test.Loop.CommandAsync(new DrainCommand("guide", "b"), Cancel);
            await test.Loop.CommandAsync(new ReadyCommand("guide", "b"), Cancel);
        }));

    [Fact]
    public async Task SlowStart_ItsTimeIsOver_GetsEverything()
    {
        await StartAsync(ClusterOf() with { SlowStart = TimeSpan.FromMilliseconds(700) });
        await Loop.CommandAsync(new DrainCommand("guide", "b"), Cancel);
        await Loop.CommandAsync(new ReadyCommand("guide", "b"), Cancel);

        await Eventually.BeTrueAsync(
            () => Cluster.Snapshot.Tiers[0] is { Usable.Length: 2, StartShares: null },
            Patience,
            "both get all of their share");
    }

    private ClusterConfig SlowlyStarting() => ClusterOf() with { SlowStart = TimeSpan.FromHours(1) };

    // The shares in the first tier, to two places: the clock goes on.
    private async Task<string> StartSharesAsync(Func<FailoverLoopTests, Task> act)
    {
        await StartAsync(SlowlyStarting());
        await act(this);
        await Eventually.BeTrueAsync(
            () => Loop.Views[0].Tiers[0].Destinations.All(static d => d is { Draining: true } or { HealthStatus: HealthStatus.Up }),
            Patience,
            "all are up or drained");
        return Cluster.Snapshot.Tiers[0].StartShares is { } shares
            ? string.Join(' ', shares.Select(static share => share.ToString("0.##", CultureInfo.InvariantCulture)))
            : "all";
    }

    private async Task StartAsync(ClusterConfig cluster, Action<Transition>? first = null)
    {
        _loop = new FailoverLoop(ConfigOf(cluster), TimeProvider.System, NullLogger<FailoverLoop>.Instance, [first
            ?? (static _ => { }), _transitions.Enqueue]);
        await _loop.StartAsync(Cancel);
        await _loop.FirstRound.WaitAsync(Patience, Cancel);
    }

    private Task<CommandResult> CommandAsync(Command command) => Loop.CommandAsync(command, Cancel);

    // Messages are handled in order: when a later one is answered, all before it are done.
    private async Task BarrierAsync() => await CommandAsync(new ReadyCommand("guide", "nobody"));

    // Another destination serves each of the requests that fail.
    private async Task FailAsync(string name, int times, EvidenceKind kind = EvidenceKind.Reset)
    {
        for (var count = 0; count < times; count++)
        {
            Assert.True(Loop.Report(new Evidence(Find(name), "r", kind)));
            Assert.True(Loop.Report(new Evidence(Find(name), "r", kind, Confirmed: true)));
        }

        await BarrierAsync();
    }

    private async Task TimeOutAsync(string name)
    {
        for (var count = 0; count < 3; count++)
        {
            var evidence = new Evidence(Find(name), "r", EvidenceKind.Timeout, Waited: TimeSpan.FromSeconds(5));
            Loop.Report(evidence);
            Loop.Report(evidence with { Confirmed = true });
        }

        await BarrierAsync();
    }

    // Moves the clock tick by tick; the sockets behind it live in real time.
    private async Task StepAsync(ManualTime time, Func<bool> condition, TimeSpan? stride = null)
    {
        await Eventually.BeTrueAsync(
            () =>
            {
                time.Advance(stride ?? TimeSpan.FromMilliseconds(2));
                return condition();
            },
            Patience,
            "the condition, while the clock moves");
        await BarrierAsync();
    }

    private Destination Find(string name) =>
        Cluster.Snapshot.Tiers.SelectMany(t => t.All).Single(d => string.Equals(d.Name, name, StringComparison.Ordinal));

    private static DestinationConfig Destination(string name, RawServer server) => new() { Name = name, Url = server.Url };

    private ClusterConfig ClusterOf() => new()
    {
        Name = "guide",
        Tiers =
        [
            new TierConfig { Name = "primary", Destinations = [Destination("a", _a), Destination("b", _b)] },
            new TierConfig { Name = "standby", Destinations = [Destination("s", _standby)] },
        ],
        Probe = new ProbeConfig
        {
            Interval = TimeSpan.FromMilliseconds(500),
            FastInterval = TimeSpan.FromMilliseconds(100),
            Timeout = TimeSpan.FromMilliseconds(400)
        },
    };

    private static GatewayConfig ConfigOf(params ReadOnlySpan<ClusterConfig> clusters) => new()
    {
        Listen = [],
        State = "state",
        StaticFallback = "static-fallback",
        Clusters = [.. clusters],
        Routes = [],
    };
}
