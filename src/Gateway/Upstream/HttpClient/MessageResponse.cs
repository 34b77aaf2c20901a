using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Gateway.Upstream.Http1;
using Microsoft.Extensions.Primitives;

namespace Gateway.Upstream.HttpClient;

/// <summary>A response that <see cref="SocketsHttpHandler"/> received: over TLS or HTTP/2.</summary>
internal sealed class MessageResponse : UpstreamResponse
{
    private readonly HttpResponseMessage _message;
    private readonly Stream _body;
    private readonly StringValues _connection;
    private readonly bool _isChunked;
    private long _left = long.MaxValue;

    private MessageResponse(HttpResponseMessage message, Stream body, bool isHead)
    {
        _message = message;
        _body = body;
        var headers = message.Headers.NonValidated;
        _connection = headers.TryGetValues("Connection", out var connection) ? ToValues(connection) : default;
        _isChunked = message.Headers.TransferEncodingChunked == true;
        HasBody = !isHead && !IsBodiless(Status);
        Check(headers);
        Check(message.Content.Headers.NonValidated);
        if (!_isChunked && message.Content.Headers.NonValidated.TryGetValues("Content-Length", out var lengths))
        {
            Length = ContentLength.Parse(lengths.Count == 1 ? lengths.ToString() : string.Join(',', lengths))
                ?? throw Invalid("Its Content-Length is not one number.");
            if (HasBody && lengths.Count > 1)
            {
                // Several equal ones are one (RFC 9110, section 8.6), but the client has read none of them, and would wait for the end of
                // the connection.
                _left = Length.Value;
            }
        }
    }

    /// <summary>Takes over a response.</summary>
    /// <param name="message">As received, with its body unread.</param>
    /// <param name="isHead">The request's method is HEAD.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="HttpIOException">It is not a response that could be passed on; it is disposed.</exception>
    public static async ValueTask<UpstreamResponse> OpenAsync(HttpResponseMessage message, bool isHead, CancellationToken cancellationToken)
    {
        try
        {
            return new MessageResponse(message, await message.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), isHead);
        }
        catch
        {
            message.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override int Status => (int)_message.StatusCode;

    /// <inheritdoc/>
    public override Version Version => _message.Version;

    /// <inheritdoc/>
    public override string? Reason => Version.Major == 1 ? _message.ReasonPhrase : null;

    /// <inheritdoc/>
    public override bool HasBody { get; }

    /// <inheritdoc/>
    public override long? Length { get; }

    /// <inheritdoc/>
    public override bool EndIsKnown => Length is not null || HasEnd;

    /// <inheritdoc/>
    public override bool HasEnd => Version.Major >= 2 || _isChunked;

    /// <inheritdoc/>
    public override IReadOnlyList<KeyValuePair<string, StringValues>> Trailers
    {
        get
        {
            var received = _message.TrailingHeaders.NonValidated;
            if (received.Count == 0)
            {
                return [];
            }

            var trailers = new List<KeyValuePair<string, StringValues>>(received.Count);
            foreach (var (name, values) in received)
            {
                trailers.Add(new(name, ToValues(values)));
            }

            return trailers;
        }
    }

    /// <inheritdoc/>
    public override StringValues Header(string name) =>
        _message.Headers.NonValidated.TryGetValues(name, out var values)
            || _message.Content.Headers.NonValidated.TryGetValues(name, out values) ? ToValues(values) : default;

    /// <inheritdoc/>
    public override void CopyHeadersTo(IHeaderDictionary headers)
    {
        Copy(_message.Headers.NonValidated, headers);
        Copy(_message.Content.Headers.NonValidated, headers);
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_left == 0)
        {
            return 0;
        }

        var count = await _body.ReadAsync(buffer.Length > _left ? buffer[..(int)_left] : buffer, cancellationToken).ConfigureAwait(false);
        if (count == 0 && buffer.Length > 0 && _left != long.MaxValue)
        {
            throw new HttpIOException(HttpRequestError.ResponseEnded, "The connection ended before the response did.");
        }

        if (_left != long.MaxValue)
        {
            _left -= count;
        }

        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _body.Dispose();
            _message.Dispose();
        }

        base.Dispose(disposing);
    }

    private static void Check(HttpHeadersNonValidated headers)
    {
        foreach (var header in headers)
        {
            foreach (var value in header.Value)
            {
                if (!HttpSyntax.IsValue(value))
                {
                    throw Invalid("The value of a header has a control character.");
                }
            }
        }
    }

    private void Copy(HttpHeadersNonValidated source, IHeaderDictionary target)
    {
        foreach (var header in source)
        {
            if (!HopByHop.Contains(header.Key, _connection) && !header.Key.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                target[header.Key] = ToValues(header.Value);
            }
        }
    }

    private static StringValues ToValues(HeaderStringValues values) =>
        values.Count == 1 ? new StringValues(values.ToString()) : new StringValues([.. values]);

    private static HttpIOException Invalid(string message) =>
        new(HttpRequestError.InvalidResponse, $"The response cannot be read. {message}");
}
