using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Failover.Comparison;

namespace Gateway.Tests.Failover.Comparison;

/// <summary>
/// One failback with the real machine and the real comparison, stepped every 50 ms as the loop does; only the requests are drawn.
/// </summary>
internal sealed class SimulatedFailback
{
    private static readonly ClusterConfig Defaults = new() { Name = "guide", Tiers = [] };
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    /// <summary>The ramp ended with the reason; null: the better tier has everything.</summary>
    public ComparisonFinding? Aborted { get; private set; }

    /// <summary>From the ramp's begin to its end.</summary>
    public TimeSpan Took { get; private set; }

    /// <summary>Requests that met a failure of the better tier.</summary>
    public int Met { get; private set; }

    /// <summary>Requests in the ramp's whole time, aborted or not.</summary>
    public int Users { get; private set; }

    /// <summary>Runs one.</summary>
    /// <param name="seed">Of everything that is drawn.</param>
    /// <param name="rate">Requests a second.</param>
    /// <param name="primary">What the better tier does: a failure; a time to the first byte.</param>
    /// <param name="standby">What the other does.</param>
    /// <param name="slowAfter">From when a first byte is slow.</param>
    public static SimulatedFailback Run(
        int seed,
        double rate,
        (double Failed, Func<Random, double> Time) primary,
        (double Failed, Func<Random, double> Time) standby,
        double slowAfter)
    {
        var random = new Random(seed);
        var run = new SimulatedFailback { Users = (int)(rate * Defaults.Failback.Ramp.TotalSeconds) };
        var (tier, other) = (new TierCounts(byConversation: false), new TierCounts(byConversation: false));
        var state = new ClusterState { Settled = true, HealthySince = [TimeSpan.Zero, TimeSpan.Zero], Active = 1 };
        var due = 0.0;
        TimeSpan? began = null;
        for (var now = TimeSpan.Zero; now < TimeSpan.FromMinutes(3); now += Step)
        {
            var verdict = began is null ? default : FailbackComparison.Decide(tier.Read(), other.Read(), byConversation: false);
            (state, var change) = FailoverMachine.Step(
                state, [TierHealth.Healthy, TierHealth.Healthy], null, firstRound: true, Defaults, now, compared: verdict);
            if (change is { Reason: TransitionReason.Failback })
            {
                began = now;
            }
            else if (began is { } start && state.RampFrom < 0)
            {
                run.Aborted = change?.Worse;
                run.Took = now - start;
                return run;
            }

            if (began is null)
            {
                continue;
            }

            tier.TakesTimes = other.TakesTimes = now - began >= Defaults.Failback.Ramp * 0.1;
            var share = FailoverTimers.ShareOf(state, Defaults.Failback, now);
            for (due += rate * Step.TotalSeconds; due >= 1; due--)
            {
                var isPrimary = random.NextDouble() < share;
                var failed = Send(random, isPrimary ? tier : other, isPrimary ? primary : standby, slowAfter);
                run.Met += isPrimary && failed ? 1 : 0;
            }
        }

        throw new InvalidOperationException("The ramp has no end.");
    }

    private static bool Send(Random random, TierCounts counts, (double Failed, Func<Random, double> Time) tier, double slowAfter)
    {
        var failed = random.NextDouble() < tier.Failed;
        counts.Ended();
        if (failed)
        {
            counts.Failed();
        }
        else if (counts.TakesTimes)
        {
            counts.FirstByte(tier.Time(random) > slowAfter);
        }

        return failed;
    }
}
