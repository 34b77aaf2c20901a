using Gateway.Failover;
using Gateway.Health.Model;
using Gateway.Health.Probing;

namespace Gateway.Tests.Notifications.Runbooks;

/// <summary>One destination of a simulated world.</summary>
internal sealed class SimulatedDestination(string cluster, string tier, string name)
{
    private static readonly Uri Url = new("http://127.0.0.1:1");

    public string Cluster => cluster;

    public string Tier => tier;

    public string Name => name;

    /// <summary>Its own fault; null: none.</summary>
    public SimulatedFault? Own { get; set; }

    /// <summary>What it needs of others is away.</summary>
    public bool IsSharedAway { get; set; }

    public bool IsDrainedByOperator { get; set; }

    /// <summary>A runbook drains it.</summary>
    public string? DrainedBy { get; set; }

    /// <summary>When a restart is over; null: none is under way.</summary>
    public TimeSpan? RestartsUntil { get; set; }

    /// <summary>Counts the times that it was well again.</summary>
    public int Episode { get; set; }

    public bool IsDown => Own is not null || IsSharedAway || RestartsUntil is not null;

    /// <summary>As a gateway sees it, which may see less or more than is true.</summary>
    public DestinationView ViewOf(bool isSeenDown, DateTimeOffset utc) => new(
        name,
        Url,
        1,
        isSeenDown ? HealthStatus.Down : HealthStatus.Up,
        utc,
        "",
        IsDrainedByOperator || DrainedBy is not null,
        Suspect: false,
        0,
        [],
        EjectedUntil: null,
        0,
        0,
        Share: null,
        P99: null,
        new ProbeResult(isSeenDown ? ProbeOutcome.TimedOut : ProbeOutcome.Passed, TimeSpan.Zero),
        utc,
        TimeSpan.Zero)
    {
        Drain = IsDrainedByOperator ? new DrainView(utc, "", "anna") : DrainedBy is { } by ? new DrainView(utc, "", by) : null,
    };
}

/// <summary>A fault of one destination.</summary>
/// <param name="Until">When it ends by itself.</param>
/// <param name="HealsByRestart">A restart ends it.</param>
/// <param name="SeenBy">The gateways that see it; others do not.</param>
internal sealed record SimulatedFault(TimeSpan Until, bool HealsByRestart, int[] SeenBy);
