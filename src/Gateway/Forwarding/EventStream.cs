using System.Net.Http;
using System.Text;
using Gateway.Configuration.Model;
using Gateway.Observability;
using Gateway.Upstream;
using Microsoft.Extensions.Primitives;

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

    private const string Interrupted = "The response was interrupted.";

    private readonly StreamConfig _config;
    private readonly TimeProvider _time;
    private readonly AsyncAutoResetEvent _signal = new();
    private readonly Action _raise;
    private ResumePoint? _resume;
    private readonly PooledTimer _timer;
    private Attempt _attempt;
    private Stream _upstream;
    private Task<int>? _arrival;
    private bool _arrivalFills;
    private byte[]? _buffer;
    private int _filled;
    private int _scanned;
    private ReadOnlyMemory<byte> _ready;
    private int _readyInBuffer;
    private int _mark;
    private bool _atStart = true;
    private bool _insideLongEvent;
    private bool _hasContent;
    private bool _isReopened;
    private bool _isAtEnd;
    private bool _ended;
    private bool _disposed;
    private bool _said;
    private Exception? _broken;
    private long _lastUpstream;
    private long _lastHandedOn;
    private TimeSpan _longestGap;
    private long _firstContentAt;
    private StreamMeter? _meter;
    private StreamEnd _end = StreamEnd.ClientAbort;

    private EventStream(Stream upstream, Attempt attempt, StreamConfig config, TimeProvider time)
    {
        _upstream = upstream;
        _attempt = attempt;
        _config = config;
        _time = time;
        _raise = _signal.Raise;
        _resume = config.Resume ? new ResumePoint() : null;
        _timer = PooledTimer.Rent(time, _signal);
        _lastUpstream = _lastHandedOn = time.GetTimestamp();
    }

    /// <summary>Opens the same stream elsewhere, after the event with this id; null: from its start. Set by the exchange that may do so.</summary>
    public Func<Attempt, string?, CancellationToken, ValueTask<(Attempt Attempt, Stream Upstream)?>>? Reopen { get; set; }

    /// <summary>The user gets it: from here on it counts.</summary>
    public void Begin(StreamMeter meter)
    {
        _meter = meter;
        meter.Begin();
        if (_hasContent)
        {
            NoteFirstContent();
        }
    }

    /// <summary>Ends the stream for the user when the gateway stops.</summary>
    public CancellationToken Stopping { get; set; }

    /// <summary>
    /// True for a 200 of the media type <c>text/event-stream</c>. With any other status it is a body like others, an error's JSON for instance; so it is when it is
    /// compressed, where no event can be seen.
    /// </summary>
    public static bool Is(UpstreamResponse response)
    {
        if (response.Status != StatusCodes.Status200OK || response.Header("Content-Type") is not { Count: > 0 } types)
        {
            return false;
        }

        // As it came: a parameter that is malformed, such as an empty one, does not make it another type.
        var type = default(ReadOnlySpan<char>);
        foreach (var value in types)
        {
            type = value;
        }

        var parameters = type.IndexOf(';');
        if (!(parameters < 0 ? type : type[..parameters]).Trim().Equals("text/event-stream", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        return IsUncoded(response.Header("Content-Encoding"));
    }

    private static bool IsUncoded(StringValues codings)
    {
        foreach (var line in codings)
        {
            foreach (var range in line.AsSpan().Split(','))
            {
                var coding = line.AsSpan()[range].Trim();
                if (!coding.IsEmpty && !coding.Equals("identity", StringComparison.OrdinalIgnoreCase) && !coding.Equals("none", StringComparison.OrdinalIgnoreCase))
                {
                    return false;
                }
            }
        }

        return true;
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

            _meter?.End(_end, _longestGap);
            _upstream.Dispose();
            _timer.Return();
            ForgetArrival();
            ReturnBuffer();
        }

        base.Dispose(disposing);
    }

    /// <summary>Waits for something to hand on: an event, a heartbeat, an error, or the end.</summary>
    private async ValueTask NextAsync(CancellationToken cancellationToken)
    {
        // 1. What came before the destination's clean end has gone out.
        if (_isAtEnd)
        {
            _ended = true;
            _end = StreamEnd.Complete;
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
        if (_filled > 0 && !_arrivalFills && TakeEvents())
        {
            return;
        }

        var count = NotYet;
        while (count == NotYet)
        {
            // 4. Ask for more, without a buffer: a quiet stream holds none.
            var arrival = Ask(CancellationToken.None);
            if (!arrival.IsCompleted && !await ArrivesAsync(arrival, cancellationToken).ConfigureAwait(false))
            {
                return;
            }

            // 5. It is there, or it ended.
            try
            {
                count = await TakeArrivalAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or ObjectDisposedException or OperationCanceledException)
            {
                _attempt.StreamFailed(silent: false);
                await CutAsync(cancellationToken).ConfigureAwait(false);
                return;
            }
        }

        if (count > 0)
        {
            NoteArrival();
            return;
        }

        _isAtEnd = true;
        if (_filled > 0)
        {
            TakeRest();
        }
    }

    /// <summary>
    /// Waits until something arrives. False: something else came first, and is done: a heartbeat, the idle deadline, the gateway's stop, or the client's leave.
    /// </summary>
    private async ValueTask<bool> ArrivesAsync(Task<int> arrival, CancellationToken cancellationToken)
    {
        using var left = cancellationToken.UnsafeRegister(static raise => ((Action)raise!)(), _raise);
        using var stopping = Stopping.UnsafeRegister(static raise => ((Action)raise!)(), _raise);
        using var cut = Cut.UnsafeRegister(static raise => ((Action)raise!)(), _raise);
        // Until there is content the destination has no longer than before anything went out.
        var idle = _hasContent || _config.FirstContent > _config.Idle ? _config.Idle : _config.FirstContent;
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

            var silence = _time.GetElapsedTime(_lastUpstream);
            if (silence >= idle)
            {
                _attempt.StreamFailed(silent: true);
                await CutAsync(cancellationToken).ConfigureAwait(false);
                return false;
            }

            var quiet = _time.GetElapsedTime(_lastHandedOn);
            if (quiet >= _config.Heartbeat && !_insideLongEvent)
            {
                _ready = Heartbeat;
                return false;
            }

            var next = idle - silence;
            var heartbeat = _config.Heartbeat - quiet;
            _timer.Arm(heartbeat > TimeSpan.Zero && heartbeat < next ? heartbeat : next);
            await _signal.WaitAsync().ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>The gateway stops: the user is told, unless half an event stands in the way.</summary>
    private void Stop()
    {
        _end = StreamEnd.Restarting;
        _attempt.Record?.Break = TerminationCause.Restarting;
        _attempt.StreamLeft();
        if (_insideLongEvent)
        {
            _broken = new IOException("The gateway stopped inside an event.");
            return;
        }

        End("The gateway is restarting.", "gateway_restarting");
    }

    /// <summary>The destination is drained, and its conversations have had their time.</summary>
    private CancellationToken Cut => _attempt.UpstreamEndpoint.Destination.Cut;

    private bool MustEnd => Stopping.IsCancellationRequested || Cut.IsCancellationRequested;

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

    /// <summary>The destination's stream broke: go on elsewhere if that can be done truthfully, else say so and end.</summary>
    private async ValueTask CutAsync(CancellationToken cancellationToken)
    {
        _upstream.Dispose();
        ForgetArrival();
        NoteArrival();
        if (_insideLongEvent)
        {
            _end = StreamEnd.Interrupted;
            _broken = new IOException("The event stream was cut inside an event.");
            return;
        }

        // Half an event is discarded: the next destination sends it whole.
        _filled = 0;
        _scanned = 0;
        var lastId = _resume?.LastId;
        if (Reopen is not null && (lastId is not null || !_hasContent))
        {
            var next = await Reopen(_attempt, lastId, cancellationToken).ConfigureAwait(false);
            if (next is { } opened)
            {
                (_attempt, _upstream) = opened;
                _meter?.Resume();
                _resume?.Resumed();
                _isReopened = _atStart = true;
                _mark = 0;
                _lastUpstream = _time.GetTimestamp();
                return;
            }
        }

        _end = cancellationToken.IsCancellationRequested ? StreamEnd.ClientAbort : StreamEnd.Interrupted;
        End(Interrupted, "stream_interrupted");
    }

    /// <summary>Something came, or the wait for it is over.</summary>
    private void NoteArrival()
    {
        var now = _time.GetTimestamp();
        var gap = _time.GetElapsedTime(_lastUpstream, now);
        _longestGap = gap > _longestGap ? gap : _longestGap;
        _lastUpstream = now;
    }

    /// <summary>
    /// Ends the stream for the user: an event that says so, then a visible end. Its data is read by a page, and by the client libraries of OpenAI, which show
    /// <c>error.message</c>, and of Anthropic, which show <c>message</c> and go by <c>error.type</c>.
    /// </summary>
    private void End(string message, string code)
    {
        _ready = Encoding.UTF8.GetBytes($$"""
            event: error
            data: {"type":"error","error":{"type":"stream_interrupted","code":"{{code}}","message":"{{message}}"},"message":"{{message}}","retry":true}


            """.ReplaceLineEndings("\n"));
        _readyInBuffer = 0;
        _said = true;
        _broken = new IOException("The event stream was interrupted.");
    }
}
