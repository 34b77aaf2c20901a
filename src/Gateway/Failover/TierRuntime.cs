using Gateway.Configuration.Model;
using Gateway.Health.Rules;

namespace Gateway.Failover;

/// <summary>One tier as the loop keeps it.</summary>
internal sealed class TierRuntime(TierConfig config, TierLoad load, IReadOnlyList<DestinationWatch> watches)
{
    /// <summary>The configuration in force.</summary>
    public TierConfig Config => config;

    /// <summary>Requests under way.</summary>
    public TierLoad Load => load;

    /// <summary>Its destinations.</summary>
    public IReadOnlyList<DestinationWatch> Watches => watches;

    /// <summary>Since when it cannot serve, by our own eyes; null: it can.</summary>
    public TimeSpan? DownSince { get; set; }

    /// <summary>What is known of them.</summary>
    public DestinationMonitor[] Monitors { get; } = [.. watches.Select(w => w.Monitor)];
}
