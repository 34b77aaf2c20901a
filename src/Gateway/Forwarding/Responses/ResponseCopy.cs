using Gateway.Observability;

namespace Gateway.Forwarding.Responses;

/// <summary>Moves the body of a response from a destination to a user.</summary>
internal static class ResponseCopy
{
    /// <summary>
    /// Moves the body piece by piece as it comes. Nothing that is here waits for what is not: it is sent before the next piece is
    /// waited for. But what came together goes together, the end of the response included. While the destination is quiet no buffer
    /// waits for it.
    /// </summary>
    public static async ValueTask<RelayResult> CopyAsync(
        Stream from, HttpResponse response, bool sendsEach, RequestRecord record, CancellationToken aborted)
    {
        var unsent = new UnsentBytes(response);
        try
        {
            while (true)
            {
                var waited = from.ReadAsync(Memory<byte>.Empty, aborted);
                if (!waited.IsCompleted && unsent.HasAny && !await unsent.TrySendAsync(aborted).ConfigureAwait(false))
                {
                    return RelayResult.ClientFailed;
                }

                await waited.ConfigureAwait(false);
                var room = unsent.GetRoom();
                var count = await from.ReadAsync(room, aborted).ConfigureAwait(false);
                if (count == 0)
                {
                    break;
                }

                unsent.Add(count, isFull: count == room.Length);
                record.BytesOut += count;
                if ((sendsEach || unsent.IsFull) && !await unsent.TrySendAsync(aborted).ConfigureAwait(false))
                {
                    return RelayResult.ClientFailed;
                }
            }
        }
        catch (Exception)
        {
            // What came before the break is the user's, and shows that there was a response, which is cut now.
            if (unsent.HasAny)
            {
                await unsent.TrySendAsync(aborted).ConfigureAwait(false);
            }

            return aborted.IsCancellationRequested ? RelayResult.ClientFailed : RelayResult.DestinationFailed;
        }

        var isSent = !unsent.NeedsFlushAtEnd(response) || await unsent.TrySendAsync(aborted).ConfigureAwait(false);
        return isSent ? RelayResult.Complete : RelayResult.ClientFailed;
    }
}
