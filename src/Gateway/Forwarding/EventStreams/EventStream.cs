using Gateway.Configuration.Model;
using Gateway.Forwarding.Attempts;
using Gateway.Observability;
using Gateway.Observability.Metrics;
using Gateway.Upstream;

namespace Gateway.Forwarding.EventStreams;

/// <summary>
/// A stream of server-sent events on its way through. It hands on whole events only, so that it always stands between two
/// of them: there a heartbeat comment, an error event or another destination's next event can follow.
/// </summary>
/// <remarks>
/// Memory: nothing while it is quiet, else at most what an <see cref="EventBuffer"/> keeps; a longer event is handed on in pieces, and
/// a stream that is cut inside such an event can only be aborted.
/// </remarks>
internal sealed class EventStream : ReadOnlyStream
{
    private readonly StreamConfig _config;
    private readonly EventReader _reader;
    private readonly EventSequence _events;
    private readonly StreamProgress _progress;
    private readonly EventOutput _output;
    private Attempt _attempt;
    private bool _isAtEnd;
    private bool _disposed;

    private EventStream(Stream upstream, Attempt attempt, StreamConfig config, TimeProvider time)
    {
        _attempt = attempt;
        _config = config;
        _reader = new EventReader(upstream, time);
        _progress = new StreamProgress(attempt, time);
        _events = new EventSequence(_reader.Buffer, config.Resume ? new ResumePoint() : null, _progress.OnContent);
        _output = new EventOutput(_reader.Buffer, _progress, time);
    }

    /// <summary>
    /// Opens the same stream elsewhere, after the event with this id; null: from its start. Set by the exchange that may do so.
    /// </summary>
    public Func<Attempt, string?, CancellationToken, ValueTask<(Attempt Attempt, Stream Upstream)?>>? Reopen { get; set; }

    /// <summary>Ends the stream for the user when the gateway stops.</summary>
    public CancellationToken Stopping { get; set; }

    /// <summary>The destination is drained, and its conversations have had their time.</summary>
    private CancellationToken Cut => _attempt.UpstreamEndpoint.Destination.Cut;

    private bool MustEnd => Stopping.IsCancellationRequested || Cut.IsCancellationRequested;

    /// <summary>True: the response is one (<see cref="EventStreamMediaType"/>).</summary>
    public static bool Is(UpstreamResponse response) => EventStreamMediaType.Is(response);

    /// <summary>Waits until the stream has something for the user (<see cref="EventStreamOpening"/>).</summary>
    public static async ValueTask<EventStream> OpenAsync(UpstreamResponse upstream, Attempt attempt, StreamConfig config, TimeProvider time)
    {
        upstream.IsOftenQuiet = true;
        var stream = new EventStream(upstream, attempt, config, time);
        try
        {
            // A body that ends with its connection cannot be told from one that was cut.
            var opening = new EventStreamOpening(stream._reader, stream._events, stream._progress, attempt, config);
            var opened = await opening.ReadToFirstContentAsync(upstream.EndIsKnown, attempt.Token).ConfigureAwait(false);
            stream._isAtEnd = opened.IsAtEnd;
            stream._output.HandOn(opened);
            return stream;
        }
        catch
        {
            stream._reader.Return();
            throw;
        }
    }

    /// <summary>The user gets it: from here on it counts.</summary>
    public void Begin(StreamMeter meter) => _progress.Begin(meter);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!_output.CanRead)
        {
            if (_output.IsCut)
            {
                await _output.ThrowAsync(cancellationToken).ConfigureAwait(false);
            }

            cancellationToken.ThrowIfCancellationRequested();
            await NextAsync(cancellationToken).ConfigureAwait(false);
        }

        return _output.Read(buffer);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            if (!_output.HasEnd)
            {
                _attempt.StreamLeft();
            }

            _progress.OnEnded();
            _reader.Close();
            _reader.Return();
        }

        base.Dispose(disposing);
    }

    /// <summary>Waits for something to hand on: an event, a heartbeat, an error, or the end.</summary>
    private async ValueTask NextAsync(CancellationToken cancellationToken)
    {
        // 1. What came before the destination's clean end has gone out.
        if (_isAtEnd)
        {
            _output.Complete();
            _attempt.StreamEnded();
            return;
        }

        // 2. The gateway stops, or the time of a drain is over: even a stream that never pauses ends.
        if (MustEnd)
        {
            await EndEarlyAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        // 3. Whole events that are here already.
        if (TakeEvents())
        {
            return;
        }

        var count = EventReader.NotYet;
        while (count == EventReader.NotYet)
        {
            // 4. Ask for more, without a buffer: a quiet stream holds none.
            var arrival = _reader.Ask(CancellationToken.None);
            if (!arrival.IsCompleted && !await ArrivesAsync(arrival, cancellationToken).ConfigureAwait(false))
            {
                return;
            }

            // 5. It is there, or it ended.
            try
            {
                count = await _reader.TakeAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception exception) when (IsCut(exception))
            {
                _attempt.StreamFailed(silent: false);
                await CutAsync(cancellationToken).ConfigureAwait(false);
                return;
            }
        }

        if (count > 0)
        {
            _progress.OnReceived();
            return;
        }

        _isAtEnd = true;
        if (_reader.Buffer.Length > 0)
        {
            HandOnOrEnd(_events.TryTakeRest(out var rest), rest);
        }
    }

    private static bool IsCut(Exception exception) =>
        exception is HttpRequestException or IOException or ObjectDisposedException or OperationCanceledException;

    /// <summary>Hands on the whole events in the buffer. False: there is none, or a read under way has the buffer.</summary>
    private bool TakeEvents()
    {
        if (_reader.Buffer.Length > 0 && !_reader.IsFilling)
        {
            HandOnOrEnd(_events.TryTake(out var count), count);
        }

        return !_output.IsEmpty;
    }

    /// <summary>
    /// Waits until something arrives. False: something else came first, and is done: a heartbeat, the idle deadline, the gateway's stop, or
    /// the client's leave.
    /// </summary>
    private async ValueTask<bool> ArrivesAsync(Task<int> arrival, CancellationToken cancellationToken)
    {
        using var left = _reader.WakeOn(cancellationToken);
        using var stopping = _reader.WakeOn(Stopping);
        using var cut = _reader.WakeOn(Cut);
        while (!arrival.IsCompleted)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                return false;
            }

            // Stopping ends what is waited for, too: that is not the destination's doing.
            if (MustEnd)
            {
                await EndEarlyAsync(cancellationToken).ConfigureAwait(false);
                return false;
            }

            var patience = StreamPatience.Of(
                _config, _progress.HasContent, _events.IsInsideEvent, _progress.Silence, _progress.Quiet);
            switch (patience.Due)
            {
                case StreamDue.Cut:
                    _attempt.StreamFailed(silent: true);
                    await CutAsync(cancellationToken).ConfigureAwait(false);
                    return false;
                case StreamDue.Heartbeat:
                    _output.HandOnHeartbeat();
                    return false;
            }

            await _reader.WaitAsync(patience.Wait).ConfigureAwait(false);
        }

        return true;
    }

    private ValueTask EndEarlyAsync(CancellationToken cancellationToken)
    {
        if (Stopping.IsCancellationRequested)
        {
            Stop();
            return ValueTask.CompletedTask;
        }

        _attempt.Record?.Break = TerminationCause.Drained;
        _attempt.StreamLeft();
        return CutAsync(cancellationToken);
    }

    /// <summary>The gateway stops: the user is told, unless half an event stands in the way.</summary>
    private void Stop()
    {
        _attempt.Record?.Break = TerminationCause.Restarting;
        _attempt.StreamLeft();
        if (_events.IsInsideEvent)
        {
            _output.Cut("The gateway stopped inside an event.", StreamEnd.Restarting);
        }
        else
        {
            _output.EndWith(StreamNotice.Restarting, StreamEnd.Restarting);
        }
    }

    /// <summary>The destination's stream broke: go on elsewhere if that can be done truthfully, else say so and end.</summary>
    private async ValueTask CutAsync(CancellationToken cancellationToken)
    {
        _reader.Close();
        _reader.Forget();
        _progress.OnReceived();
        if (_events.IsInsideEvent)
        {
            _output.Cut("The event stream was cut inside an event.", StreamEnd.Interrupted);
            return;
        }

        // Half an event is discarded: the next destination sends it whole.
        _reader.Buffer.Restart();
        var lastId = _events.LastId;
        if (Reopen is not null && (lastId is not null || !_progress.HasContent))
        {
            if (await Reopen(_attempt, lastId, cancellationToken).ConfigureAwait(false) is { } opened)
            {
                _attempt = opened.Attempt;
                _reader.GoOnWith(opened.Upstream);
                _events.Resumed();
                _progress.OnResumed();
                return;
            }
        }

        _output.EndWith(
            StreamNotice.Interrupted, cancellationToken.IsCancellationRequested ? StreamEnd.ClientAbort : StreamEnd.Interrupted);
    }

    /// <summary>Hands on the first bytes of the buffer, or ends the stream if an event before them is missing.</summary>
    private void HandOnOrEnd(bool isWhole, int count)
    {
        if (isWhole)
        {
            _output.HandOn(count);
            return;
        }

        _attempt.StreamLeft();
        _reader.Close();
        _output.EndWith(StreamNotice.Interrupted, StreamEnd.Interrupted);
    }
}
