using Gateway.LastGood;

namespace Gateway.Forwarding;

/// <summary>
/// The body of one answer on its way through: each read has the idle deadline, and its end is told once: whole, cut by
/// the destination, or left by the client.
/// </summary>
internal sealed class AnswerStream(Stream upstream, Attempt attempt, TimeSpan idle) : ReadOnlyStream
{
    private bool _ended;

    /// <summary>Takes a copy for the store of last good answers; null: none is wanted.</summary>
    public LastGoodCapture? Capture { get; set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var read = upstream.ReadAsync(buffer, cancellationToken);
            int count;
            if (read.IsCompletedSuccessfully)
            {
                count = read.Result;
            }
            else
            {
                attempt.CancelAfter(idle);
                using (attempt.Token.UnsafeRegister(static stream => ((Stream)stream!).Dispose(), upstream))
                {
                    count = await read.ConfigureAwait(false);
                }

                attempt.CancelAfter(Timeout.InfiniteTimeSpan);
            }

            if (count == 0 && attempt.Token.IsCancellationRequested)
            {
                // Disposing ends a read without an error at times: an answer that fell silent must never look whole.
                throw new IOException("The answer was cut by its deadline.");
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

            upstream.Dispose();
        }

        base.Dispose(disposing);
    }
}
