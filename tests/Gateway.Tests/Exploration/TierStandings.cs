using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Health.Model;
using Gateway.Health.Rules;

namespace Gateway.Tests.Exploration;

/// <summary>
/// What <see cref="TierEvaluator.StandingOf"/> makes of a tier of up to two destinations: asked once for all that they can be, since it
/// needs monitors, which are no values.
/// </summary>
internal sealed class TierStandings
{
    private static readonly int Kinds = Enum.GetValues<HealthStatus>().Length * 2;

    private readonly Dictionary<int, TierHealth> _known = [];

    public TierStandings(ClusterConfig config)
    {
        for (var first = 0; first < Kinds; first++)
        {
            _known[first] = TierEvaluator.StandingOf([MonitorOf(config, first)], config.Failover);
            for (var second = 0; second < Kinds; second++)
            {
                _known[Kinds + (first * Kinds) + second] =
                    TierEvaluator.StandingOf([MonitorOf(config, first), MonitorOf(config, second)], config.Failover);
            }
        }
    }

    /// <summary>Of one destination.</summary>
    public TierHealth Of(ProbedDestination only) => _known[KindOf(only)];

    /// <summary>Of two.</summary>
    public TierHealth Of(ProbedDestination first, ProbedDestination second) => _known[Kinds + (KindOf(first) * Kinds) + KindOf(second)];

    private static int KindOf(ProbedDestination destination) =>
        ((int)destination.Health.HealthStatus * 2) + (destination.IsDrained ? 1 : 0);

    private static DestinationMonitor MonitorOf(ClusterConfig config, int kind)
    {
        var health = (HealthStatus)(kind / 2) switch
        {
            HealthStatus.Unknown => default,
            HealthStatus.Up => new HealthState(ProbeOpinion.Up),
            HealthStatus.Down => new HealthState(ProbeOpinion.Down),
            HealthStatus.Ejected => new HealthState(ProbeOpinion.Up, Traffic: TrafficOpinion.Ejected),
            _ => new HealthState(ProbeOpinion.Up, Traffic: TrafficOpinion.HalfOpen),
        };
        var destination = new Destination(config.Name, "tier", "destination", new Uri("http://127.0.0.1:9"));
        var monitor = new DestinationMonitor(destination, config, weight: 1, TimeSpan.Zero);
        monitor.Restore(health, "", "", TimeSpan.Zero, kind % 2 == 1 ? new DrainOrder(TimeSpan.Zero, null, null) : null);
        return monitor;
    }
}
