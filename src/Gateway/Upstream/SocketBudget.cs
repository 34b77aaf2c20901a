using System.Net;
using System.Net.Sockets;
using Gateway.Health.Probing;

namespace Gateway.Upstream;

/// <summary>
/// How many sockets of one kind may be open at once, so that the process never uses up its file descriptors: the runtime itself does not
/// survive that, and whatever else needs a file (logs, stores, probes, operators) must go on.
/// </summary>
/// <param name="most">How many, from 1.</param>
/// <param name="time">The clock.</param>
internal sealed class SocketBudget(int most, TimeProvider time)
{
    private readonly DestinationConnector _connector = new(time);
    private int _open;
    private long _refusedAt = long.MinValue;

    /// <summary>How many there may be.</summary>
    public int Most => most;

    /// <summary>How long ago one more was wanted in vain; null: never.</summary>
    public TimeSpan? SinceRefused => Volatile.Read(ref _refusedAt) is > long.MinValue and var at ? time.GetElapsedTime(at) : null;

    /// <summary>Takes the place of one. False: there is none.</summary>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref _open) <= most)
        {
            return true;
        }

        Interlocked.Decrement(ref _open);
        Volatile.Write(ref _refusedAt, time.GetTimestamp());
        return false;
    }

    /// <summary>Gives a place back.</summary>
    public void Return() => Interlocked.Decrement(ref _open);

    /// <summary>A connected socket; its owner returns its place when it closes it.</summary>
    /// <param name="address">An address, or a name.</param>
    /// <param name="within">What the caller's deadline allows.</param>
    /// <param name="cancellationToken">The deadline.</param>
    /// <exception cref="SocketException">It was refused, its name is unknown, or there is no place
    /// (<see cref="SocketError.TooManyOpenSockets"/>).</exception>
    public async ValueTask<Socket> ConnectAsync(EndPoint address, TimeSpan within, CancellationToken cancellationToken)
    {
        if (!TryTake())
        {
            throw new SocketException((int)SocketError.TooManyOpenSockets);
        }

        try
        {
            // While several addresses of a name are raced, the further ones are not counted: that is over within the time for one
            // connection.
            return await _connector.ConnectAsync(address, within, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Return();
            throw;
        }
    }

    /// <summary>As above, as a stream that returns its place itself.</summary>
    public async ValueTask<Stream> OpenStreamAsync(EndPoint address, TimeSpan within, CancellationToken cancellationToken) =>
        new CountedStream(await ConnectAsync(address, within, cancellationToken).ConfigureAwait(false), this);

    private sealed class CountedStream(Socket socket, SocketBudget budget) : NetworkStream(socket, ownsSocket: true)
    {
        private int _returned;

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (Interlocked.Exchange(ref _returned, 1) == 0)
            {
                budget.Return();
            }
        }
    }
}
