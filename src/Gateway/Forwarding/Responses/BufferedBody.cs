using System.Buffers;
using System.Runtime.CompilerServices;
using Gateway.Forwarding.Attempts;
using Gateway.Upstream;

namespace Gateway.Forwarding.Responses;

/// <summary>
/// The beginning of a response's body in memory, or all of it. Nothing of it has reached the user: one that is cut while it is read here is
/// an attempt that failed, and not a broken response.
/// </summary>
internal sealed class BufferedBody
{
    /// <summary>A body of unknown length that makes no progress for this long is streamed from there on.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);

    /// <summary>And so is one that drips for this long, however steadily.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(500);

    private const int FirstPiece = 4 * 1024;

    private byte[]? _buffer;
    private int _length;

    private BufferedBody(byte[] buffer, int length)
    {
        _buffer = buffer;
        _length = length;
    }

    /// <summary>What is here.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _length);

    /// <summary>It is all of the body.</summary>
    public bool IsWhole { get; private set; } = true;

    /// <summary>A read of the upstream that is still under way, into what follows <see cref="Bytes"/>; null: there is none.</summary>
    public Task<int>? Pending { get; private set; }

    /// <summary>Reads a body of a known length whole.</summary>
    /// <param name="upstream">The response.</param>
    /// <param name="length">Its length.</param>
    /// <param name="attempt">Where it comes from.</param>
    /// <param name="idle">The time for each piece.</param>
    /// <exception cref="HttpIOException">It ended early, or the connection broke.</exception>
    public static ValueTask<BufferedBody> ReadWholeAsync(UpstreamResponse upstream, int length, Attempt attempt, TimeSpan idle)
    {
        // One more than it should have, to see that nothing follows.
        var buffer = ArrayPool<byte>.Shared.Rent(length + 1);
        return upstream.TryReadWhole(buffer.AsSpan(0, length))
            ? ValueTask.FromResult(new BufferedBody(buffer, length))
            : ReadWholeAsync(upstream, buffer, length, attempt, idle);
    }

    /// <summary>Reads a body of unknown length: all of it, or as much as comes without a pause, up to the limit.</summary>
    /// <param name="upstream">The response.</param>
    /// <param name="limit">How much is kept, in bytes.</param>
    /// <param name="attempt">Where it comes from.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="HttpIOException">It ended early, or the connection broke.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<BufferedBody> ReadUpToAsync(UpstreamResponse upstream, int limit, Attempt attempt, TimeProvider time)
    {
        var body = new BufferedBody(ArrayPool<byte>.Shared.Rent(Math.Min(limit, FirstPiece)), 0);
        var began = time.GetTimestamp();
        try
        {
            while (body._length < limit && (body._length == 0 || time.GetElapsedTime(began) < LongestWait))
            {
                body.MakeRoom(limit);
                var read = upstream.ReadAsync(body._buffer.AsMemory(body._length), attempt.Token);
                int count;
                if (read.IsCompleted)
                {
                    count = await read.ConfigureAwait(false);
                }
                else
                {
                    var pending = read.AsTask();
                    if (!await EndsWithinAsync(pending, time).ConfigureAwait(false))
                    {
                        body.IsWhole = false;
                        body.Pending = pending;
                        return body;
                    }

                    count = await pending.ConfigureAwait(false);
                }

                if (count == 0)
                {
                    return body;
                }

                body._length += count;
            }

            body.IsWhole = false;
            return body;
        }
        catch
        {
            body.Return();
            throw;
        }
    }

    /// <summary>The read that was under way has brought so much.</summary>
    public void Append(int count)
    {
        _length += count;
        Pending = null;
    }

    /// <summary>Gives the memory back.</summary>
    public void Return()
    {
        // A read under way still writes there.
        if (Pending is null && Interlocked.Exchange(ref _buffer, null) is { } buffer)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<BufferedBody> ReadWholeAsync(
        UpstreamResponse upstream,
        byte[] buffer,
        int length,
        Attempt attempt,
        TimeSpan idle)
    {
        try
        {
            var filled = 0;
            while (filled < length || upstream.HasEnd)
            {
                var read = upstream.ReadAsync(buffer.AsMemory(filled, length - filled + (upstream.HasEnd ? 1 : 0)), attempt.Token);
                // The head usually brings the body with it: only a read that really waits gets a deadline of its own.
                if (!read.IsCompleted)
                {
                    attempt.Extend(idle);
                }

                var count = await read.ConfigureAwait(false);
                if (count == 0 && filled == length)
                {
                    break;
                }

                if (count == 0 || filled + count > length)
                {
                    throw new HttpIOException(HttpRequestError.ResponseEnded, "The length of the response is not its Content-Length.");
                }

                filled += count;
            }

            return new BufferedBody(buffer, length);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    private static async ValueTask<bool> EndsWithinAsync(Task<int> pending, TimeProvider time)
    {
        using var enough = new CancellationTokenSource();
        var pause = Task.Delay(LongestPause, time, enough.Token);
        var first = await Task.WhenAny(pending, pause).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
        return ReferenceEquals(first, pending);
    }

    private void MakeRoom(int limit)
    {
        if (_length < _buffer!.Length)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(limit, _buffer.Length * 2));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
