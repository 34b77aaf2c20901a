using Gateway.Failover;

namespace Gateway.Fleet;

/// <summary>
/// The operators' orders in force, in <c>orders</c> of the state folder. For a gateway without Redis; where there is one, it keeps them.
/// </summary>
/// <param name="folder">The state folder.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed class OrderFile(string folder, TimeProvider time, ILogger logger)
{
    // As many as there can be sensibly; the oldest are forgotten.
    private const int Most = 10_000;

    private readonly StateLines<KeptOrder> _lines = new(Path.Combine(folder, "orders"), "order", static order => order.IsSound, logger);
    private readonly Lock _lock = new();
    private readonly Dictionary<OrderSubject, KeptOrder> _orders = [];
    private volatile string? _alarm;

    /// <summary>Why orders are not written now; null: all is well.</summary>
    public string? Alarm => _alarm;

    /// <summary>Reads what is still in force; lines that are damaged are left out, and the log says so.</summary>
    public IReadOnlyList<Command> Read()
    {
        lock (_lock)
        {
            var commands = new List<Command>();
            foreach (var order in _lines.Read())
            {
                if (order.CommandAt(time.GetUtcNow()) is { } command)
                {
                    _orders[order.Subject] = order;
                    commands.Add(command);
                }
            }

            return commands;
        }
    }

    /// <summary>A command was carried out. Writes what is in force now; never throws.</summary>
    public void Keep(Command command)
    {
        lock (_lock)
        {
            var subject = OrderSubject.Of(command);
            if (KeptOrder.Of(command, time.GetUtcNow()) is { } order)
            {
                _orders[subject] = order;
            }
            else if (!_orders.Remove(subject) && _alarm is null)
            {
                return;
            }

            var now = time.GetUtcNow();
            var kept = _orders.Values.Where(o => o.CommandAt(now) is not null).OrderByDescending(static o => o.GivenAtMs).Take(Most);
            _alarm = _lines.Write(kept) is { } problem
                ? "Holds, drains and weights are in force, but cannot be written to the state folder, and a restart would forget them: "
                    + $"{problem} Repair the folder; the next order writes all of them."
                : null;
        }
    }
}
