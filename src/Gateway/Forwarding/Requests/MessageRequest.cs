using System.Net;
using System.Runtime.CompilerServices;
using Gateway.Upstream;
using Gateway.Upstream.HttpClient;

namespace Gateway.Forwarding.Requests;

/// <summary>
/// A request over <see cref="SocketsHttpHandler"/>'s connections: HTTP/2 with and without TLS, and TLS until a probe
/// has found what is negotiated.
/// </summary>
internal sealed class MessageRequest : AttemptRequest
{
    private const string TraceParent = "traceparent";

    private readonly HttpRequestMessage _message;
    private readonly HttpMessageInvoker _transport;
    private readonly AttemptContent _content;
    private readonly bool _hasBody;

    public MessageRequest(
        HttpContext context,
        RequestHeaderCopier headers,
        UpstreamEndpoint peer,
        string target,
        string? host,
        RequestBody? body,
        string? lastEventId,
        HttpMessageInvoker transport)
    {
        var request = context.Request;
        _transport = transport;
        _hasBody = body is not null;
        // Without a content SocketsHttpHandler repeats a request by itself, up to three times, when a connection ends before a response.
        _content = (body ?? RequestBody.Empty).ForAttempt();
        _message = new HttpRequestMessage(HttpMethod.Parse(request.Method), peer.At(target)) { Content = _content };
        if (host is not null && !peer.IsTls)
        {
            UnwritableRequestException.ThrowUnlessHeader("Host", host);
            _message.Headers.Host = host;
        }
        else if (peer.HostOverride is { } hostName)
        {
            // The address was looked up for this name: virtual hosts and certificates go by the name.
            _message.Headers.Host = hostName;
        }

        (_message.Version, _message.VersionPolicy) = peer.IsTls
            ? (HttpVersion.Version20, HttpVersionPolicy.RequestVersionOrLower)
            : (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        var requestHeaders = new MessageRequestHeaders(_message);
        headers.Copy(context, ref requestHeaders, skipTraceParent: false, lastEventId);
        if (body is { ExpectsContinue: true })
        {
            _message.Headers.ExpectContinue = true;
        }
    }

    /// <inheritdoc/>
    public override AttemptContent? Content => _hasBody ? _content : null;

    /// <inheritdoc/>
    public override bool IsHead => _message.Method == HttpMethod.Head;

    /// <inheritdoc/>
    public override bool HeadWaitsForContent => _message.Version.Major == 1;

    /// <inheritdoc/>
    public override bool IsPartlySent => _content is { Started: true, IsSent: false };

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<UpstreamResponse> SendAsync(string? traceParent, CancellationToken cancellationToken)
    {
        if (traceParent is not null)
        {
            _message.Headers.Remove(TraceParent);
            _message.Headers.TryAddWithoutValidation(TraceParent, traceParent);
        }

        var response = await _transport.SendAsync(_message, cancellationToken).ConfigureAwait(false);
        return await MessageResponse.OpenAsync(response, IsHead, cancellationToken).ConfigureAwait(false);
    }
}
