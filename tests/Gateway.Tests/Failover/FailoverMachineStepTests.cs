using System.Collections.Immutable;
using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Failover.Comparison;
using Gateway.Failover.Resuming;
using Xunit;

namespace Gateway.Tests.Failover;

/// <summary>One step of the machine from any state, at second 100: a table of what it makes of it.</summary>
[Trait("kind", "unit")]
public sealed class FailoverMachineStepTests
{
    private static readonly TimeSpan Now = At(100);
    private static readonly ComparisonFinding Worse = new(ComparedShare.Failed, 0.5, 0.1, 1000, ByConversation: false);

    /// <summary>
    /// A state is words: 1 the active tier (gone, none), ramp:0 the tier that carries the rest, held:1, back:50 when it took over by
    /// failback, after:2 relapses, healthy:-,60 since when each tier is, epoch:3, before:1 (before a restart, with beforeRamp:0),
    /// unsettled. What is given: a letter a tier (A able, u unproven, w weak, - none), then words: hold:1, release, releaseNow, up:1>0@95#4
    /// and down:0>1@95#4 (what the gateways agreed on, when, with which epoch), worse, early (the first round is not over), manual, noRamp,
    /// patience. Expected: the active tier, then only what is set.
    /// </summary>
    [Theory]

    // The active tier left the configuration: the best of the others takes over whole.
    [InlineData("gone", "-A", "1 Config")]
    [InlineData("gone", "AA", "0 Config")]
    [InlineData("gone", "uA", "1 Config")]
    [InlineData("gone", "--", "-1 Exhausted")]

    // Nothing serves: the held tier if it may, else the best.
    [InlineData("none", "AA", "0 Recovered")]
    [InlineData("none", "-w", "1 Recovered")]
    [InlineData("none", "--", "-1")]
    [InlineData("none held:1", "AA", "1 held:1 Recovered")]
    [InlineData("none held:1", "Au", "1 held:1 Recovered")]
    [InlineData("none held:1", "Aw", "0 held:1 Recovered")]

    // The first round: followed quietly, and announced once at its end.
    [InlineData("0 unsettled", "-A early", "1 unsettled")]
    [InlineData("0 unsettled", "-A", "1 Failover")]
    [InlineData("0 unsettled", "AA", "0")]
    [InlineData("0 unsettled", "--", "-1 Exhausted")]
    [InlineData("0 unsettled", "-A early release", "1")]
    [InlineData("0 unsettled", "-A early hold:1", "1 held:1")]
    [InlineData("0 unsettled", "AA early hold:1", "1 held:1 Hold")]
    [InlineData("1 unsettled before:1", "Au early", "1 unsettled")]
    [InlineData("1 unsettled before:1", "Au", "0 Failover")]
    [InlineData("1 unsettled before:1 held:1", "Au", "1 held:1")]
    [InlineData("0 unsettled before:0 beforeRamp:1", "AA", "0 ramp:1")]
    [InlineData("0 unsettled before:0 beforeRamp:1", "AA hold:0", "0 ramp:1 held:0")]
    [InlineData("0 unsettled before:0 beforeRamp:1 back:90", "-A", "1 after:1 Relapse")]
    [InlineData("0 unsettled before:0 beforeRamp:1 back:90", "-A release", "1")]

    // A hold moves at once and whole, to a tier that may serve.
    [InlineData("0", "AA hold:1", "1 held:1 Hold")]
    [InlineData("0", "Au hold:1", "1 held:1 Hold")]
    [InlineData("0", "Aw hold:1", "0 held:1")]
    [InlineData("0", "AA hold:0", "0 held:0")]
    [InlineData("1 held:1 healthy:60", "AA", "1 held:1")]
    [InlineData("0 held:1 healthy:-,60", "AA", "1 held:1 Hold")]
    [InlineData("0 held:1 healthy:-,70", "AA", "1 held:1 Hold")]
    [InlineData("0 held:1 healthy:-,71", "AA", "0 held:1")]

    // A release: to a better tier that has proved itself, by the ramp if there is one.
    [InlineData("1 held:1 healthy:60", "AA release", "0 ramp:1 back:100 Release")]
    [InlineData("1 held:1 healthy:70", "AA release", "0 ramp:1 back:100 Release")]
    [InlineData("1 held:1 healthy:71", "AA release", "1")]
    [InlineData("1 held:1 healthy:99", "AA release manual", "0 ramp:1 back:100 Release")]
    [InlineData("1 held:1 healthy:60", "AA release noRamp", "0 back:100 Release")]
    [InlineData("1 held:1 healthy:60", "AA releaseNow", "0 back:100 Release")]
    [InlineData("1 held:1 after:1 healthy:60", "AA release", "1 after:1")]
    [InlineData("2 held:2 healthy:-,60", "-AA release", "1 ramp:2 back:100 Release")]

    // A failback: by its wait, one a time, never from a hold, not in manual mode.
    [InlineData("1 healthy:70", "AA", "0 ramp:1 back:100 Failback")]
    [InlineData("1 healthy:71", "AA", "1")]
    [InlineData("1 healthy:60", "AA manual", "1")]
    [InlineData("1 healthy:60", "AA noRamp", "0 back:100 Failback")]
    [InlineData("2 healthy:-,60", "uAA", "1 ramp:2 back:100 Failback")]
    [InlineData("0 healthy:60,60", "AA", "0")]

    // The active tier cannot serve.
    [InlineData("0", "-A", "1 Failover")]
    [InlineData("0", "-A patience", "0")]
    [InlineData("0", "wu", "1 Failover")]
    [InlineData("0", "ww", "0")]
    [InlineData("1", "w-", "0 Failover")]
    [InlineData("1", "--", "-1 Exhausted")]
    [InlineData("1", "ww", "1")]
    [InlineData("0 back:90", "-A", "1 after:1 Relapse")]
    [InlineData("0 back:90 after:2", "--", "-1 after:3 Exhausted")]

    // In its ramp a tier gets no patience; the one that carries the rest goes first, if it may serve.
    [InlineData("0 ramp:1 back:90", "-AA patience", "1 after:1 Relapse")]
    [InlineData("0 ramp:2 back:90", "-AA", "2 after:1 Relapse")]
    [InlineData("0 ramp:2 back:90", "-Au", "2 after:1 Relapse")]
    [InlineData("0 ramp:2 back:90", "-Aw", "1 after:1 Relapse")]
    [InlineData("1 ramp:0 back:90", "u-A patience", "0 after:1 Relapse")]

    // It is worse than the one that carries the rest: left, able as it is, and it has to prove itself anew.
    [InlineData("0 ramp:1 back:90 healthy:10", "AA worse", "1 after:1 Relapse")]
    [InlineData("0 ramp:1 back:90 healthy:10", "Au worse", "1 after:1 Relapse")]
    [InlineData("0 ramp:1 back:90 healthy:10", "Aw worse", "0 ramp:1 back:90")]
    [InlineData("1 ramp:0 back:90", "uA worse", "0 after:1 Relapse")]
    [InlineData("0 ramp:1 back:90 held:0", "AA worse", "0 ramp:1 back:90 held:0")]
    [InlineData("0 ramp:1 back:90", "AA", "0 ramp:1 back:90")]

    // The gateways agreed to leave a tier.
    [InlineData("0 epoch:3", "AA down:0>1@95#4", "1 epoch:4 Failover")]
    [InlineData("0 epoch:4", "AA down:0>1@95#4", "0 epoch:4")]
    [InlineData("0 epoch:3", "Au down:0>1@95#4", "1 epoch:4 Failover")]
    [InlineData("0 epoch:3", "Aw down:0>1@95#4", "0 epoch:4")]
    [InlineData("1 epoch:3", "AA down:0>1@95#4", "1 epoch:4")]
    [InlineData("1 epoch:3", "AAA down:0>2@95#4", "1 epoch:4")]
    [InlineData("0 epoch:3", "AAA down:1>2@95#4", "2 epoch:4 Failover")]
    [InlineData("0 back:90 epoch:3", "AA down:0>1@95#4", "1 after:1 epoch:4 Relapse")]
    [InlineData("0 held:0 epoch:3", "AA down:0>1@95#4", "0 held:0 epoch:4")]
    [InlineData("0 held:0 epoch:3", "uA down:0>1@95#4", "0 held:0 epoch:4")]
    [InlineData("0 held:0 epoch:3", "wA down:0>1@95#4", "1 held:0 epoch:4 Failover")]
    [InlineData("0 held:1 epoch:3", "AA down:0>1@95#4", "1 held:1 epoch:4 Failover")]

    // They agreed to go back: one goes along to a tier that is known to serve, or joins the ramp of the others.
    [InlineData("1 epoch:3", "AA up:1>0@95#4", "0 ramp:1 back:95 epoch:4 Failback")]
    [InlineData("1 epoch:3", "AA up:1>0@95#4 noRamp", "0 back:95 epoch:4 Failback")]
    [InlineData("1 epoch:3", "uA up:1>0@95#4", "1 epoch:4")]
    [InlineData("1 held:1 epoch:3", "AA up:1>0@95#4", "1 held:1 epoch:4")]
    [InlineData("0 epoch:3 since:99", "AA up:1>0@95#4", "0 ramp:1 back:95 epoch:4")]
    [InlineData("0 epoch:3 since:99", "Au up:1>0@95#4", "0 ramp:1 back:95 epoch:4")]
    [InlineData("0 epoch:3 since:99", "Aw up:1>0@95#4", "0 epoch:4")]
    [InlineData("0 epoch:3 since:95", "AA up:1>0@95#4", "0 epoch:4")]
    [InlineData("0 epoch:3 since:99", "AA up:1>0@70#4", "0 epoch:4")]
    [InlineData("0 epoch:3 since:99 ramp:2 back:97", "AAA up:1>0@95#4", "0 ramp:2 back:97 epoch:4")]
    [InlineData("0 epoch:3 since:99", "AAA up:2>1@95#4", "0 epoch:4")]
    public void Step_From_MakesOfIt(string state, string given, string expected)
    {
        var words = given.Split(' ');
        string? After(string key) => words.FirstOrDefault(word => word.StartsWith(key, StringComparison.Ordinal))?[key.Length..];
        Order? order = After("hold:") is { } tier
            ? new Order(new Hold(Number(tier), At(1000), "why"))
            : words.Contains("releaseNow") ? new Order(null, AtOnce: true)
            : words.Contains("release") ? new Order(null) : null;
        var worse = new ComparisonResult(words.Contains("worse") ? Worse : null, IsProved: true);
        var config = new ClusterConfig
        {
            Name = "guide",
            Tiers = [],
            Failback = new FailbackConfig
            {
                Auto = !words.Contains("manual"),
                After = At(30),
                Ramp = words.Contains("noRamp") ? TimeSpan.Zero : At(30),
            },
            Failover = new FailoverConfig { SwitchAfter = words.Contains("patience") ? At(5) : TimeSpan.Zero },
        };

        var (after, change) = FailoverMachine.Step(
            StateOf(state), FailoverMachineTests.Standings(words[0]), order, !words.Contains("early"), config, Now,
            (After("up:") ?? After("down:")) is { } call ? new FleetDirective(true, 0, CallOf(call, After("up:") is not null)) : default,
            worse);

        Assert.Equal(expected, Describe(after, change));
    }

    // What it leaves for being worse has to prove itself from now on, and what the others left, too.
    [Theory]
    [InlineData("0 ramp:1 back:90 healthy:10,20", "AA worse", "-,20")]
    [InlineData("0 epoch:3 healthy:10,20,30", "AAA down:0>2@95#4", "-,-,30")]
    public void Step_ThatLeavesATier_ForgetsSinceWhenItIsHealthy(string state, string given, string expected)
    {
        var words = given.Split(' ');
        var worse = new ComparisonResult(words[1] == "worse" ? Worse : null, IsProved: true);
        var fleet = words[1] == "worse" ? default : new FleetDirective(true, 0, CallOf(words[1]["down:".Length..], isUp: false));
        var (after, _) = FailoverMachine.Step(
            StateOf(state), FailoverMachineTests.Standings(words[0]), null, firstRound: true,
            new ClusterConfig { Name = "guide", Tiers = [] }, Now, fleet, worse);

        Assert.Equal(expected, string.Join(',', after.HealthySince.Select(static since => since is { } at ? Text(at) : "-")));
    }

    private static ClusterState StateOf(string text)
    {
        var words = text.Split(' ');
        string? After(string key) => words.FirstOrDefault(word => word.StartsWith(key, StringComparison.Ordinal))?[key.Length..];
        var healthy = (After("healthy:") ?? "-").Split(',').Select(static one => one == "-" ? (TimeSpan?)null : At(Number(one)));
        ImmutableArray<TimeSpan?> since = [.. healthy.Concat([null, null, null]).Take(3)];
        return new ClusterState
        {
            Active = words[0] switch { "gone" => ClusterState.Gone, "none" => -1, var tier => Number(tier) },
            ActiveSince = At(Number(After("since:") ?? "50")),
            Settled = !words.Contains("unsettled"),
            HealthySince = since,
            RampFrom = Number(After("ramp:") ?? "-1"),
            ReturnedAt = After("back:") is { } back ? At(Number(back)) : null,
            Relapses = Number(After("after:") ?? "0"),
            Held = After("held:") is { } held ? new Hold(Number(held), At(1000), "why") : null,
            Epoch = Number(After("epoch:") ?? "0"),
            Resumed = After("before:") is { } before
                ? new Resumption(Number(before), At(50), since, Number(After("beforeRamp:") ?? "-1"), 0.2)
                : null,
        };
    }

    private static TierSwitchDecision CallOf(string text, bool isUp)
    {
        var parts = text.Split('>', '@', '#');
        return new TierSwitchDecision(Number(parts[3]), isUp, Number(parts[0]), Number(parts[1]), At(Number(parts[2])));
    }

    private static string Describe(ClusterState state, Change? change)
    {
        Assert.True(change is null || (change.Value.To == state.Active && state.ActiveSince == Now));
        List<string> words = [state.Active.ToString(CultureInfo.InvariantCulture)];
        void Add(bool isSet, string word)
        {
            if (isSet)
            {
                words.Add(word);
            }
        }

        Add(state.RampFrom != -1, $"ramp:{Text(state.RampFrom)}");
        Add(state.ReturnedAt is not null, $"back:{Text(state.ReturnedAt ?? default)}");
        Add(state.Held is not null, $"held:{Text(state.Held?.Tier ?? 0)}");
        Add(state.Relapses != 0, $"after:{Text(state.Relapses)}");
        Add(state.Epoch != 0, $"epoch:{Text(state.Epoch)}");
        Add(!state.Settled, "unsettled");
        Add(change is not null, change?.Reason.ToString() ?? "");
        return string.Join(' ', words);
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(TimeSpan at) => Text((long)at.TotalSeconds);

    private static TimeSpan At(double second) => TimeSpan.FromSeconds(second);
}
