using System.Security.Cryptography;
using System.Text;
using Gateway.Configuration.Model;

namespace Gateway.Notifications.Runbooks;

/// <summary>One destination of which a runbook's condition holds.</summary>
/// <param name="Runbook">The runbook.</param>
/// <param name="Key">What tells it from others.</param>
/// <param name="Tier">The destination's tier.</param>
/// <param name="Since">Since when it has held without a break, on the loop's clock.</param>
internal sealed record RunbookFault(RunbookConfig Runbook, FaultKey Key, string Tier, TimeSpan Since)
{
    /// <summary>The destination was seen well before; false: the fault may be older than this process.</summary>
    public bool IsBeginKnown { get; init; }

    /// <summary>It has held for as long as the runbook wants.</summary>
    public bool IsDue(TimeSpan now) => now - Since >= Runbook.When.For;
}

/// <summary>What tells a fault from others.</summary>
/// <param name="Runbook">The runbook's name.</param>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="Destination">The destination's name.</param>
internal readonly record struct FaultKey(string Runbook, string Cluster, string Destination)
{
    /// <summary>The same for every gateway of a fleet, short enough for a sign of life.</summary>
    public string Id => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{Runbook}\n{Cluster}\n{Destination}")).AsSpan(0, 8));
}
