using System.Collections.Immutable;
using Gateway.Configuration.Model;
using Gateway.Consensus;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.Health.Signals;

namespace Gateway.Failover;

/// <summary>
/// What comes in to the failover loop: evidence, or one of the messages below. Evidence is a value, so that traffic allocates nothing for
/// it.
/// </summary>
internal readonly record struct FailoverMessage(object? Payload, Evidence Evidence = default);

/// <summary>A probe ended.</summary>
internal sealed record ProbeMessage(DestinationWatch Watch, int Round, ProbeResult Result);

/// <summary>The fleet decided.</summary>
internal sealed record GuideMessage(ImmutableDictionary<string, FleetGuidance> Guidance);

/// <summary>A signal says something of a destination.</summary>
internal sealed record SignalMessage(SignalReading Reading);

/// <summary>A name was resolved.</summary>
internal sealed record NameMessage(DnsName Name, ResolvedName Resolved);

/// <summary>A caller waits for it, and gets a result even if that is a fault.</summary>
internal interface IAwaitedMessage
{
    /// <summary>Ends the wait with a fault.</summary>
    void Fail(Exception fault);
}

/// <summary>An operator commands something.</summary>
internal sealed record CommandMessage(Command Command) : IAwaitedMessage
{
    /// <inheritdoc/>
    public void Fail(Exception fault) => Done.TrySetException(fault);

    /// <summary>What the caller waits for.</summary>
    public TaskCompletionSource<CommandResult> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>A changed configuration is to be put into force.</summary>
internal sealed record ApplyMessage(GatewayConfig Config) : IAwaitedMessage
{
    /// <inheritdoc/>
    public void Fail(Exception fault) => Done.TrySetException(fault);

    /// <summary>What the caller waits for.</summary>
    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
