namespace Gateway.Health.Model;

/// <summary>What probes hold of a destination.</summary>
internal enum ProbeOpinion
{
    /// <summary>No probe ended yet.</summary>
    Unknown,

    /// <summary>It answers probes.</summary>
    Up,

    /// <summary>It does not.</summary>
    Down,
}

/// <summary>What traffic holds of a destination.</summary>
internal enum TrafficOpinion
{
    /// <summary>Nothing against it.</summary>
    Good,

    /// <summary>Ejected for a while.</summary>
    Ejected,

    /// <summary>One request may try it.</summary>
    HalfOpen,
}

/// <summary>What the rules of <see cref="Rules.DestinationHealth"/> need to remember. Times count from the loop's start.</summary>
/// <param name="Probes">What probes hold.</param>
/// <param name="Streak">Probe results in a row that contradict <paramref name="Probes"/>.</param>
/// <param name="Traffic">What traffic holds.</param>
/// <param name="EjectedAt">Start of the last ejection.</param>
/// <param name="EjectedUntil">Its end.</param>
/// <param name="Ejections">Ejections in a row; each doubles the next.</param>
/// <param name="GoodSince">Since when traffic has had nothing against it.</param>
internal readonly record struct HealthState(
    ProbeOpinion Probes = ProbeOpinion.Unknown,
    int Streak = 0,
    TrafficOpinion Traffic = TrafficOpinion.Good,
    TimeSpan EjectedAt = default,
    TimeSpan EjectedUntil = default,
    int Ejections = 0,
    TimeSpan GoodSince = default)
{
    /// <summary>Both opinions in one word. What probes see down is down, whatever traffic held before.</summary>
    public HealthStatus HealthStatus => (Probes, Traffic) switch
    {
        (ProbeOpinion.Down, _) => HealthStatus.Down,
        (_, TrafficOpinion.Ejected) => HealthStatus.Ejected,
        (_, TrafficOpinion.HalfOpen) => HealthStatus.HalfOpen,
        (ProbeOpinion.Unknown, _) => HealthStatus.Unknown,
        _ => HealthStatus.Up,
    };
}
