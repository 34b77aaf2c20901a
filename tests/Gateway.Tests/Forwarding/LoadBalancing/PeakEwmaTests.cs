using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Forwarding.LoadBalancing;
using Gateway.Health.Model;
using Gateway.Health.Rules;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding.LoadBalancing;

/// <summary>The value that stands for a destination's response time, and where requests go by it.</summary>
[Trait("kind", "unit")]
public class PeakEwmaTests
{
    private const double Milliseconds = 1000;

    /// <summary>Response times in milliseconds, each with its moment, and what is left of them at the end.</summary>
    public static TheoryData<string, int[], int, double> Values() => new()
    {
        { "nothing was seen", [], 0, 0 },
        { "the first counts whole", [20, 0], 0, 20 },
        { "a longer one replaces what was", [20, 0, 200, 1], 1, 200 },
        { "a shorter one counts for nothing in the same moment", [200, 0, 20, 0], 0, 200 },
        { "a shorter one counts for the time that passed", [200, 0, 20, 10_000], 10_000, (200 / Math.E) + (20 * (1 - (1 / Math.E))) },
        { "without responses it fades", [200, 0], 10_000, 200 / Math.E },
        { "and is never nothing again", [200, 0], 3_600_000, 0.001 },
        { "a moment before the last one is now", [200, 1000, 20, 990], 980, 200 },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void At_AfterResponses_HasValue(string situation, int[] responses, int at, double expected)
    {
        var value = new PeakEwma();
        for (var i = 0; i < responses.Length; i += 2)
        {
            value.Observe(TimeSpan.FromMilliseconds(responses[i]), (uint)responses[i + 1]);
        }

        Assert.True(
            Math.Abs(value.At((uint)at) - (expected * Milliseconds)) <= Math.Max(0.001, expected * 0.001) * Milliseconds,
            $"{situation}: {value.At((uint)at)}");
    }

    [Fact]
    public void ObserveWait_Raises_AndNeverLowers()
    {
        var value = new PeakEwma();
        value.ObserveWait(TimeSpan.FromMilliseconds(50), 0);
        value.ObserveWait(TimeSpan.FromMilliseconds(10), 0);

        Assert.Equal(50 * Milliseconds, value.At(0), tolerance: 1);

        value.ObserveWait(TimeSpan.FromMilliseconds(70), 0);

        Assert.Equal(70 * Milliseconds, value.At(0), tolerance: 1);
    }

    [Fact]
    public void Moment_WrapsAround_GoesOn()
    {
        var value = new PeakEwma();
        value.Observe(TimeSpan.FromMilliseconds(200), uint.MaxValue);

        Assert.Equal(200 * Milliseconds / Math.E, value.At(9_999), tolerance: 1);
    }

    [Fact]
    public void Observe_FromManyThreads_LosesNoPeak()
    {
        var value = new PeakEwma();
        Parallel.For(1, 2_001, i => value.Observe(TimeSpan.FromMilliseconds(i), 5));

        Assert.Equal(2_000 * Milliseconds, value.At(5), tolerance: 1);
    }

    /// <summary>Response times, weights, requests a second, and the share of requests that each destination may get.</summary>
    public static TheoryData<string, double[], int[], int, double[]> Shares() => new()
    {
        { "one of two is 10 times slower", [10, 100], [1, 1], 300, [0.95, 0.05] },
        { "one of three is 10 times slower", [10, 10, 100], [1, 1, 1], 300, [0.47, 0.47, 0.04] },
        { "one of two is 10 times slower, little traffic", [10, 100], [1, 1], 5, [0.99, 0.01] },
        { "as fast as one another", [20, 20, 20], [1, 1, 1], 300, [0.333, 0.333, 0.333] },
        { "as fast as one another, by weight", [20, 20, 20], [1, 2, 5], 1_000, [0.125, 0.25, 0.625] },
        { "as fast as one another, little traffic, by weight", [20, 20], [1, 3], 5, [0.25, 0.75] },
    };

    [Theory]
    [MemberData(nameof(Shares))]
    public void Choose_OfDestinationsThatDiffer_PrefersTheFaster(
        string situation,
        double[] responseTimes,
        int[] weights,
        int rate,
        double[] expected)
    {
        var requests = new Simulation(BalanceMethod.PeakEwma, responseTimes, weights).Run(rate, TimeSpan.FromMinutes(2));
        var total = (double)requests.Sum();
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs((requests[i] / total) - expected[i]) <= 0.06, $"{situation}: {string.Join(", ", requests)}");
        }
    }

    [Fact]
    public void Choose_OneTenTimesSlower_GetsFarLessThanByRequestsInFlight()
    {
        var byResponseTime = new Simulation(BalanceMethod.PeakEwma, [10, 10, 100], [1, 1, 1]).Run(300, TimeSpan.FromMinutes(2));
        var byLoad = new Simulation(BalanceMethod.PowerOfTwo, [10, 10, 100], [1, 1, 1]).Run(300, TimeSpan.FromMinutes(2));

        Assert.True(byResponseTime[2] * 10 < byLoad[2], $"{byResponseTime[2]} of {byResponseTime.Sum()} against {byLoad[2]}");
    }

    [Fact]
    public void Choose_TheSlowOneIsFastAgain_GetsItsShareBack()
    {
        double[] responseTimes = [10, 200];
        var simulation = new Simulation(BalanceMethod.PeakEwma, responseTimes, [1, 1]);
        simulation.Run(200, TimeSpan.FromSeconds(30));
        responseTimes[1] = 10;
        simulation.Run(200, TimeSpan.FromSeconds(60));
        var requests = simulation.Run(200, TimeSpan.FromSeconds(30));

        Assert.InRange(requests[1] / (double)requests.Sum(), 0.4, 0.6);
    }

    [Fact]
    public void Choose_OneHasNotRespondedYet_StartsAtOnceAndNotWithEverything()
    {
        // The newcomer never responds: what it has in flight is all that speaks against it.
        var simulation = new Simulation(BalanceMethod.PeakEwma, [10, 10], [1, 1]);
        simulation.Run(200, TimeSpan.FromSeconds(5));
        simulation.Join(double.PositiveInfinity);
        var requests = simulation.Run(200, TimeSpan.FromSeconds(5));

        Assert.InRange(requests[2], 1, 20);
    }

    /// <summary>Requests at a steady rate to destinations that need a fixed time for each, on a clock that costs no time.</summary>
    private sealed class Simulation(BalanceMethod method, double[] responseTimes, int[] weights)
    {
        private readonly ManualTime _time = new();
        private readonly PriorityQueue<(Destination Destination, TimeSpan Took), TimeSpan> _ends = new();
        private double[] _responseTimes = responseTimes;
        private TierSnapshot _tier = BalancerTests.Tier(weights);
        private IBalancePolicy? _policy;

        /// <summary>One destination more.</summary>
        public void Join(double responseTime)
        {
            var before = _tier.Usable;
            _tier = BalancerTests.Tier([.. _tier.Weights, 1]);
            Array.Copy(before, _tier.Usable, before.Length);
            _responseTimes = [.. _responseTimes, responseTime];
        }

        /// <summary>How many requests each destination got.</summary>
        public int[] Run(int rate, TimeSpan length)
        {
            _policy ??= BalancePolicies.Of(method, new Random(7), _time);
            var requests = new int[_tier.Usable.Length];
            var end = _time.Now + length;
            while (_time.Now < end)
            {
                while (_ends.TryPeek(out var ended, out var at) && at <= _time.Now)
                {
                    _ends.Dequeue();
                    ended.Destination.End();
                    ended.Destination.ResponseTime.Observe(ended.Took, PeakEwma.Milliseconds(at.Ticks, _time));
                }

                var destination = Balancer.Choose(_policy, _tier, null, 0)!;
                var index = Array.IndexOf(_tier.Usable, destination);
                requests[index]++;
                destination.Begin();
                if (double.IsFinite(_responseTimes[index]))
                {
                    var took = TimeSpan.FromMilliseconds(_responseTimes[index]);
                    _ends.Enqueue((destination, took), _time.Now + took);
                }

                _time.Advance(TimeSpan.FromSeconds(1) / rate);
            }

            return requests;
        }
    }
}
