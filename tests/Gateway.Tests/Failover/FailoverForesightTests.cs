using Gateway.Configuration.Model;
using Gateway.Failover;
using Xunit;

namespace Gateway.Tests.Failover;

/// <summary>What people are told comes next is what the machine then does: every small cluster, a minute long, without any news.</summary>
[Trait("kind", "unit")]
public sealed class FailoverForesightTests
{
    private const int Wait = 30;

    private static readonly DateTimeOffset Utc = new(2026, 11, 26, 10, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Now = At(1000);
    private static readonly string[] Names = ["primary", "standby", "last"];

    // How long each tier has been healthy, if it is.
    private static readonly int[][] Ages = [[40, 20, 5], [10, 20, 40]];

    [Theory]
    [InlineData(2, true)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(3, false)]
    public void Promise_OfEverySmallCluster_IsKept(int tiers, bool auto)
    {
        var told = new Dictionary<ClusterCondition, int>();
        foreach (var standings in StandingsOf(tiers))
        {
            for (var active = -1; active < tiers; active++)
            {
                for (var held = -1; held < tiers; held++)
                {
                    foreach (var switchAfter in (int[])[0, 5])
                    {
                        foreach (var ages in Ages)
                        {
                            var state = StateOf(standings, active, held, ages);
                            var condition = CheckFleets(state, standings, ConfigOf(auto, switchAfter));
                            told[condition] = told.GetValueOrDefault(condition) + 1;
                        }
                    }
                }
            }
        }

        // None of them is missed.
        ClusterCondition[] all =
        [
            ClusterCondition.Normal,
            ClusterCondition.FailingOver,
            ClusterCondition.FailedOver,
            ClusterCondition.Held,
            ClusterCondition.Exhausted,
        ];
        Assert.Equal(all.Order(), told.Keys.Order());
    }

    /// <summary>Alone; and in a fleet in which this gateway may go back by itself to no tier, to the first or to the second.</summary>
    private static ClusterCondition CheckFleets(ClusterState state, TierHealth[] standings, ClusterConfig config)
    {
        Check(state, standings, config, default);
        for (var mayReturn = 0u; config.Failback.Auto && mayReturn < 3; mayReturn++)
        {
            Check(state, standings, config, new FleetDirective(Agreed: true, mayReturn, Call: null));
        }

        return ClusterOutlook.Of(ViewOf(state, standings, config, default), Utc).Condition;
    }

    private static void Check(ClusterState state, TierHealth[] standings, ClusterConfig config, FleetDirective fleet)
    {
        var outlook = ClusterOutlook.Of(ViewOf(state, standings, config, fleet), Utc);
        var told = outlook.Change;
        var done = Drive(state, standings, config, fleet);
        void Holds(bool holds)
        {
            if (!holds)
            {
                Assert.Fail($"{string.Join(' ', standings)}, active {state.Active}, held {state.Held?.Tier}, "
                    + $"{config.Failover.SwitchAfter}, {fleet}: {outlook.Next} ({told}), but: {done}");
            }
        }

        var place = Array.IndexOf(Names, told.Tier);
        if (Says(outlook, ", if half of the "))
        {
            // Not without the others; with them it is done then.
            Holds(done is null);
            var call = new TierSwitchDecision(1, Up: true, state.Active, place, Now + (told.At!.Value - Utc));
            Holds(Drive(state, standings, config, fleet with { Call = call }) == (place, told.At.Value));
        }
        else
        {
            (int, DateTimeOffset)? promised = told.At is { } due ? (place, due) : null;
            Holds(done == promised);
        }

        if (told.At is { } at)
        {
            Holds(Says(outlook, WallClock.TimeOf(at, Utc)) || outlook.Condition == ClusterCondition.Exhausted);
            Holds(Says(outlook, place < 0 ? "the fallback chain answers from" : $"{Names[place]} "));
        }

        Holds(FitsWhatMayCome(outlook, state, standings, config));
    }

    // What is said of the day when the active tier is lost, and of an operator's release.
    private static bool FitsWhatMayCome(Outlook outlook, ClusterState state, TierHealth[] standings, ClusterConfig config)
    {
        if (outlook.Change.Because == "nothing is due" && outlook.Condition is ClusterCondition.Normal or ClusterCondition.Degraded)
        {
            var lost = standings.ToArray();
            lost[state.Active] = TierHealth.Unavailable;
            var next = Drive(state, lost, config, default)?.To;
            var says = next is >= 0 and var to ? $"{Names[to]} takes over" : "the fallback chain answers";
            lost[state.Active] = TierHealth.Degraded;
            var stays = Drive(state, lost, config, default) is null;
            return Says(outlook, says) && Says(outlook, "has no destination left") == stays;
        }

        if (outlook.Change.Because == "awaited: an operator's release")
        {
            var order = new Order(Hold: null);
            var (_, change) = FailoverMachine.Step(state, standings, order, firstRound: true, config, Now);
            return Says(outlook, outlook.Condition == ClusterCondition.Held
                ? $"only `release` gives {Names[change!.Value.To]} its share"
                : $"{Names[change!.Value.To]} has been healthy for");
        }

        return true;
    }

    private static bool Says(Outlook outlook, string words) => outlook.Next.Contains(words, StringComparison.Ordinal);

    // A minute of the machine, a step a second: its first change.
    private static (int To, DateTimeOffset At)? Drive(
        ClusterState state, TierHealth[] standings, ClusterConfig config, FleetDirective fleet)
    {
        for (var second = 0; second <= 60; second++)
        {
            var now = Now + At(second);
            var heard = fleet.Call is { } call && call.Since > now ? fleet with { Call = null } : fleet;
            (state, var change) = FailoverMachine.Step(state, standings, order: null, firstRound: true, config, now, heard);
            if (change is { } first)
            {
                return (first.To, Utc.AddSeconds(second));
            }
        }

        return null;
    }

    private static ClusterState StateOf(TierHealth[] standings, int active, int held, int[] ages) => new()
    {
        Settled = true,
        Active = active,
        ActiveSince = Now - At(50),
        Relapses = 1,
        UnableSince = active >= 0 && standings[active] < TierHealth.Unverified ? Now - At(2) : null,
        HealthySince = [.. standings.Select((s, tier) => s == TierHealth.Healthy ? Now - At(ages[tier]) : (TimeSpan?)null)],
        Held = held >= 0 ? new Hold(held, Now + At(15), "test") : null,
    };

    private static ClusterConfig ConfigOf(bool auto, int switchAfter) => new()
    {
        Name = "guide",
        Tiers = [],
        Failover = new FailoverConfig { SwitchAfter = At(switchAfter) },
        Failback = new FailbackConfig { Auto = auto, After = At(Wait / 2) },
    };

    private static ClusterView ViewOf(ClusterState state, TierHealth[] standings, ClusterConfig config, FleetDirective fleet)
    {
        DateTimeOffset? Wall(TimeSpan? at) => at is { } known ? Utc + (known - Now) : null;
        return new ClusterView(
            "guide",
            state.Active < 0 ? null : Names[state.Active],
            Wall(state.ActiveSince)!.Value,
            null,
            1,
            state.Held is { } held ? new HoldView(Names[held.Tier], Wall(held.Until)!.Value, "test", held.Tier != state.Active) : null,
            FailoverTimers.WaitOf(state.Relapses, config.Failback),
            [],
            null,
            [.. standings.Select((standing, tier) => new TierView(
                Names[tier], standing, 0, standing > TierHealth.Degraded ? 1 : 0, 1, Wall(state.HealthySince[tier]), 0, null, [])
            {
                MayReturn = fleet.AllowsFailback(tier),
            })])
        {
            FailsBack = config.Failback.Auto,
            FailbackAfter = config.Failback.After,
            Relapses = state.Relapses,
            UnableSince = Wall(state.UnableSince),
            SwitchAfter = config.Failover.SwitchAfter,
            Gateways = fleet.Agreed ? 3 : 0,
        };
    }

    private static IEnumerable<TierHealth[]> StandingsOf(int tiers)
    {
        for (var code = 0; code < Math.Pow(4, tiers); code++)
        {
            yield return [.. Enumerable.Range(0, tiers).Select(tier => (TierHealth)((code >> (2 * tier)) & 3))];
        }
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
