using Gateway.Failover;

namespace Gateway.Fleet;

/// <summary>
/// The operators' orders in force, in <c>orders</c> of the state folder: an order a line, written as a whole by a new file that replaces
/// the old one, so that a crash leaves one of the two. For a gateway without Redis; where there is one, it keeps them.
/// </summary>
/// <param name="folder">The state folder.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class OrderFile(string folder, TimeProvider time, ILogger logger)
{
    // As many as there can be sensibly; the oldest are forgotten.
    private const int Most = 10_000;
    private const long MostBytes = 8 * 1024 * 1024;

    private readonly ILogger _logger = logger;
    private readonly string _path = Path.Combine(folder, "orders");
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
            foreach (var order in Lines().Select(Decode).OfType<KeptOrder>())
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

            Write();
        }
    }

    private IEnumerable<string> Lines()
    {
        try
        {
            var file = new FileInfo(_path);
            if (!file.Exists)
            {
                return [];
            }

            if (file.Length <= MostBytes)
            {
                return File.ReadAllLines(_path);
            }

            LogTooLong(_path, file.Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogUnreadable(_path, e.Message);
        }

        return [];
    }

    private KeptOrder? Decode(string line, int index)
    {
        if (FleetPayload.Decode<KeptOrder>(System.Text.Encoding.UTF8.GetBytes(line)) is { IsSound: true } order)
        {
            return order;
        }

        LogDamaged(_path, index + 1);
        return null;
    }

    private void Write()
    {
        var now = time.GetUtcNow();
        var kept = _orders.Values.Where(o => o.CommandAt(now) is not null).OrderByDescending(static o => o.GivenAtMs).Take(Most).ToArray();
        try
        {
            var next = _path + ".next";
            using (var file = new FileStream(next, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                foreach (var order in kept)
                {
                    file.Write(FleetPayload.Encode(order));
                    file.Write("\n"u8);
                }

                file.Flush(flushToDisk: true);
            }

            File.Move(next, _path, overwrite: true);
            _alarm = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _alarm = "Holds, drains and weights are in force, but cannot be written to the state folder, and a restart would forget them: "
                + $"{e.Message} Repair the folder; the next order writes all of them.";
            LogUnwritten(_path, e.Message);
        }
    }

    [LoggerMessage(4110, LogLevel.Warning, "The orders in \"{Path}\" cannot be read, and are forgotten: {Problem}")]
    private partial void LogUnreadable(string path, string problem);

    [LoggerMessage(4111, LogLevel.Warning, "The orders in \"{Path}\" are not read, since {Length} bytes are not from a gateway.")]
    private partial void LogTooLong(string path, long length);

    [LoggerMessage(4112, LogLevel.Warning, "Line {Line} of \"{Path}\" is damaged: its order is forgotten.")]
    private partial void LogDamaged(string path, int line);

    [LoggerMessage(4113, LogLevel.Error, "The orders cannot be written to \"{Path}\", and a restart would forget them: {Problem}")]
    private partial void LogUnwritten(string path, string problem);
}
