using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Server;

/// <summary>
/// Lets a connection begin with a POST or PUT of HTTP/1.0 that says nothing of a body. Such a request has none (RFC 9112, section 6.3), and
/// nginx and HAProxy pass it on, while Kestrel refuses it with 400 (RFC 1945, section 8.3). It is given the <c>Content-Length: 0</c> that
/// it means before Kestrel reads it.
/// </summary>
/// <remarks>Only the first request of a connection is looked at: connections of HTTP/1.0 rarely carry another, and from there on reading
/// costs nothing more.</remarks>
internal static class LengthlessRequests
{
    /// <summary>Longest head that is looked at.</summary>
    private const int MaxHead = 32 * 1024;

    private static readonly byte[] NoBody = "Content-Length: 0\r\n"u8.ToArray();

    /// <summary>Stands before what reads requests of HTTP/1.</summary>
    public static ConnectionDelegate Before(ConnectionDelegate next) => context =>
    {
        context.Transport = new Transport(new Reader(context.Transport.Input), context.Transport.Output);
        return next(context);
    };

    /// <summary>Where the length goes in a head that lacks it; 0: it is another request; -1: more of it is needed to tell.</summary>
    internal static int PlaceOfLength(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.StartsWith("POST "u8) && !bytes.StartsWith("PUT "u8))
        {
            return "POST "u8.StartsWith(bytes) || "PUT "u8.StartsWith(bytes) ? -1 : 0;
        }

        var line = bytes.IndexOf("\r\n"u8);
        if (line >= 0 && !bytes[..line].EndsWith(" HTTP/1.0"u8))
        {
            return 0;
        }

        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return bytes.Length < MaxHead ? -1 : 0;
        }

        for (var at = line + 2; at < end + 2;)
        {
            var length = bytes[at..].IndexOf("\r\n"u8);
            var header = bytes.Slice(at, length);
            if (Names(header, "content-length"u8) || Names(header, "transfer-encoding"u8))
            {
                return 0;
            }

            at += length + 2;
        }

        return line + 2;
    }

    // With whatever stands before the colon: a malformed line is Kestrel's to refuse.
    private static bool Names(ReadOnlySpan<byte> header, ReadOnlySpan<byte> name) =>
        header.Length >= name.Length && Ascii.EqualsIgnoreCase(header[..name.Length], name);

    private sealed record Transport(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class Reader : PipeReader
    {
        private readonly PipeReader _received;
        private PipeReader _inner;
        private bool _hasLooked;

        public Reader(PipeReader received) => _inner = _received = received;

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
            _hasLooked ? _inner.ReadAsync(cancellationToken) : LookAsync(cancellationToken);

        public override bool TryRead(out ReadResult result)
        {
            result = default;
            return _hasLooked && _inner.TryRead(out result);
        }

        public override void AdvanceTo(SequencePosition consumed) => _inner.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => _inner.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => _inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => _inner.Complete(exception);

        private async ValueTask<ReadResult> LookAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                var read = await _received.ReadAsync(cancellationToken).ConfigureAwait(false);
                if (read.IsCanceled)
                {
                    return read;
                }

                var place =
                    PlaceOfLength(read.Buffer.IsSingleSegment ? read.Buffer.FirstSpan : read.Buffer.Slice(
                        0,
                        Math.Min(read.Buffer.Length, MaxHead)).ToArray());
                if (place == 0 || read.IsCompleted)
                {
                    _hasLooked = true;
                    return read;
                }

                if (place < 0)
                {
                    _received.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                    continue;
                }

                var mended = new Pipe();
                foreach (var segment in read.Buffer.Slice(0, place))
                {
                    mended.Writer.Write(segment.Span);
                }

                mended.Writer.Write(NoBody);
                foreach (var segment in read.Buffer.Slice(place))
                {
                    mended.Writer.Write(segment.Span);
                }

                _received.AdvanceTo(read.Buffer.End);
                _ = PumpAsync(mended.Writer);
                _inner = mended.Reader;
                _hasLooked = true;
                return await _inner.ReadAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        /// <summary>What follows on the connection; it ends with what it reads or with whatever reads from it.</summary>
        private async Task PumpAsync(PipeWriter to)
        {
            Exception? failure = null;
            try
            {
                await to.FlushAsync(CancellationToken.None).ConfigureAwait(false);
                await _received.CopyToAsync(to, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                failure = exception;
            }

            await to.CompleteAsync(failure).ConfigureAwait(false);
        }
    }
}
