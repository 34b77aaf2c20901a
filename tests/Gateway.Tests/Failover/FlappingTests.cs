using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.Health.Rules;
using Xunit;

namespace Gateway.Tests.Failover;

/// <summary>The pure parts together, driven as the loop drives them, against a primary that is up and down in turn.</summary>
[Trait("kind", "unit")]
public class FlappingTests
{
    /// <summary>Up for so long, down for so long, for five minutes; with the given wait before failback.</summary>
    [Theory]
    [InlineData(2, 2, 30, 1)]
    [InlineData(2, 2, 1, 6)]
    [InlineData(5, 5, 1, 8)]
    [InlineData(40, 2, 30, 6)]
    public void Primary_Flapping_IsNotFollowed(double up, double down, double after, int atMost)
    {
        var config = new ClusterConfig
        {
            Name = "guide",
            Tiers = [],
            Failback = new FailbackConfig { After = TimeSpan.FromSeconds(after), Ramp = TimeSpan.FromSeconds(after) }
        };
        var random = new Random(7);
        var health = new HealthState(ProbeOpinion.Up);
        var state = new ClusterState { Settled = true };
        var nextProbe = TimeSpan.Zero;
        var transitions = 0;
        for (var now = TimeSpan.Zero; now < TimeSpan.FromMinutes(5); now += TimeSpan.FromMilliseconds(50))
        {
            var alive = now.TotalSeconds % (up + down) < up;

            // Traffic, when there is any to this tier: three connects fail within a tick, and a half-open probe is taken at once.
            if (!alive && state.Active == 0)
            {
                health = DestinationHealth.Eject(health, config.Passive, exhausted: false, now);
            }

            health = DestinationHealth.OnTick(health, config.Passive, exhausted: false, now);
            if (health.HealthStatus == HealthStatus.HalfOpen)
            {
                health = alive
                    ? DestinationHealth.PassHalfOpenProbe(health, now)
                    : DestinationHealth.Eject(health, config.Passive, exhausted: false, now);
            }

            if (now >= nextProbe)
            {
                health = DestinationHealth.OnProbe(health, alive, config.Probe, exhausted: false);
                nextProbe = ProbeSchedule.Next(
                    now,
                    now,
                    DestinationHealth.WantsFastProbe(health),
                    config.Probe,
                    (random.NextDouble() * 2) - 1);
            }

            TierHealth[] tiers = [health.HealthStatus == HealthStatus.Up ? TierHealth.Healthy : TierHealth.Unavailable, TierHealth.Healthy];
            (state, var change) = FailoverMachine.Step(state, tiers, null, firstRound: true, config, now);
            transitions += change is null ? 0 : 1;
        }

        Assert.InRange(transitions, 1, atMost);
    }
}
