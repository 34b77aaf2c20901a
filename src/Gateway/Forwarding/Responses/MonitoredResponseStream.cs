using Gateway.Forwarding.Attempts;
using Gateway.LastGood;
using Gateway.Upstream;

namespace Gateway.Forwarding.Responses;

/// <summary>
/// The body of one response on its way through: each read has the idle deadline, and its end is told once: whole, cut by the
/// destination, or left by the client.
/// </summary>
/// <param name="upstream">The response.</param>
/// <param name="attempt">Where it comes from.</param>
/// <param name="idle">The time for each read.</param>
/// <param name="begun">What was read of it before; null: nothing.</param>
internal sealed class MonitoredResponseStream(UpstreamResponse upstream, Attempt attempt, TimeSpan idle, BufferedBody? begun = null)
    : ReadOnlyStream
{
    private BufferedBody? _begun = begun;
    private int _given;
    private bool _ended;

    /// <summary>Takes a copy for the store of last good responses; null: none is wanted.</summary>
    public LastGoodCapture? Capture { get; set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var read = _begun is null ? upstream.ReadAsync(buffer, cancellationToken) : ReadBegunAsync(_begun, buffer);
            int count;
            if (read.IsCompletedSuccessfully)
            {
                count = read.Result;
            }
            else
            {
                attempt.CancelAfter(idle);
                using (attempt.Token.UnsafeRegister(static stream => ((Stream)stream!).Dispose(), upstream))
                using (_begun is null ? default : cancellationToken.UnsafeRegister(static stream => ((Stream)stream!).Dispose(), upstream))
                {
                    count = await read.ConfigureAwait(false);
                }

                attempt.CancelAfter(Timeout.InfiniteTimeSpan);
            }

            if (count == 0 && attempt.Token.IsCancellationRequested)
            {
                // Disposing ends a read without an error at times: a response that fell silent must never look whole.
                throw new IOException("The response was cut by its deadline.");
            }

            // A read of nothing only asks whether there is something to read.
            if (count == 0 && buffer.Length > 0 && !_ended)
            {
                _ended = true;
                attempt.StreamEnded();
                Capture?.Complete();
            }

            Capture?.Append(buffer.Span[..count]);

            return count;
        }
        catch (Exception) when (!_ended)
        {
            _ended = true;
            Capture?.Abandon();
            if (cancellationToken.IsCancellationRequested)
            {
                attempt.StreamLeft();
            }
            else
            {
                attempt.StreamFailed(silent: attempt.Token.IsCancellationRequested);
            }

            throw;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            if (!_ended)
            {
                _ended = true;
                Capture?.Abandon();
                attempt.StreamLeft();
            }

            _begun?.Return();
            _begun = null;
            upstream.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>First what is in memory, then what the read that was under way brings.</summary>
    private async ValueTask<int> ReadBegunAsync(BufferedBody body, Memory<byte> into)
    {
        if (_given == body.Bytes.Length && body.Pending is { } pending)
        {
            var received = await pending.ConfigureAwait(false);
            body.Append(received);
            if (received == 0)
            {
                // The next read of the upstream says so once more.
                Forget(body);
                return 0;
            }
        }

        var count = Math.Min(into.Length, body.Bytes.Length - _given);
        body.Bytes.Slice(_given, count).CopyTo(into);
        _given += count;
        if (_given == body.Bytes.Length && body.Pending is null)
        {
            Forget(body);
        }

        return count;
    }

    private void Forget(BufferedBody body)
    {
        body.Return();
        _begun = null;
    }
}
