using System.Net.Http;

namespace Gateway.Forwarding;

/// <summary>What one attempt sends, and over which client.</summary>
internal abstract class AttemptRequest
{
    /// <summary>The body; null: there is none.</summary>
    public virtual AttemptContent? Content => null;

    /// <summary>Its method is HEAD: the answer has no body, whatever its head says.</summary>
    public abstract bool IsHead { get; }

    /// <summary>The head waits for the first byte of the body, so that a body that was not asked for tells that nothing was sent.</summary>
    public abstract bool HeadWaitsForContent { get; }

    /// <summary>The answer's head, and its body as it comes. What it cannot do without the client's request it does before it returns.</summary>
    /// <param name="traceParent">Takes the place of the client's <c>traceparent</c>; null: that stays.</param>
    /// <param name="cancellationToken">Ends everything, the reading of the body included.</param>
    public abstract ValueTask<HttpResponseMessage> SendAsync(string? traceParent, CancellationToken cancellationToken);
}

/// <summary>A message over <see cref="HttpClient"/>'s connections: TLS, HTTP/2, bodies, upgrades.</summary>
internal sealed class MessageRequest(HttpRequestMessage message, HttpMessageInvoker transport) : AttemptRequest
{
    private const string TraceParent = "traceparent";

    /// <inheritdoc/>
    public override AttemptContent? Content => message.Content as AttemptContent;

    /// <inheritdoc/>
    public override bool IsHead => message.Method == HttpMethod.Head;

    /// <inheritdoc/>
    public override bool HeadWaitsForContent => message.Version.Major == 1;

    /// <inheritdoc/>
    public override async ValueTask<HttpResponseMessage> SendAsync(string? traceParent, CancellationToken cancellationToken)
    {
        if (traceParent is not null)
        {
            message.Headers.Remove(TraceParent);
            message.Headers.TryAddWithoutValidation(TraceParent, traceParent);
        }

        return await transport.SendAsync(message, cancellationToken).ConfigureAwait(false);
    }
}
