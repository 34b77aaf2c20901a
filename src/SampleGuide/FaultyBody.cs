using System.Diagnostics.CodeAnalysis;

namespace SampleGuide;

/// <summary>The body of the response on its way out, spoiled: cut off, late, or one byte at a time.</summary>
internal sealed class FaultyBody(HttpContext context, Stream inner, Fault fault, TimeProvider time) : Stream
{
    private long _left = -1;
    private bool _started;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await StartAsync(cancellationToken);
        switch (fault.Mode)
        {
            case "drip":
                for (int i = 0; i < buffer.Length; i++)
                {
                    await Task.Delay(fault.Delay, time, cancellationToken);
                    await inner.WriteAsync(buffer.Slice(i, 1), cancellationToken);
                    await inner.FlushAsync(cancellationToken);
                }

                break;
            case "cut" or "reset" when buffer.Length >= _left:
                await inner.WriteAsync(buffer[..(int)_left], cancellationToken);
                await BreakAsync(cancellationToken);
                throw new OperationCanceledException("The response was cut on purpose.");
            default:
                _left -= buffer.Length;
                await inner.WriteAsync(buffer, cancellationToken);
                break;
        }
    }

    /// <summary>A response too short to be cut earlier is cut at its end: without its last chunk, and never cleanly.</summary>
    public async Task FinishAsync()
    {
        if (fault.Mode is "cut" or "reset")
        {
            await StartAsync(context.RequestAborted);
            await BreakAsync(context.RequestAborted);
        }
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_started)
        {
            return;
        }

        _started = true;
        _left = fault switch
        {
            { Mode: "reset", When: "headers" } => 0,
            { After: { } bytes } => bytes,
            _ => context.Response.ContentLength / 2 ?? 300,
        };
        await context.Response.StartAsync(cancellationToken);
        await inner.FlushAsync(cancellationToken);
        if (fault.Mode is "late")
        {
            await Task.Delay(fault.Delay, time, cancellationToken);
        }
    }

    private async Task BreakAsync(CancellationToken cancellationToken)
    {
        // A reset drops what the kernel has not sent yet; the part that the client is to see needs a moment to leave.
        await inner.FlushAsync(cancellationToken);
        await Task.Delay(TimeSpan.FromMilliseconds(25), time, cancellationToken);
        if (fault is { Mode: "cut", End: "close" })
        {
            BreakConnection.ByClose(context);
        }
        else
        {
            BreakConnection.ByReset(context);
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    [SuppressMessage("Usage", "MA0042", Justification = "Kestrel forbids it, and so does this.")]
    public override void Flush() => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
