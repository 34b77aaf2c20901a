using System.Net.Http;
using Gateway.Configuration.Model;
using Gateway.Upstream;

namespace Gateway.Forwarding;

/// <content>From the head of the response until the user gets the stream.</content>
internal sealed partial class EventStream
{
    /// <summary>
    /// Waits for the first event that carries data. Until then nothing has reached the user, so a destination that opens a stream
    /// and says nothing can still be replaced.
    /// </summary>
    /// <remarks>
    /// A comment is a sign of life: the destination thinks, and its time begins anew. The user has no sign of it while it is held back; so once <c>heartbeat</c> is over
    /// the user gets the stream as far as it is, and heartbeats from then on. Up to the first content it can still be replaced then (<see cref="Reopen"/>), only not by
    /// anything that is no event stream.
    /// </remarks>
    public static async ValueTask<EventStream> OpenAsync(UpstreamResponse upstream, Attempt attempt, StreamConfig config, TimeProvider time)
    {
        upstream.IsOftenQuiet = true;
        var stream = new EventStream(upstream, attempt, config, time);
        try
        {
            // A body that ends with its connection cannot be told from one that was cut.
            await stream.ReadToFirstContentAsync(upstream.EndIsKnown, attempt.Token).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            stream.ForgetArrival();
            stream.ReturnBuffer();
            stream._timer.Return();
            throw;
        }
    }

    private async ValueTask ReadToFirstContentAsync(bool endIsKnown, CancellationToken cancellationToken)
    {
        var handOn = 0;
        var isAlive = false;
        while (true)
        {
            // 1. Wait for more, and not longer than the user is to be left without a sign.
            var arrival = Ask(cancellationToken);
            if (!arrival.IsCompleted && !await ArrivesInTimeAsync(arrival, isAlive).ConfigureAwait(false))
            {
                HandOnSign(handOn);
                return;
            }

            var count = await TakeArrivalAsync(cancellationToken).ConfigureAwait(false);
            if (count == NotYet)
            {
                continue;
            }

            if (count == 0)
            {
                EndBeforeContent(endIsKnown);
                return;
            }

            isAlive = true;
            NoteArrival();
            _attempt.Extend(_config.FirstContent);

            // 2. Look for an event with data.
            while (EventScanner.TryFindEnd(_buffer.AsSpan(handOn, _filled - handOn), ref _scanned, out var end))
            {
                Take(handOn, end);
                handOn += end;
            }

            if (handOn > 0 && (_hasContent || _filled >= MaxEvent))
            {
                HandOn(handOn);
                return;
            }

            if (_filled >= MaxEvent)
            {
                HandOnPiece();
                return;
            }
        }
    }

    /// <summary>Waits until something arrives; false: the user is due a sign that the destination is alive.</summary>
    private async ValueTask<bool> ArrivesInTimeAsync(Task<int> arrival, bool isAlive)
    {
        while (!arrival.IsCompleted)
        {
            if (isAlive)
            {
                var left = _config.Heartbeat - _time.GetElapsedTime(_attempt.StartedAt);
                if (left <= TimeSpan.Zero)
                {
                    return false;
                }

                _timer.Arm(left);
            }

            await _signal.WaitAsync().ConfigureAwait(false);
        }

        return true;
    }

    private void HandOnSign(int handOn)
    {
        if (handOn > 0 && !_arrivalFills)
        {
            HandOn(handOn);
            return;
        }

        // A buffer that is being read into keeps what it has; it is looked at again after that.
        _ready = Heartbeat;
        _scanned = handOn > 0 ? 0 : _scanned;
    }

    /// <summary>A stream without content is a stream, as long as it is certain that it is whole.</summary>
    private void EndBeforeContent(bool endIsKnown)
    {
        if (_filled == 0 && !endIsKnown)
        {
            throw new HttpIOException(HttpRequestError.ResponseEnded, "The event stream ended before its first byte.");
        }

        _isAtEnd = true;
        HandOn(_filled);
    }
}
