using Gateway.Configuration.Model;
using Gateway.Forwarding.Attempts;

namespace Gateway.Forwarding.EventStreams;

/// <summary>From the head of the response until the user gets the stream.</summary>
/// <param name="reader">Reads it.</param>
/// <param name="events">Its events.</param>
/// <param name="progress">How far it is.</param>
/// <param name="attempt">That opens it.</param>
/// <param name="config">The route's <c>stream</c>.</param>
internal sealed class EventStreamOpening(
    EventReader reader, EventSequence events, StreamProgress progress, Attempt attempt, StreamConfig config)
{
    /// <summary>
    /// Waits for the first event that carries data. Until then nothing has reached the user, so a destination that opens a stream and says
    /// nothing can still be replaced.
    /// </summary>
    /// <remarks>
    /// A comment is a sign of life: the destination thinks, and its time begins anew. The user has no sign of it while it is held back; so
    /// once <c>heartbeat</c> is over the user gets the stream as far as it is, and heartbeats from then on. Up to the first content it can
    /// still be replaced then (<see cref="EventStream.Reopen"/>), only not by anything that is no event stream.
    /// </remarks>
    /// <param name="endIsKnown">False: an end cannot be told from a cut.</param>
    /// <param name="cancellationToken">The attempt's.</param>
    public async ValueTask<OpenedEventStream> ReadToFirstContentAsync(bool endIsKnown, CancellationToken cancellationToken)
    {
        var taken = 0;
        var isAlive = false;
        while (true)
        {
            // 1. Wait for more, and not longer than the user is to be left without a sign.
            var arrival = reader.Ask(cancellationToken);
            if (!arrival.IsCompleted && !await ArrivesInTimeAsync(arrival, isAlive).ConfigureAwait(false))
            {
                return AsSign(taken);
            }

            var count = await reader.TakeAsync(cancellationToken).ConfigureAwait(false);
            if (count == EventReader.NotYet)
            {
                continue;
            }

            if (count == 0)
            {
                return AtEnd(endIsKnown);
            }

            isAlive = true;
            progress.OnReceived();
            attempt.Extend(config.FirstContent);

            // 2. Look for an event with data.
            taken = events.TakeFirst(taken);
            if (taken > 0 && (progress.HasContent || reader.Buffer.IsFull))
            {
                return OpenedEventStream.With(taken);
            }

            if (reader.Buffer.IsFull)
            {
                return OpenedEventStream.With(events.TakePiece());
            }
        }
    }

    /// <summary>Waits until something arrives; false: the user is due a sign that the destination is alive.</summary>
    private async ValueTask<bool> ArrivesInTimeAsync(Task<int> arrival, bool isAlive)
    {
        while (!arrival.IsCompleted)
        {
            if (!isAlive)
            {
                await reader.WaitAsync().ConfigureAwait(false);
                continue;
            }

            var left = config.Heartbeat - progress.Age;
            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            await reader.WaitAsync(left).ConfigureAwait(false);
        }

        return true;
    }

    private OpenedEventStream AsSign(int taken)
    {
        if (taken > 0 && !reader.IsFilling)
        {
            return OpenedEventStream.With(taken);
        }

        if (taken > 0)
        {
            // A buffer that is being read into keeps what it has; it is looked at again after that.
            events.StartAgain();
        }

        return OpenedEventStream.WithHeartbeat;
    }

    /// <summary>A stream without content is a stream, as long as it is certain that it is whole.</summary>
    private OpenedEventStream AtEnd(bool endIsKnown) =>
        reader.Buffer.Length > 0 || endIsKnown
            ? new OpenedEventStream(reader.Buffer.Length, IsAtEnd: true)
            : throw new HttpIOException(HttpRequestError.ResponseEnded, "The event stream ended before its first byte.");
}

/// <summary>With what an event stream begins for the user.</summary>
/// <param name="Count">So many bytes of the buffer; 0: with none of them.</param>
/// <param name="IsAtEnd">They are all of it.</param>
/// <param name="IsQuiet">With a heartbeat.</param>
internal readonly record struct OpenedEventStream(int Count, bool IsAtEnd = false, bool IsQuiet = false)
{
    /// <summary>With a heartbeat, as nothing can be handed on yet.</summary>
    public static OpenedEventStream WithHeartbeat => new(0, IsQuiet: true);

    /// <summary>With so many bytes of the buffer.</summary>
    public static OpenedEventStream With(int count) => new(count);
}
