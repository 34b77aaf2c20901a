using System.Net;

namespace Gateway.Health.Probing;

/// <summary>One address of a name.</summary>
/// <param name="Address">The address.</param>
/// <param name="Port">The port that the name says; null: the configuration's.</param>
/// <param name="Host">The host behind it that the name says; null: the name itself.</param>
/// <param name="Weight">The weight that the name says; null: the configuration's.</param>
/// <param name="Priority">Used only while none with a lower number serves.</param>
internal sealed record ResolvedEndpoint(IPAddress Address, int? Port = null, string? Host = null, int? Weight = null, int Priority = 0)
{
    /// <summary>What it is called (a pod's name); null: by its address.</summary>
    public string? Name { get; init; }

    /// <summary>The zone that it is in; null: unknown.</summary>
    public string? Zone { get; init; }
}
