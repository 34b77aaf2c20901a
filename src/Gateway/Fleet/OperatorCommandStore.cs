using Gateway.Failover;

namespace Gateway.Fleet;

/// <summary>What an order is about: a cluster's hold, a destination's drain, or a destination's weight.</summary>
/// <param name="Cluster">The key under <c>clusters</c>.</param>
/// <param name="Destination">Null: the cluster's hold.</param>
/// <param name="IsWeight">The destination's weight, not its drain.</param>
internal readonly record struct OrderSubject(string Cluster, string? Destination, bool IsWeight = false)
{
    /// <summary>What a command is about.</summary>
    public static OrderSubject Of(Command command) => command switch
    {
        DrainCommand drain => new(command.Cluster, drain.Destination),
        ReadyCommand ready => new(command.Cluster, ready.Destination),
        WeightCommand weight => new(command.Cluster, weight.Destination, IsWeight: true),
        _ => new(command.Cluster, null),
    };
}

/// <summary>A value to write, if what stands there is still what was read.</summary>
internal readonly record struct BookWrite(OrderSubject Subject, byte[] Expected, byte[] Value, TimeSpan KeepFor);

/// <summary>
/// The operators' orders as this gateway knows them, beside what Redis says of each. The higher epoch wins; what Redis lost is written
/// again. Knows no clock and does no I/O; only the fleet's loop touches it.
/// </summary>
internal sealed class OperatorCommandStore
{
    /// <summary>How long the end of a hold is remembered: longer than any hold lasts, so that none comes back.</summary>
    public static readonly TimeSpan KeepRelease = TimeSpan.FromHours(48);

    /// <summary>The longest hold.</summary>
    public static readonly TimeSpan LongestHold = TimeSpan.FromHours(24);

    /// <summary>How long drains, and their ends, are remembered when no gateway lives that knows of them.</summary>
    public static readonly TimeSpan KeepDrain = TimeSpan.FromDays(30);

    // A newcomer to an old release has nothing to release.
    private static readonly TimeSpan News = TimeSpan.FromSeconds(10);

    private readonly Dictionary<OrderSubject, Entry> _entries = [];

    /// <summary>An operator gave an order here. Takes the next epoch.</summary>
    public void Give(Command command, string by, FleetEpoch epoch, TimeSpan now)
    {
        var kind = command switch
        {
            HoldCommand => SharedOrderKind.Hold,
            ReleaseCommand => SharedOrderKind.Release,
            DrainCommand => SharedOrderKind.Drain,
            ReadyCommand => SharedOrderKind.Ready,
            WeightCommand { Weight: null } => SharedOrderKind.WeightClear,
            WeightCommand => SharedOrderKind.Weight,
            _ => throw new ArgumentException($"'{command.GetType().Name}' is no order that gateways share.", nameof(command)),
        };
        var hold = command as HoldCommand;
        var weight = command as WeightCommand;
        var order = new SharedOrder(epoch.Next(), by, kind, hold?.Tier, hold?.Reason
            ?? (command as DrainCommand)?.Reason ?? weight?.Reason, command.By, weight?.Weight,
            (long?)(command as DrainCommand)?.For?.TotalMilliseconds,
            (long?)(command as DrainCommand)?.Lasts?.TotalMilliseconds,
            command is ReleaseCommand { AtOnce: true });
        _entries[OrderSubject.Of(command)] = new Entry(order, now + (hold?.For ?? KeepOf(order)));
    }

    /// <summary>Redis says this of a subject. Gives the command that must be carried out here, and the value to write, if any.</summary>
    /// <param name="subject">What it is about.</param>
    /// <param name="raw">The value; empty: there is none.</param>
    /// <param name="remaining">How long it stays, by the clock of Redis; negative: for ever, which none of ours does.</param>
    /// <param name="now">The loop's clock.</param>
    public (SharedOrder? Order, Command? Command, BookWrite? Write, bool Garbage) Read(
        OrderSubject subject,
        byte[] raw,
        TimeSpan remaining,
        TimeSpan now)
    {
        if (_entries.TryGetValue(subject, out var known) && known.EndsAt <= now)
        {
            _entries.Remove(subject);
            known = null;
        }

        // 1. Nothing, or nothing of ours: what we know is written (again); garbage without a successor is taken away.
        var order = raw.Length == 0
            ? null
            : FleetPayload.Decode<SharedOrder>(raw) is { IsSound: true } sound && Fits(subject, sound) ? sound
            : null;
        var garbage = order is null && raw.Length > 0;
        if (order is null)
        {
            return (null, null, known is not null ? WriteOf(subject, known, raw, now) : garbage ? new BookWrite(
                subject,
                raw,
                [],
                TimeSpan.Zero) : null, garbage);
        }

        // 2. Older than ours, or ours.
        if (known is not null && !order.Overrules(known.Order))
        {
            return (null, null, known.Order.Overrules(order) ? WriteOf(subject, known, raw, now) : null, false);
        }

        // 3. News.
        var longest = order.Kind == SharedOrderKind.Hold ? LongestHold : KeepOf(order);
        var left = remaining <= TimeSpan.Zero || remaining > longest ? longest : remaining;
        _entries[subject] = new Entry(order, now + left);
        var stale = known is null
            && order.Kind is SharedOrderKind.Release or SharedOrderKind.Ready or SharedOrderKind.WeightClear
            && longest - left > News;
        var command = stale ? null : CommandOf(subject, order, left, longest - left);
        return (order, order.Who is null || command is null ? command : command with { By = FleetPayload.Clean(order.Who) }, null, false);
    }

    private static Command CommandOf(OrderSubject subject, SharedOrder order, TimeSpan left, TimeSpan ago) => order.Kind switch
    {
        // Whole seconds: people read it.
        SharedOrderKind.Hold => new HoldCommand(
            subject.Cluster, order.Tier!, TimeSpan.FromSeconds(Math.Ceiling(left.TotalSeconds)), FleetPayload.Clean(order.Reason)),
        SharedOrderKind.Release => new ReleaseCommand(subject.Cluster) { AtOnce = order.AtOnce },
        SharedOrderKind.Drain => new DrainCommand(subject.Cluster, subject.Destination!)
        {
            Reason = order.Reason is null ? null : FleetPayload.Clean(order.Reason),
            For = RestOf(order, ago),
            Lasts = order.LastsMs is null ? null : left,
            Ago = ago,
        },
        SharedOrderKind.Weight or SharedOrderKind.WeightClear => new WeightCommand(subject.Cluster, subject.Destination!, order.Weight)
        {
            Reason = order.Reason is null ? null : FleetPayload.Clean(order.Reason),
            Ago = ago,
        },
        _ => new ReadyCommand(subject.Cluster, subject.Destination!),
    };

    // What is left of it: how long ago a drain was given is told by how long Redis still keeps it, and by no gateway's clock.
    private static TimeSpan? RestOf(SharedOrder order, TimeSpan ago) =>
        order.ForMs is { } spared && TimeSpan.FromMilliseconds(spared) - ago is var rest && rest > TimeSpan.Zero ? rest : null;

    private static bool Fits(OrderSubject subject, SharedOrder order) => order.Kind switch
    {
        SharedOrderKind.Hold or SharedOrderKind.Release => subject.Destination is null,
        SharedOrderKind.Drain or SharedOrderKind.Ready => subject is { Destination: not null, IsWeight: false },
        _ => subject.IsWeight,
    };

    private static TimeSpan KeepOf(SharedOrder order) =>
        order.LastsMs is { } lasts ? TimeSpan.FromMilliseconds(lasts)
        : order.Kind == SharedOrderKind.Release ? KeepRelease
        : KeepDrain;

    private static BookWrite WriteOf(OrderSubject subject, Entry entry, byte[] expected, TimeSpan now) =>
        new(subject, expected, FleetPayload.Encode(entry.Order), entry.EndsAt - now);

    private sealed record Entry(SharedOrder Order, TimeSpan EndsAt);
}
