using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Gateway.Forwarding.Requests;

/// <summary>
/// A request body whose rest the client has yet to send: what was read so far, and the rest as it comes. One attempt at a time reads it;
/// the next one begins with what those before it have taken, as long as all of that was kept.
/// </summary>
internal sealed class StreamedRequestBody : RequestBody
{
    /// <summary>The rest is not read any more.</summary>
    private static readonly TaskCompletionSource Ended = new();

    /// <summary>How long an attempt that is over may take to let go of the client's body.</summary>
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(5);

    private readonly PipeReader _rest;
    private readonly long _keep;
    private readonly long _most;
    private readonly TimeProvider? _duplex;
    private PooledBytes _head;
    private TaskCompletionSource? _taken;
    private bool _isPartlyGone;
    private long _closedAt;
    private long _received;

    /// <param name="rest">What the client has yet to send.</param>
    /// <param name="head">What was read so far.</param>
    /// <param name="length">Of both, in bytes; null: it is not known.</param>
    /// <param name="keep">So many bytes are kept at most for another attempt.</param>
    /// <param name="most">So many bytes the client may send in all.</param>
    /// <param name="duplex">The clock of a call that talks in both directions; null: it is none.</param>
    public StreamedRequestBody(PipeReader rest, PooledBytes head, long? length, long keep, long most, TimeProvider? duplex = null)
        : base(length)
    {
        _rest = rest;
        _head = head;
        _keep = keep;
        _most = most;
        _duplex = duplex;
        _received = head.Length;
    }

    /// <inheritdoc/>
    public override long Received => Volatile.Read(ref _received);

    /// <inheritdoc/>
    public override bool CanSend => !Volatile.Read(ref _isPartlyGone) && !HasEnded;

    /// <inheritdoc/>
    public override bool IsDuplex => _duplex is not null;

    /// <inheritdoc/>
    public override long ClosedAt => Volatile.Read(ref _closedAt);

    private bool HasEnded => ReferenceEquals(Volatile.Read(ref _taken), Ended);

    /// <inheritdoc/>
    public override async ValueTask<bool> EndAsync(TimeProvider time)
    {
        if (Interlocked.Exchange(ref _taken, Ended) is not { Task.IsCompleted: false } taken || ReferenceEquals(taken, Ended))
        {
            return true;
        }

        _rest.CancelPendingRead();
        try
        {
            await taken.Task.WaitAsync(EndWithin, time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            // The response says it: the caller ends the connection.
            return false;
        }
    }

    /// <inheritdoc/>
    protected override void ReturnBytes() => _head.Return();

    /// <inheritdoc/>
    protected override async ValueTask SendAsync(Stream stream, AttemptContent content, CancellationToken cancellationToken)
    {
        var turn = await TakeTurnAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_head.Length > 0)
            {
                await stream.WriteAsync(_head.Memory, cancellationToken).ConfigureAwait(false);
                await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            }

            while (true)
            {
                var read = await ReadMoreAsync(content, cancellationToken).ConfigureAwait(false);
                try
                {
                    OnRead(read);
                    foreach (var segment in read.Buffer)
                    {
                        await stream.WriteAsync(segment, cancellationToken).ConfigureAwait(false);
                    }
                }
                finally
                {
                    _rest.AdvanceTo(read.Buffer.End);
                }

                if (read.IsCompleted)
                {
                    Volatile.Write(ref _closedAt, _duplex?.GetTimestamp() ?? 0);
                    return;
                }

                // A client that drips its body must reach the destination as it drips.
                await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            if (CanSend)
            {
                Interlocked.CompareExchange(ref _taken, null, turn);
            }

            turn.TrySetResult();
        }
    }

    /// <summary>Waits until no other attempt reads the client's body. The turn is over once it is completed.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TaskCompletionSource> TakeTurnAsync(CancellationToken cancellationToken)
    {
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        while (Interlocked.CompareExchange(ref _taken, turn, null) is { } other)
        {
            if (!CanSend)
            {
                throw new OperationCanceledException("The request is over, or another attempt has taken its body.");
            }

            // An attempt that failed lets go a moment later than it says so.
            await other.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        return turn;
    }

    /// <summary>Reads on, and lets the attempt know when it is the client that keeps it waiting.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> ReadMoreAsync(AttemptContent content, CancellationToken cancellationToken)
    {
        try
        {
            var reading = _rest.ReadAsync(cancellationToken);
            if (reading.IsCompleted)
            {
                return Checked(await reading.ConfigureAwait(false));
            }

            content.Attempt?.AwaitClient(maySilent: IsDuplex);
            var read = await reading.ConfigureAwait(false);
            content.Attempt?.ClientCame();
            return Checked(read);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            content.ClientFailure = exception;
            throw;
        }
    }

    /// <summary>What was read, if the body is not too long with it. One attempt at a time is here.</summary>
    private ReadResult Checked(in ReadResult read)
    {
        if (_received + read.Buffer.Length > _most)
        {
            _rest.AdvanceTo(read.Buffer.End);
            throw BodyLimit.TooLong();
        }

        return read;
    }

    /// <summary>Counts what an attempt is about to send, and keeps it for another one. One attempt at a time is here.</summary>
    private void OnRead(in ReadResult read)
    {
        // The timer of the reading ahead may have come too late to be seen there: that alone is no end.
        if (read.IsCanceled && HasEnded)
        {
            throw new OperationCanceledException("The request is over.");
        }

        Volatile.Write(ref _received, _received + read.Buffer.Length);
        if (read.Buffer.IsEmpty || _isPartlyGone)
        {
            return;
        }

        if (_keep < _head.Length + read.Buffer.Length)
        {
            Volatile.Write(ref _isPartlyGone, true);
            return;
        }

        _head.Append(read.Buffer, _keep);
    }
}
