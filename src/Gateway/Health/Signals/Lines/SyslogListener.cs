using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Gateway.Configuration.Values;

namespace Gateway.Health.Signals.Lines;

/// <summary>Takes syslog messages at an address of this machine, for all signals that name it.</summary>
/// <param name="address">The address, <c>udp</c> or <c>tcp</c>.</param>
/// <param name="board">Takes the lines.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class SyslogListener(Uri address, LineBoard board, TimeProvider time, ILogger logger) : ISignalReader
{
    private const int MostConnections = 64;
    private const int LargestDatagram = 64 * 1024;
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger = logger;
    private readonly string _topic = LineTopic.OfSyslog(address);
    private readonly ConcurrentDictionary<Task, byte> _connections = new();
    private bool _failed;
    private bool _hadTooMany;

    /// <inheritdoc/>
    public string Key { get; } = KeyOf(address);

    /// <summary>Where it listens now; null: it does not.</summary>
    public IPEndPoint? ListensAt { get; private set; }

    /// <summary>The key of the listener at an address.</summary>
    public static string KeyOf(Uri address) => $"listener {address}";

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (SocketException e)
            {
                if (!_failed)
                {
                    _failed = true;
                    CouldNotListen(address, e.SocketErrorCode);
                }
            }

            await Task.Delay(TryAgainAfter, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        var isTcp = string.Equals(address.Scheme, "tcp", StringComparison.Ordinal);
        var at = new IPEndPoint(AddressOf(), address.Port);
        using var socket = isTcp
            ? new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(at.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        if (at.Address.Equals(IPAddress.IPv6Any))
        {
            socket.DualMode = true;
        }

        socket.Bind(at);
        if (isTcp)
        {
            socket.Listen(MostConnections);
        }

        ListensAt = (IPEndPoint)socket.LocalEndPoint!;
        _failed = false;
        try
        {
            await (isTcp ? AcceptAsync(socket, cancellationToken) : ReceiveAsync(socket, cancellationToken)).ConfigureAwait(false);
        }
        finally
        {
            ListensAt = null;
            await Task.WhenAll(_connections.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private IPAddress AddressOf() =>
        IPAddress.TryParse(UrlHost.Of(address), out var parsed) ? parsed : IPAddress.Loopback;

    private async Task ReceiveAsync(Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[LargestDatagram];
        EndPoint any = new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (true)
        {
            try
            {
                var came = await socket.ReceiveFromAsync(buffer, SocketFlags.None, any, cancellationToken).ConfigureAwait(false);
                Take(buffer.AsMemory(0, came.ReceivedBytes), came.RemoteEndPoint);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.MessageSize)
            {
                // Says something of one sender alone.
            }
        }
    }

    private async Task AcceptAsync(Socket socket, CancellationToken cancellationToken)
    {
        while (true)
        {
            var client = await socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
            if (_connections.Count >= MostConnections)
            {
                client.Dispose();
                if (!_hadTooMany)
                {
                    _hadTooMany = true;
                    TooMany(address, MostConnections);
                }

                continue;
            }

            var serving = ServeAsync(client, cancellationToken);
            _connections.TryAdd(serving, 0);
            _ = serving.ContinueWith(
                done => _connections.TryRemove(done, out _),
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }
    }

    private async Task ServeAsync(Socket client, CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using (client)
        {
            try
            {
                // A sender that is gone without a word must not keep its place for ever.
                client.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, optionValue: true);
                client.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 60);
                var from = client.RemoteEndPoint;
                var framing = new SyslogFraming();
                int count;
                while ((count = await client.ReceiveAsync(framing.Free, cancellationToken).ConfigureAwait(false)) > 0)
                {
                    framing.Advance(count, message => Take(message, from));
                }

                framing.End(message => Take(message, from));
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // The sender broke off, or the listener ends.
            }
        }
    }

    // Of a sender that names no host, its address is one.
    private void Take(ReadOnlyMemory<byte> message, EndPoint? from)
    {
        var text = SyslogMessage.TextOf(message.Span, out var host);
        if (!text.IsEmpty)
        {
            board.Publish(_topic, text, from: null, host ?? HostOf(from));
        }
    }

    private static string? HostOf(EndPoint? from) => from is not IPEndPoint ip ? null
        : (ip.Address.IsIPv4MappedToIPv6 ? ip.Address.MapToIPv4() : ip.Address).ToString();

    [LoggerMessage(
        3110, LogLevel.Error, "Syslog messages cannot be taken at {Address} ({Error}): its signals are unknown. Tried again every 5 s.")]
    private partial void CouldNotListen(Uri address, SocketError error);

    [LoggerMessage(3111, LogLevel.Warning, "More than {Most} connections send syslog messages to {Address}: the others are closed.")]
    private partial void TooMany(Uri address, int most);
}
