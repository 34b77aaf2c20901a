using System.IO.Pipelines;
using Gateway.Upstream;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Gateway.Forwarding.Compression;

/// <summary>
/// The body of a response that may be compressed. Whether it is, is decided when the response begins, by its final headers; a flush sends
/// what there is, so that
/// nothing that a destination has sent waits here for what it has not.
/// </summary>
internal sealed class CompressedBody(HttpContext context, IHttpResponseBodyFeature original, CompressionRule rule, CompressorPlaces places)
    : WriteOnlyStream, IHttpResponseBodyFeature
{
    /// <summary>Called as the response begins.</summary>
    public static readonly Func<object, Task> Decide = static body =>
    {
        ((CompressedBody)body).DecideNow();
        return Task.CompletedTask;
    };

    private readonly CompressedOutput _output = new(original.Writer);
    private PipeWriter? _writer;
    private Stream? _compressor;
    private Coding? _coding;
    private bool _isDecided;
    private bool _hasNoBody;
    private bool _isFinishing;
    private bool _hasPlace;

    /// <summary>Bytes of the compressed body so far; null: it is not compressed.</summary>
    public long? Sent => _compressor is null ? null : _output.Sent;

    /// <inheritdoc/>
    Stream IHttpResponseBodyFeature.Stream => this;

    /// <inheritdoc/>
    public PipeWriter Writer =>
        _writer ??= PipeWriter.Create(this, new StreamPipeWriterOptions(minimumBufferSize: 16 * 1024, leaveOpen: true));

    /// <summary>Sends the end of the response. After a response that was cut it only lets go of what it holds.</summary>
    /// <param name="isCut">The response is cut, and its connection still open.</param>
    /// <param name="cancellationToken">The client has disconnected.</param>
    public async ValueTask FinishAsync(bool isCut, CancellationToken cancellationToken)
    {
        if (_isFinishing)
        {
            return;
        }

        // What the writer still holds is no reason for a flush: the end of the response follows.
        _isFinishing = true;
        if (isCut)
        {
            _output.Cut();
        }

        try
        {
            if (_writer is not null)
            {
                await _writer.CompleteAsync().ConfigureAwait(false);
            }

            // Nothing was written: a response to HEAD is described as if it were compressed, any other is empty, in no coding.
            _hasNoBody = !_isDecided;
            if (_compressor is not null)
            {
                await _compressor.DisposeAsync().ConfigureAwait(false);
                await _output.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception)
        {
            // The client has disconnected, or its connection was cut. A response that lacks its end must not look whole.
            context.Abort();
        }
        finally
        {
            if (_hasPlace)
            {
                _hasPlace = false;
                places.Return();
            }
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_isDecided)
        {
            await original.StartAsync(cancellationToken).ConfigureAwait(false);
        }

        if (_coding is null)
        {
            await original.Stream.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        else if (!buffer.IsEmpty)
        {
            await (_compressor ??= _coding.Begin(_output)).WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) =>
        _isFinishing ? Task.CompletedTask : (_compressor ?? original.Stream).FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public void DisableBuffering() => original.DisableBuffering();

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken = default) => original.StartAsync(cancellationToken);

    /// <inheritdoc/>
    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(this, path, offset, count, cancellationToken);

    /// <inheritdoc/>
    public async Task CompleteAsync()
    {
        await FinishAsync(isCut: false, context.RequestAborted).ConfigureAwait(false);
        await original.CompleteAsync().ConfigureAwait(false);
    }

    private void DecideNow()
    {
        _isDecided = true;
        var request = context.Request;
        var headers = context.Response.Headers;
        if (context.Response.StatusCode == StatusCodes.Status304NotModified)
        {
            // The client that has the response as it was compressed here keeps its tag.
            if (request.Headers.IfNoneMatch.ToString().Contains($"W/{headers.ETag}", StringComparison.Ordinal))
            {
                Weaken(headers);
            }

            return;
        }

        var isHead = HttpMethods.IsHead(request.Method);
        if (_hasNoBody && !isHead)
        {
            return;
        }

        var (varies, coding) = rule.Decide(request, context.Response.StatusCode, headers);
        if (varies && !HopByHop.IsNamedBy(HeaderNames.AcceptEncoding, headers.Vary) && !HopByHop.IsNamedBy("*", headers.Vary))
        {
            headers.Append(HeaderNames.Vary, HeaderNames.AcceptEncoding);
        }

        if (coding is not null && !isHead)
        {
            _hasPlace = places.TryTake();
            coding = _hasPlace ? coding : null;
        }

        if (coding is not null)
        {
            _coding = isHead ? null : coding;
            headers.ContentEncoding = coding.Name;
            headers.ContentLength = null;

            // Ranges would be of other bytes, and an entity tag is weak once the bytes differ (RFC 9110, section 8.8.1).
            headers.Remove(HeaderNames.AcceptRanges);
            Weaken(headers);
        }
    }

    private static void Weaken(IHeaderDictionary headers)
    {
        var tag = headers.ETag.ToString();
        if (tag.StartsWith('"'))
        {
            headers.ETag = new StringValues("W/" + tag);
        }
    }
}
