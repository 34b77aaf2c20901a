using System.Runtime.CompilerServices;
using Gateway.Upstream;
using Gateway.Upstream.Http1;

namespace Gateway.Forwarding.Requests;

/// <summary>
/// A request to a destination that speaks HTTP/1.1, on a connection of ours: nothing between the client's headers and
/// the bytes for the destination.
/// </summary>
internal sealed class Http1Request : AttemptRequest
{
    /// <summary>A body up to this size goes in one piece with its head; a larger one beside the reading of the response.</summary>
    private const int SmallBody = 16 * 1024;

    private readonly HttpContext _context;
    private readonly RequestHeaderCopier _headers;
    private readonly UpstreamEndpoint _peer;
    private readonly string _target;
    private readonly string? _host;
    private readonly RequestBody? _body;
    private readonly string? _lastEventId;
    private readonly TimeProvider _time;
    private Http1RequestBody? _sending;
    private readonly bool _isRead;
    private bool _isStreamed;
    private bool _wasStale;

    public Http1Request(
        HttpContext context,
        RequestHeaderCopier headers,
        UpstreamEndpoint peer,
        string target,
        string? host,
        RequestBody? body,
        string? lastEventId,
        TimeProvider time)
    {
        _context = context;
        _headers = headers;
        _peer = peer;
        _target = target;
        _host = host;
        _body = body;
        _lastEventId = lastEventId;
        _time = time;
        Content = body?.ForAttempt();
        IsHead = HttpMethods.IsHead(context.Request.Method);
        _isRead = IsHead || HttpMethods.IsGet(context.Request.Method);
    }

    /// <inheritdoc/>
    public override AttemptContent? Content { get; }

    /// <inheritdoc/>
    public override bool IsHead { get; }

    /// <inheritdoc/>
    public override bool HeadWaitsForContent => false;

    /// <inheritdoc/>
    public override bool IsPartlySent => _isStreamed && _sending?.IsSent != true;

    /// <inheritdoc/>
    public override bool WasStale => _wasStale;

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<UpstreamResponse> SendAsync(string? traceParent, CancellationToken cancellationToken)
    {
        var request = Write(traceParent);
        Http1Connection? connection = null;
        try
        {
            connection = _peer.Connections.Take(_isRead ? ConnectionLife.Idle : ConnectionLife.IdleForWrites)
                ?? await _peer.Connections.OpenAsync(cancellationToken).ConfigureAwait(false);
            connection.Begin(cancellationToken);
            if (_isStreamed)
            {
                _sending = new Http1RequestBody(connection, _body!.Length, _body.ExpectsContinue, _time);
                _ = SendBodyAsync(_sending, connection, request);
                request = default;
            }
            else
            {
                await SendWholeAsync(connection, request.Written).ConfigureAwait(false);
            }

            var head = await connection.ReadHeadAsync(_sending).ConfigureAwait(false);
            return new Http1Response(connection, head, IsHead, _sending);
        }
        catch (Exception)
        {
            _sending?.Stop();
            _wasStale = connection is { IsReused: true, HasReceivedBytes: false } && !cancellationToken.IsCancellationRequested;
            connection?.Dispose();
            throw;
        }
        finally
        {
            request.Return();
        }
    }

    /// <summary>A destination may have answered before it closed its side: what it said is still to be read.</summary>
    private static async ValueTask SendWholeAsync(Http1Connection connection, ReadOnlyMemory<byte> request)
    {
        try
        {
            await connection.SendAsync(request).ConfigureAwait(false);
        }
        catch (Exception exception) when (Http1Connection.IsBreak(exception))
        {
            // The reader tells what came of it.
        }
    }

    private async Task SendBodyAsync(Http1RequestBody sending, Http1Connection connection, RequestHeadWriter head)
    {
        try
        {
            if (!await sending.SendAsync(head.Written, (stream, stop) => _body!.WriteToAsync(stream, Content!, stop)).ConfigureAwait(false))
            {
                // The request has no end; only closing the connection says so.
                connection.Dispose();
            }
        }
        finally
        {
            head.Return();
        }
    }

    private RequestHeadWriter Write(string? traceParent)
    {
        UnwritableRequestException.ThrowUnlessTarget(_target);
        var method = _context.Request.Method;
        UnwritableRequestException.ThrowUnlessMethod(method);
        var writer = new RequestHeadWriter();
        try
        {
            writer.Append(method);
            writer.Append(" "u8);
            writer.Append(_peer.PathPrefix);
            writer.Append(_target);
            writer.Append(" HTTP/1.1\r\nHost: "u8);
            writer.Append(HostOf());
            writer.Append("\r\n"u8);
            _headers.Copy(_context, ref writer, skipTraceParent: traceParent is not null, _lastEventId);
            if (traceParent is not null)
            {
                writer.Add("traceparent", traceParent);
            }

            WriteFraming(ref writer, method);
            return writer;
        }
        catch
        {
            writer.Return();
            throw;
        }
    }

    private string HostOf()
    {
        if (_host is null)
        {
            return _peer.Host;
        }

        UnwritableRequestException.ThrowUnlessHeader("Host", _host);
        return _host;
    }

    private void WriteFraming(ref RequestHeadWriter writer, string method)
    {
        if (_body is null)
        {
            // A method that usually has a body says that there is none (RFC 9110, section 8.6).
            writer.End(HttpMethods.IsPost(method)
                || HttpMethods.IsPut(method)
                || HttpMethods.IsPatch(method)
                || _context.Request.ContentLength is 0 ? 0 : null);
            return;
        }

        if (_body.ExpectsContinue)
        {
            writer.Add("Expect", "100-continue");
        }

        writer.End(_body.Length ?? -1);
        if (_body is { IsWhole: true, Length: <= SmallBody })
        {
            writer.Append(_body.Whole.Span);
        }
        else
        {
            _isStreamed = true;
        }
    }
}
