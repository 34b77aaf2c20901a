using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using Gateway.Configuration.Model;
using Gateway.Health.Model;
using Gateway.Health.Probing;

namespace Gateway.Health.Signals;

/// <summary>
/// Asks the agent of one destination every so often, as HAProxy does: a connection to its port, one line back. An agent that cannot be
/// reached is no evidence of anything.
/// </summary>
internal sealed partial class AgentReader : ISignalReader
{
    private const int ValidReadings = 3;
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromSeconds(5);

    private readonly Destination _destination;
    private readonly SignalConfig _signal;
    private readonly Action<SignalReading> _report;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly DestinationConnector _connector;
    private readonly EndPoint _at;
    private readonly TimeSpan _timeout;
    private AgentWords _words = AgentWords.None;
    private bool _failed;

    /// <param name="destination">The destination.</param>
    /// <param name="signal">The signal.</param>
    /// <param name="report">Takes readings; must not wait.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public AgentReader(Destination destination, SignalConfig signal, Action<SignalReading> report, TimeProvider time, ILogger logger)
    {
        _destination = destination;
        _signal = signal;
        _report = report;
        _time = time;
        _logger = logger;
        _connector = new DestinationConnector(time);
        _at = DestinationConnector.EndPointOf(ProbeExchange.AddressOf(destination.Url, "/", signal.Port));
        _timeout = signal.Every < LongestTimeout ? signal.Every : LongestTimeout;
        Key = KeyOf(destination, signal);
    }

    /// <inheritdoc/>
    public string Key { get; }

    /// <summary>The key of the reader of this signal: another one for a destination that left and came back.</summary>
    public static string KeyOf(Destination destination, SignalConfig signal) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"agent {destination} {RuntimeHelpers.GetHashCode(destination)} {destination.Url} {signal.Name} {signal.Port} {signal.Every}");

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var started = _time.GetTimestamp();
            await AskAsync(cancellationToken).ConfigureAwait(false);
            var rest = (_signal.Every * (0.95 + (Random.Shared.NextDouble() * 0.1))) - _time.GetElapsedTime(started);
            await Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task AskAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(_timeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var socket = await _connector.ConnectAsync(_at, _timeout / 2, both.Token).ConfigureAwait(false);
            var line = await ReadLineAsync(socket, both.Token).ConfigureAwait(false);
            if (_words.Take(line) is not { } words)
            {
                Missed("its line has no word of an agent");
                return;
            }

            _words = words;
            _failed = false;
            _report(new SignalReading(
                _destination, _signal.Name, SignalState.Firing, words.Effect, words.Text, (_signal.Every * ValidReadings) + _timeout)
            {
                Weight = words.Weight is > 0 ? words.Weight : null,
            });
        }
        catch (Exception) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            Missed("it took too long");
        }
        catch (Exception e) when (e is SocketException or IOException && !cancellationToken.IsCancellationRequested)
        {
            Missed(e.Message);
        }
    }

    // Up to the end of the line or of the connection.
    private static async Task<string> ReadLineAsync(Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[AgentWords.Longest];
        var length = 0;
        int count;
        while (length < buffer.Length && buffer.AsSpan(0, length).IndexOfAny((byte)'\r', (byte)'\n') < 0
            && (count = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false)) > 0)
        {
            length += count;
        }

        var end = buffer.AsSpan(0, length).IndexOfAny((byte)'\r', (byte)'\n');
        return Encoding.ASCII.GetString(buffer, 0, end < 0 ? length : end);
    }

    private void Missed(string why)
    {
        if (!_failed)
        {
            _failed = true;
            CouldNotAsk(_destination.Cluster, _destination.Name, _signal.Port ?? 0, why);
        }
    }

    [LoggerMessage(
        3105,
        LogLevel.Warning,
        "The agent on port {Port} of destination '{Destination}' in cluster '{Cluster}' cannot be asked: {Why}. Its signal is unknown "
        + "until it can.")]
    private partial void CouldNotAsk(string cluster, string destination, int port, string why);
}
