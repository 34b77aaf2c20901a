using System.Threading.Channels;
using Gateway.Failover;

namespace Gateway.Fleet;

/// <summary>
/// Operators' commands between the gateways: those that were given here go out with the next exchange, those that were given elsewhere are
/// carried out here. Only the fleet's loop uses it, but for <see cref="Publish"/>.
/// </summary>
/// <param name="loop">Carries out commands.</param>
/// <param name="self">Told of what was carried out.</param>
/// <param name="epoch">Orders the commands of all gateways.</param>
/// <param name="warnings">Told of what could not be read.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class OperatorOrders(
    FailoverLoop loop, FleetSelf self, FleetEpoch epoch, FleetWarnings warnings, TimeProvider time, ILogger logger)
{
    private const int MostCommands = 256;
    private static readonly TimeSpan CommandWithin = TimeSpan.FromSeconds(2);

    private readonly ILogger _logger = logger;
    private readonly OperatorCommandStore _book = new();
    private readonly List<BookWrite> _writes = [];
    private readonly Channel<Command> _commands = Channel.CreateBounded<Command>(
        new BoundedChannelOptions(MostCommands) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest });

    /// <summary>What the next exchange has to write.</summary>
    public IReadOnlyList<BookWrite> Writes => _writes;

    /// <summary>A command was given here and carried out. Never waits.</summary>
    public void Publish(Command command) => _commands.Writer.TryWrite(command);

    /// <summary>Notes what was given here since.</summary>
    /// <param name="id">This gateway.</param>
    /// <param name="now">The fleet's clock.</param>
    public void Give(string id, TimeSpan now)
    {
        while (_commands.Reader.TryRead(out var command))
        {
            _book.Give(command, id, epoch, now);
            _writes.RemoveAll(write => write.Subject == OrderSubject.Of(command));
        }
    }

    /// <summary>The exchange has written them.</summary>
    public void Written() => _writes.Clear();

    /// <summary>Carries out what the exchange brought.</summary>
    /// <returns>True: something is to be written that others wait for.</returns>
    public async Task<bool> TakeAsync(FleetReply reply, FleetSlots slots, TimeSpan now)
    {
        for (var i = 0; i < slots.Subjects.Length; i++)
        {
            if (_commands.Reader.TryPeek(out _))
            {
                // An operator ordered something here meanwhile, and it is done: it gets its epoch before anything older is read over it.
                return true;
            }

            var (value, remaining) = reply.Values[slots.Clusters.Length + i];
            var (order, command, write, garbage) = _book.Read(slots.Subjects[i], value, remaining, now);
            if (garbage)
            {
                warnings.OnGarbage(now);
            }

            if (write is { } wanted)
            {
                _writes.Add(wanted);
            }

            if (order is null)
            {
                continue;
            }

            epoch.See(order.Epoch);
            if (command is not null)
            {
                using var deadline = new CancellationTokenSource(CommandWithin, time);
                var result = await loop.CommandAsync(command, deadline.Token).ConfigureAwait(false);
                Obeyed(result.Message);
                self.Obeyed(command, result);
            }
        }

        return _writes.Count > 0;
    }

    [LoggerMessage(4104, LogLevel.Information, "An operator's order that was given at another gateway: {Result}")]
    private partial void Obeyed(string result);
}
