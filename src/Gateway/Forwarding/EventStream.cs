using System.Buffers;
using System.Net.Http;
using System.Text;
using Gateway.Configuration;
using Gateway.Upstream;

namespace Gateway.Forwarding;

/// <summary>
/// A stream of server-sent events on its way through. It hands on whole events only, so that it always stands between two
/// of them: there a heartbeat comment, an error event or another destination's next event can follow.
/// </summary>
/// <remarks>
/// Memory: nothing while it is quiet, else at most <see cref="MaxEvent"/>; a longer event is handed on in pieces, and
/// a stream that is cut inside such an event can only be aborted.
/// </remarks>
internal sealed partial class EventStream : ReadOnlyStream
{
    private const int MaxEvent = 64 * 1024;
    private const int Piece = 4 * 1024;

    // A reset overtakes what was sent just before it, on its way and in the client's own buffers: the error event gets a head start.
    private static readonly TimeSpan SayBeforeCut = TimeSpan.FromMilliseconds(250);

    private static readonly byte[] Heartbeat = ":\n\n"u8.ToArray();

    private readonly StreamConfig _config;
    private readonly TimeProvider _time;
    private readonly Signal _signal = new();
    private readonly Action _raise;
    private ResumePoint? _resume;
    private readonly WakeTimer _timer;
    private Attempt _attempt;
    private Stream _upstream;
    private Task<int>? _arrival;
    private byte[]? _buffer;
    private int _filled;
    private int _scanned;
    private ReadOnlyMemory<byte> _ready;
    private int _readyInBuffer;
    private bool _insideLongEvent;
    private bool _started;
    private bool _ended;
    private bool _disposed;
    private bool _said;
    private Exception? _broken;
    private long _lastUpstream;
    private long _lastHandedOn;

    private EventStream(Stream upstream, Attempt attempt, StreamConfig config, TimeProvider time)
    {
        _upstream = upstream;
        _attempt = attempt;
        _config = config;
        _time = time;
        _raise = _signal.Raise;
        _resume = config.Resume ? new ResumePoint() : null;
        _timer = WakeTimer.Rent(time, _signal);
        _lastUpstream = _lastHandedOn = time.GetTimestamp();
    }

    /// <summary>Opens the same stream elsewhere, after the event with this id. Set by the exchange that may do so.</summary>
    public Func<string, CancellationToken, ValueTask<(Attempt Attempt, Stream Upstream)?>>? Reopen { get; set; }

    /// <summary>Ends the stream for the user when the gateway stops.</summary>
    public CancellationToken Stopping { get; set; }

    /// <summary>True for an answer of the media type <c>text/event-stream</c>; not when it is compressed, where no event can be seen.</summary>
    public static bool Is(UpstreamResponse response) =>
        response.Header("Content-Encoding").Count == 0
        && response.Header("Content-Type").ToString().Split(';')[0].Trim().Equals("text/event-stream", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Waits for the first event that carries data. Until then nothing has reached the user, so a destination that opens a stream
    /// and says nothing can still be replaced.
    /// </summary>
    public static async ValueTask<EventStream> OpenAsync(UpstreamResponse upstream, Attempt attempt, StreamConfig config, TimeProvider time)
    {
        var stream = new EventStream(upstream, attempt, config, time);
        try
        {
            await stream.ReadToFirstContentAsync(attempt.Token).ConfigureAwait(false);
            stream._started = true;
            return stream;
        }
        catch
        {
            stream.ReturnBuffer();
            stream._timer.Return();
            throw;
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_ready.IsEmpty && !_ended)
        {
            if (_broken is not null)
            {
                if (_said)
                {
                    _said = false;
                    await Task.Delay(SayBeforeCut, _time, cancellationToken).ConfigureAwait(false);
                }

                throw _broken;
            }

            cancellationToken.ThrowIfCancellationRequested();
            await NextAsync(cancellationToken).ConfigureAwait(false);
        }

        var count = Math.Min(buffer.Length, _ready.Length);
        if (count > 0)
        {
            _ready[..count].CopyTo(buffer);
            _ready = _ready[count..];
            _lastHandedOn = _time.GetTimestamp();
            if (_ready.IsEmpty && _readyInBuffer > 0)
            {
                Consume(_readyInBuffer);
                _readyInBuffer = 0;
            }
        }

        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            if (!_ended && _broken is null)
            {
                _attempt.StreamLeft();
            }

            _upstream.Dispose();
            _timer.Return();
            ReturnBuffer();
        }

        base.Dispose(disposing);
    }

    private async Task ReadToFirstContentAsync(CancellationToken cancellationToken)
    {
        var handOn = 0;
        var hasContent = false;
        while (true)
        {
            if (!await FillAsync(cancellationToken).ConfigureAwait(false))
            {
                throw new HttpIOException(HttpRequestError.ResponseEnded, "The event stream ended before its first event.");
            }

            while (EventScanner.TryFindEnd(_buffer.AsSpan(handOn, _filled - handOn), ref _scanned, out var end))
            {
                var fields = EventScanner.Read(_buffer.AsSpan(handOn, end));
                hasContent |= fields.HasData;
                Remember(handOn, fields);
                handOn += end;
            }

            if (handOn > 0 && (hasContent || _filled >= MaxEvent))
            {
                HandOn(handOn);
                return;
            }

            if (_filled >= MaxEvent)
            {
                HandOnPiece();
                return;
            }
        }
    }

    /// <summary>Waits for something to hand on: an event, a heartbeat, an error, or the end.</summary>
    private async ValueTask NextAsync(CancellationToken cancellationToken)
    {
        // 1. The gateway stops: even a stream that never pauses ends.
        if (Stopping.IsCancellationRequested)
        {
            Stop();
            return;
        }

        // 2. Whole events that are here already.
        if (_filled > 0 && TakeEvents())
        {
            return;
        }

        // 3. Ask for more without holding a buffer: a quiet stream costs none.
        if (_arrival is null)
        {
            _arrival = _upstream.ReadAsync(Memory<byte>.Empty, CancellationToken.None).AsTask();
            _arrival.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(_raise);
        }

        if (!_arrival.IsCompleted)
        {
            await WaitAsync(cancellationToken).ConfigureAwait(false);
            if (_arrival is not { IsCompleted: true })
            {
                return;
            }
        }

        // 4. It is there, or it ended.
        var arrival = _arrival;
        _arrival = null;
        try
        {
            await arrival.ConfigureAwait(false);
            if (await FillAsync(_attempt.Token).ConfigureAwait(false))
            {
                _lastUpstream = _time.GetTimestamp();
                return;
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            _attempt.StreamFailed(silent: false);
            await CutAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        // The destination's clean end. What it left half-written is no event (the specification discards it too).
        _ended = true;
        _attempt.StreamEnded();
    }

    /// <summary>Waits until something arrives, the client leaves, the gateway stops, or a heartbeat or the idle deadline is due.</summary>
    private async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        using var left = cancellationToken.UnsafeRegister(static raise => ((Action)raise!)(), _raise);
        using var stopping = Stopping.UnsafeRegister(static raise => ((Action)raise!)(), _raise);
        while (!_arrival!.IsCompleted && !cancellationToken.IsCancellationRequested)
        {
            if (Stopping.IsCancellationRequested)
            {
                Stop();
                return;
            }

            var silence = _time.GetElapsedTime(_lastUpstream);
            if (silence >= _config.Idle)
            {
                _attempt.StreamFailed(silent: true);
                await CutAsync(cancellationToken).ConfigureAwait(false);
                return;
            }

            var quiet = _time.GetElapsedTime(_lastHandedOn);
            if (quiet >= _config.Heartbeat && !_insideLongEvent)
            {
                _ready = Heartbeat;
                return;
            }

            var next = _config.Idle - silence;
            var heartbeat = _config.Heartbeat - quiet;
            _timer.Arm(heartbeat > TimeSpan.Zero && heartbeat < next ? heartbeat : next);
            await _signal.WaitAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The gateway stops: the user is told, unless half an event stands in the way.</summary>
    private void Stop()
    {
        _attempt.StreamLeft();
        if (_insideLongEvent)
        {
            _broken = new IOException("The gateway stopped inside an event.");
            return;
        }

        End(retry: true, "The gateway is restarting.");
    }

    /// <summary>The destination's stream broke: go on elsewhere if that can be done truthfully, else say so and end.</summary>
    private async ValueTask CutAsync(CancellationToken cancellationToken)
    {
        _upstream.Dispose();
        _arrival = null;
        if (_insideLongEvent)
        {
            _broken = new IOException("The event stream was cut inside an event.");
            return;
        }

        // Half an event is nobody's: the next destination sends it whole.
        _filled = 0;
        _scanned = 0;
        if (_resume?.LastId is { } lastId && Reopen is not null)
        {
            var next = await Reopen(lastId, cancellationToken).ConfigureAwait(false);
            if (next is { } opened)
            {
                (_attempt, _upstream) = opened;
                _resume.Resumed();
                _lastUpstream = _time.GetTimestamp();
                return;
            }
        }

        End(retry: true, "The answer was interrupted.");
    }

    /// <summary>Ends the stream for the user: an event that says so, then a visible end.</summary>
    private void End(bool retry, string message)
    {
        _ready = Encoding.UTF8.GetBytes($$"""
            event: error
            data: {"error":"stream_interrupted","message":"{{message}}","retry":{{(retry ? "true" : "false")}}}


            """.ReplaceLineEndings("\n"));
        _said = true;
        _broken = new IOException("The event stream was interrupted.");
    }
}
