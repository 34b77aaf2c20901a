using BenchmarkDotNet.Attributes;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Forwarding.Attempts;
using Gateway.Forwarding.LoadBalancing;
using Gateway.Health.Model;
using Gateway.Health.Rules;

namespace Gateway.Parts;

/// <summary>What is decided for each request: the next step of its attempts, the destination, what its latency says.</summary>
public class Decisions
{
    private static readonly AttemptSituation Waiting = new(
        Now: 100, Deadline: 1000, AttemptDeadline: 500, LastStart: 90, HedgeAfter: 40, Started: 1, Running: 1, Max: 3, MayRepeat: true,
        MayHedge: true);

    private readonly LatencyHistogram _latency = new();
    private readonly PhiAccrual _suspicion = new();
    private readonly Destination?[] _tried = new Destination?[3];
    private TierSnapshot _tier = null!;
    private readonly IBalancePolicy _powerOfTwo = BalancePolicies.Of(BalanceMethod.PowerOfTwo, Random.Shared, TimeProvider.System);
    private readonly IBalancePolicy _roundRobin = BalancePolicies.Of(BalanceMethod.RoundRobin, Random.Shared, TimeProvider.System);
    private readonly IBalancePolicy _peakEwma = BalancePolicies.Of(BalanceMethod.PeakEwma, Random.Shared, TimeProvider.System);

    /// <summary>Destinations of the tier.</summary>
    [Params(2, 20)]
    public int Destinations { get; set; }

    /// <summary>A tier in which everything is well.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        var all = Enumerable.Range(0, Destinations)
            .Select(static i => new Destination("guide", "primary", $"d{i}", new Uri($"http://127.0.0.1:{9001 + i}")))
            .ToArray();
        _tier = new TierSnapshot
        {
            Name = "primary",
            Index = 0,
            Load = new TierLoad(),
            Usable = all,
            Weights = [.. all.Select(static _ => 1)],
            HalfOpen = [],
            All = all,
            CanServe = true,
        };
        _tried[0] = all[0];
        for (var i = 0; i < 64; i++)
        {
            _suspicion.Beat(TimeSpan.FromSeconds(i));
        }
    }

    /// <summary>What to do while the first attempt is under way.</summary>
    [Benchmark]
    public long NextStep() => AttemptPlan.Next(Waiting).Until;

    /// <summary>The default balance: the less busy of two.</summary>
    [Benchmark]
    public bool PowerOfTwo() => Balancer.Choose(_powerOfTwo, _tier, null, 0) is not null;

    /// <summary>Taking turns.</summary>
    [Benchmark]
    public bool RoundRobin() => Balancer.Choose(_roundRobin, _tier, null, 0) is not null;

    /// <summary>By response times and load.</summary>
    [Benchmark]
    public bool ByResponseTime() => Balancer.Choose(_peakEwma, _tier, null, 0) is not null;

    /// <summary>A response's time, as it is counted for that.</summary>
    [Benchmark]
    public void ObserveResponseTime() =>
        _tier.Usable[0].ResponseTime.Observe(
            TimeSpan.FromMilliseconds(3),
            PeakEwma.Milliseconds(TimeProvider.System.GetTimestamp(), TimeProvider.System));

    /// <summary>A second attempt leaves out the first one's destination.</summary>
    [Benchmark]
    public bool Another() => Balancer.Choose(_powerOfTwo, _tier, _tried, 1) is not null;

    /// <summary>The same key, the same destination.</summary>
    [Benchmark]
    public bool ByAffinity() => Balancer.ByAffinity("conversation-4711", _tier, null, 0) is not null;

    /// <summary>Each response's latency, from which the hedge delay is learned.</summary>
    [Benchmark]
    public void RecordLatency() => _latency.Record(TimeSpan.FromMilliseconds(3));

    /// <summary>The suspicion of a silent destination; once a tick, not a request.</summary>
    [Benchmark]
    public double Suspicion() => _suspicion.Phi(TimeSpan.FromSeconds(65));
}
