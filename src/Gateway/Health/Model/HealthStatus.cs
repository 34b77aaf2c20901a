using System.Text.Json.Serialization;

namespace Gateway.Health.Model;

/// <summary>The health status of a destination.</summary>
internal enum HealthStatus
{
    /// <summary>No probe has ended yet; it is used, for want of anything against it.</summary>
    Unknown,

    /// <summary>It serves.</summary>
    Up,

    /// <summary>Probes say that it does not serve.</summary>
    Down,

    /// <summary>Requests ejected it, for a while.</summary>
    Ejected,

    /// <summary>Its ejection is over: one request may try it, and decides.</summary>
    [JsonStringEnumMemberName("half-open")]
    HalfOpen,
}
