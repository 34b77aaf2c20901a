using System.Net;
using System.Net.Sockets;

namespace Gateway.Drills.Faults;

/// <summary>One client's connection through a relay: two pumps, one a direction.</summary>
internal sealed class RelayedConnection(TcpRelay relay, Socket client, int? target)
{
    private readonly CancellationTokenSource _ended = new();
    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private CancellationTokenSource _changed = new();
    private int _done;

    /// <summary>Runs until one side ends, or a behaviour ends both.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var registration = stop.Register(() => End(reset: true));
        try
        {
            client.NoDelay = true;
            if (target is not { } port)
            {
                // A silent door: nothing is connected, nothing is read, until the relay ends or the client is reset.
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _ended.Token);
                return;
            }

            await _server.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), _ended.Token);
            await Task.WhenAll(
                EndedByAsync(PumpAsync(client, _server, () => relay.ToServer)),
                EndedByAsync(PumpAsync(_server, client, () => relay.ToClient)));
            End(reset: false);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One side is gone or refused: the other must see it as a reset, as it would without the relay.
            End(reset: true);
        }
    }

    /// <summary>A direction that breaks ends both at once: the other one may wait for bytes that will never come.</summary>
    private async Task EndedByAsync(Task pump)
    {
        try
        {
            await pump;
        }
        catch
        {
            End(reset: true);
            throw;
        }
    }

    /// <summary>Closes both ends.</summary>
    public void End(bool reset)
    {
        if (Interlocked.Exchange(ref _done, 1) != 0)
        {
            return;
        }

        _ended.Cancel();
        foreach (var socket in new[] { client, _server })
        {
            if (reset)
            {
                socket.Close(0);
            }
            else
            {
                socket.Dispose();
            }
        }
    }

    /// <summary>Wakes a pump that waits under the old behaviour.</summary>
    public void BehaviourChanged()
    {
        var old = Interlocked.Exchange(ref _changed, new CancellationTokenSource());
        old.Cancel();
    }

    private async Task PumpAsync(Socket from, Socket to, Func<RelayBehaviour> current)
    {
        var buffer = new byte[16 * 1024];
        var (counted, carried) = (current(), 0L);
        while (true)
        {
            // 1. A stalled direction does not even read.
            await WaitWhileStalledAsync(current);
            var read = await from.ReceiveAsync(buffer.AsMemory(), SocketFlags.None, _ended.Token);
            await WaitWhileStalledAsync(current);
            var behaviour = current();
            if (!ReferenceEquals(behaviour, counted))
            {
                (counted, carried) = (behaviour, 0);
            }

            // 2. The sender has finished: so does this direction.
            if (read == 0)
            {
                to.Shutdown(SocketShutdown.Send);
                return;
            }

            // 3. Hand on what the behaviour lets through.
            var piece = buffer.AsMemory(0, read);
            switch (behaviour.Mode)
            {
                case RelayMode.Swallow:
                    break;
                case RelayMode.Drip:
                    await DripAsync(to, piece, behaviour, current);
                    break;
                case RelayMode.Reset or RelayMode.Cut when carried + read > behaviour.AfterBytes:
                    await SendAsync(to, piece[..(int)(behaviour.AfterBytes - carried)]);
                    End(reset: behaviour.Mode == RelayMode.Reset);
                    return;
                case RelayMode.Delay:
                    await Task.Delay(behaviour.Wait, TimeProvider.System, _ended.Token);
                    await SendAsync(to, piece);
                    break;
                default:
                    await SendAsync(to, piece);
                    break;
            }

            carried += read;
        }
    }

    private async Task DripAsync(Socket to, Memory<byte> piece, RelayBehaviour behaviour, Func<RelayBehaviour> current)
    {
        for (var i = 0; i < piece.Length; i++)
        {
            if (!ReferenceEquals(current(), behaviour))
            {
                await SendAsync(to, piece[i..]);
                return;
            }

            await SendAsync(to, piece.Slice(i, 1));
            await Task.Delay(behaviour.Wait, TimeProvider.System, _ended.Token);
        }
    }

    private async Task WaitWhileStalledAsync(Func<RelayBehaviour> current)
    {
        while (true)
        {
            // Taken before the look at the behaviour: a change in between cancels this very token.
            var changed = Volatile.Read(ref _changed).Token;
            if (current().Mode != RelayMode.Stall)
            {
                return;
            }

            using var either = CancellationTokenSource.CreateLinkedTokenSource(changed, _ended.Token);
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, either.Token);
            }
            catch (OperationCanceledException) when (!_ended.IsCancellationRequested)
            {
                // Woken: look again.
            }
        }
    }

    private async Task SendAsync(Socket to, ReadOnlyMemory<byte> piece)
    {
        while (!piece.IsEmpty)
        {
            piece = piece[await to.SendAsync(piece, SocketFlags.None, _ended.Token)..];
        }
    }
}
