using System.Runtime.CompilerServices;
using Gateway.Forwarding.Attempts;
using Gateway.Forwarding.EventStreams;
using Gateway.Forwarding.Requests;
using Gateway.Upstream;

namespace Gateway.Forwarding.Responses;

/// <summary>
/// How a route takes the bodies of responses (<c>responseBuffer</c>): small ones whole, so that one that is cut can be replaced unseen;
/// all others as they come, watched on their way through.
/// </summary>
/// <param name="plan">The route's plan.</param>
internal sealed class ResponseBuffering(CompiledRoute plan)
{
    /// <summary>Takes the body of a response whose head is here; a failing response's is left where it is.</summary>
    /// <param name="response">The response.</param>
    /// <param name="attempt">Where it comes from.</param>
    /// <param name="raw">The body is not touched.</param>
    /// <exception cref="HttpIOException">The body ended early, the connection broke, or this is no response to the request.</exception>
    // Pooled: its only caller waits for it once, so that its state costs no garbage.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<AttemptBody> TakeAsync(UpstreamResponse response, Attempt attempt, bool raw)
    {
        if (response.Status < StatusCodes.Status200OK)
        {
            // Upgrades take another way: this one was not asked for (RFC 9110, section 15.2.2).
            throw new HttpIOException(HttpRequestError.InvalidResponse, "The response switches to a protocol that was not asked for.");
        }

        if (raw || !response.IsToBeRead || plan.FailsOn(response.Status))
        {
            return default;
        }

        var time = plan.Traffic.Time;
        var idle = plan.ClusterConfig.Timeouts.Idle;
        var limit = plan.ClusterConfig.ResponseBuffer;
        if (plan.Route.Stream is { } stream && EventStream.Is(response))
        {
            return new(null, await EventStream.OpenAsync(response, attempt, stream, time).ConfigureAwait(false));
        }

        if (response.Length <= limit)
        {
            return new(await BufferedBody.ReadWholeAsync(response, (int)response.Length.Value, attempt, idle).ConfigureAwait(false), null);
        }

        if (response.Length is not null || limit <= 0 || IsOpenEnded(response))
        {
            return new(null, new MonitoredResponseStream(response, attempt, idle));
        }

        var begun = await BufferedBody.ReadUpToAsync(response, (int)limit, attempt, time).ConfigureAwait(false);
        return begun.IsWhole ? new(begun, null) : new(null, new MonitoredResponseStream(response, attempt, idle, begun));
    }

    /// <summary>A failing status that the user gets after all: its body has the idle deadline of any other.</summary>
    public AttemptBody HandOn(AttemptBody body, Attempt attempt) =>
        body is { Stream: null, Buffered: null } && attempt.Response is { IsToBeRead: true } failing
            ? new(null, new MonitoredResponseStream(failing, attempt, plan.ClusterConfig.Timeouts.Idle))
            : body;

    /// <summary>Of these a pause is part of the content: waiting for more would only delay what is here.</summary>
    private static bool IsOpenEnded(UpstreamResponse response) =>
        response.Header("Content-Type").ToString() is var type
        && (type.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase)
            || type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase));
}
