using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Forwarding.Responses;

/// <summary>
/// The body of a response over HTTP/2, whatever writes it: a destination, the store of last-good responses, a file. A client that lets a
/// piece of it wait for its window longer than <see cref="LeastRate"/> allows loses the stream, as if it had cancelled the request itself.
/// </summary>
/// <remarks>
/// What a window holds back waits in Kestrel and not in the socket, so that the socket's own figures do not show it. A stream on which
/// nothing is to be sent is never judged, and a flush that completes at once costs nothing.
/// </remarks>
internal sealed class Http2ResponseBody(HttpContext context, IHttpResponseBodyFeature original, TimeSpan longestPause, TimeProvider time)
    : PipeWriter, IHttpResponseBodyFeature, IDisposable
{
    /// <summary>Bytes a second.</summary>
    public const int LeastRate = 240;

    /// <summary>More is sent in several pieces: a piece counts as taken once all of it is.</summary>
    public const int LargestPiece = 16 * 1024;

    /// <summary>Over this time. Not shorter: a client that reads slowly and steadily tells so in steps, seconds apart.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(20);

    // RFC 9113, section 7.
    private const int Cancel = 0x8;

    private readonly PipeWriter _writer = original.Writer;
    private CancellationTokenSource? _limit;
    private Stream? _stream;
    private long _unflushed;
    private bool _isEnded;

    /// <inheritdoc/>
    public Stream Stream => _stream ??= AsStream(leaveOpen: true);

    /// <inheritdoc/>
    public PipeWriter Writer => this;

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => _writer.CanGetUnflushedBytes;

    /// <inheritdoc/>
    public override long UnflushedBytes => _writer.UnflushedBytes;

    /// <summary>Stands before the routes.</summary>
    /// <param name="longestPause">In place of <see cref="LongestPause"/>.</param>
    /// <param name="time">The clock.</param>
    public static Func<RequestDelegate, RequestDelegate> Before(TimeSpan? longestPause, TimeProvider time) => next => context =>
        HttpProtocol.IsHttp2(context.Request.Protocol) ? ServeAsync(context, longestPause ?? LongestPause, time, next) : next(context);

    /// <summary>How long a piece may wait: as long as it takes at the least rate, and never shorter than the pause.</summary>
    public static TimeSpan AllowedFor(long bytes, TimeSpan longestPause) =>
        longestPause * Math.Max(1, bytes / (LeastRate * LongestPause.TotalSeconds));

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0) => _writer.GetMemory(sizeHint);

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => _writer.GetSpan(sizeHint);

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        _writer.Advance(bytes);
        _unflushed += bytes;
    }

    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        Bound(_writer.FlushAsync(cancellationToken), 0);

    /// <inheritdoc/>
    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        source.Length <= LargestPiece
            ? Bound(_writer.WriteAsync(source, cancellationToken), source.Length)
            : WritePiecesAsync(source, cancellationToken);

    /// <inheritdoc/>
    public override void CancelPendingFlush() => _writer.CancelPendingFlush();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => _writer.Complete(exception);

    /// <inheritdoc/>
    public void DisableBuffering() => original.DisableBuffering();

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken = default) => original.StartAsync(cancellationToken);

    /// <inheritdoc/>
    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken);

    /// <inheritdoc/>
    Task IHttpResponseBodyFeature.CompleteAsync() => original.CompleteAsync();

    /// <inheritdoc/>
    public void Dispose() => _limit?.Dispose();

    private static async Task ServeAsync(HttpContext context, TimeSpan longestPause, TimeProvider time, RequestDelegate next)
    {
        using var body = new Http2ResponseBody(
            context,
            context.Features.GetRequiredFeature<IHttpResponseBodyFeature>(),
            longestPause,
            time);
        context.Features.Set<IHttpResponseBodyFeature>(body);
        await next(context).ConfigureAwait(false);
    }

    private async ValueTask<FlushResult> WritePiecesAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        FlushResult result;
        do
        {
            var piece = source[..Math.Min(LargestPiece, source.Length)];
            source = source[piece.Length..];
            result = await WriteAsync(piece, cancellationToken).ConfigureAwait(false);
        }
        while (!source.IsEmpty && !result.IsCompleted && !result.IsCanceled);
        return result;
    }

    private ValueTask<FlushResult> Bound(ValueTask<FlushResult> flushing, int written)
    {
        var bytes = _unflushed + written;
        _unflushed = 0;
        return flushing.IsCompleted ? flushing : WaitAsync(flushing, bytes);
    }

    private async ValueTask<FlushResult> WaitAsync(ValueTask<FlushResult> flushing, long bytes)
    {
        var limit = _limit ??= new CancellationTokenSource();
        limit.CancelAfter(AllowedFor(bytes, longestPause));
        FlushResult result;

        // Kestrel gives the stream's object to another request once this one is over: the end of the registration waits
        // for an ending that has begun.
        using (limit.Token.UnsafeRegister(static body => ((Http2ResponseBody)body!).End(), this))
        {
            result = await flushing.ConfigureAwait(false);
        }

        limit.CancelAfter(Timeout.InfiniteTimeSpan);
        if (Volatile.Read(ref _isEnded))
        {
            // Kestrel tells the request of it a moment later; until then it would not look like the client's doing.
            await Task.Delay(Timeout.InfiniteTimeSpan, time, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new OperationCanceledException("The client took the response too slowly.", context.RequestAborted);
        }

        if (limit.IsCancellationRequested)
        {
            // Too late by a moment: the piece was taken.
            limit.Dispose();
            _limit = null;
        }

        return result;
    }

    private void End()
    {
        Volatile.Write(ref _isEnded, true);
        context.Features.Get<IHttpResetFeature>()?.Reset(Cancel);
    }
}
