using System.Net;
using System.Net.Http;
using System.Runtime.CompilerServices;

namespace Gateway.Forwarding;

/// <summary>A GET or HEAD without a body, on a connection of ours: nothing between the client's headers and the bytes for the destination.</summary>
internal sealed class Http1Request(HttpContext context, HeaderTransformer headers, Peer peer, string target) : AttemptRequest
{
    /// <summary>Kept connections that may turn out to be closed before a new one is opened.</summary>
    private const int MostStale = 2;

    /// <inheritdoc/>
    public override bool IsHead { get; } = HttpMethods.IsHead(context.Request.Method);

    /// <inheritdoc/>
    public override bool HeadWaitsForContent => false;

    /// <summary>True: its method is one of those that go this way.</summary>
    public static bool Suits(HttpRequest request) => HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<HttpResponseMessage> SendAsync(string? traceParent, CancellationToken cancellationToken)
    {
        var request = Write(traceParent);
        try
        {
            for (var stale = 0; ; stale++)
            {
                var connection = (stale < MostStale ? peer.Connections.Take() : null) ?? await peer.Connections.OpenAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    await connection.SendAsync(request.Written, cancellationToken).ConfigureAwait(false);
                    var head = await connection.ReadHeadAsync().ConfigureAwait(false);
                    var answer = new HttpResponseMessage((HttpStatusCode)head.Status) { Version = head.Version };
                    answer.Content = new Http1Answer(connection, head, answer, hasBody: !IsHead && head.Status is not (204 or 304));
                    return answer;
                }
                catch (Exception) when (connection is { IsReused: true, HasHeard: false } && !cancellationToken.IsCancellationRequested)
                {
                    // It was closed while this request was on its way, as kept connections are: that says nothing of the destination.
                    connection.Dispose();
                }
                catch
                {
                    connection.Dispose();
                    throw;
                }
            }
        }
        finally
        {
            request.Return();
        }
    }

    private HeadWriter Write(string? traceParent)
    {
        UnwritableRequestException.ThrowUnlessTarget(target);
        var writer = new HeadWriter();
        writer.Append(IsHead ? "HEAD "u8 : "GET "u8);
        writer.Append(peer.PathPrefix);
        writer.Append(target);
        writer.Append(" HTTP/1.1\r\nHost: "u8);
        writer.Append(peer.Host);
        writer.Append("\r\n"u8);
        headers.CopyRequest(context, ref writer, skipTraceParent: traceParent is not null);
        if (traceParent is not null)
        {
            writer.Add("traceparent", traceParent);
        }

        writer.Append("\r\n"u8);
        return writer;
    }
}
