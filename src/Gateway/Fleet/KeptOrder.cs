using Gateway.Failover;

namespace Gateway.Fleet;

/// <summary>An operator's order as the state folder keeps it, so that it outlives a restart.</summary>
/// <param name="Cluster">The key under <c>clusters</c>.</param>
/// <param name="Destination">The destination that is drained or weighted; null: the order is a hold.</param>
/// <param name="Kind">A hold, a drain or a weight: what ends one of them is not kept.</param>
/// <param name="GivenAtMs">When it was given, in Unix milliseconds.</param>
/// <param name="Tier">The tier to hold.</param>
/// <param name="Weight">The weight to give.</param>
/// <param name="ForMs">How long it holds, or spares conversations, from when it was given, in milliseconds.</param>
/// <param name="Reason">The operator's words.</param>
/// <param name="Operator">As far as it is known: the name that was given, and the address.</param>
internal sealed record KeptOrder(
    string Cluster,
    string? Destination,
    SharedOrderKind Kind,
    long GivenAtMs,
    string? Tier = null,
    int? Weight = null,
    long? ForMs = null,
    string? Reason = null,
    string? Operator = null)
{
    /// <summary>What it is about.</summary>
    public OrderSubject Subject => new(Cluster, Destination, Kind == SharedOrderKind.Weight);

    /// <summary>Everything that must be there is, and in bounds.</summary>
    public bool IsSound =>
        Cluster is not null
        && GivenAtMs is >= 0 and <= FleetPayload.MaxUnixMs
        && ForMs is null or (> 0 and <= 86_400_000)
        && Kind switch
        {
            SharedOrderKind.Hold => Tier is not null && Destination is null && ForMs is not null,
            SharedOrderKind.Drain => Destination is not null,
            SharedOrderKind.Weight => Destination is not null && Weight is >= WeightCommand.Least and <= WeightCommand.Most,
            _ => false,
        };

    /// <summary>
    /// What a command leaves in force; null: nothing, as it ends an order. A drain that ends by itself is a runbook's or a drill's, a hold
    /// that yields to another's is a drill's: they are not kept, since their runs do not outlive the gateway.
    /// </summary>
    public static KeptOrder? Of(Command command, DateTimeOffset now)
    {
        var at = now.ToUnixTimeMilliseconds();
        return command switch
        {
            HoldCommand { IfFree: false } hold => new(
                hold.Cluster, null, SharedOrderKind.Hold, at, Tier: hold.Tier, ForMs: (long)hold.For.TotalMilliseconds, Reason: hold.Reason,
                Operator: hold.By),
            DrainCommand { Lasts: null } drain => new(
                drain.Cluster, drain.Destination, SharedOrderKind.Drain, at, ForMs: (long?)drain.For?.TotalMilliseconds,
                Reason: drain.Reason, Operator: drain.By),
            WeightCommand { Weight: { } weight } => new(
                command.Cluster, ((WeightCommand)command).Destination, SharedOrderKind.Weight, at, Weight: weight,
                Reason: ((WeightCommand)command).Reason, Operator: command.By),
            _ => null,
        };
    }

    /// <summary>
    /// The command that puts what is left of it in force; null: nothing is, its time is over, or it is older than
    /// <see cref="OperatorCommandStore.KeepDrain"/>. A clock that was set back makes it no older, and no longer.
    /// </summary>
    public Command? CommandAt(DateTimeOffset now)
    {
        var passed = now - DateTimeOffset.FromUnixTimeMilliseconds(GivenAtMs);
        var ago = passed > TimeSpan.Zero ? passed : TimeSpan.Zero;
        var left = ForMs is { } ms ? TimeSpan.FromMilliseconds(ms) - ago : (TimeSpan?)null;
        Command? command = Kind switch
        {
            _ when ago > OperatorCommandStore.KeepDrain => null,

            // Whole seconds: people read it.
            SharedOrderKind.Hold => left > TimeSpan.Zero
                ? new HoldCommand(
                    Cluster, Tier!, TimeSpan.FromSeconds(Math.Ceiling(left.Value.TotalSeconds)), FleetPayload.Clean(Reason))
                : null,
            SharedOrderKind.Drain => new DrainCommand(Cluster, Destination!)
            {
                For = left > TimeSpan.Zero ? left : null,
                Reason = Reason is null ? null : FleetPayload.Clean(Reason),
            },
            _ => new WeightCommand(Cluster, Destination!, Weight) { Reason = Reason is null ? null : FleetPayload.Clean(Reason) },
        };
        return command is null ? null : command with { By = Operator is null ? null : FleetPayload.Clean(Operator), Ago = ago };
    }
}
