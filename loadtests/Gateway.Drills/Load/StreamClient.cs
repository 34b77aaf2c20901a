using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Unicode;

namespace Gateway.Drills.Load;

/// <summary>How one event stream ended, as its user saw it.</summary>
internal enum StreamEnd
{
    /// <summary>In order, after the guide's last event.</summary>
    Done,

    /// <summary>After an error event, in order or not: visible to the user's program.</summary>
    ErrorEvent,

    /// <summary>By a reset or without the last chunk, and without a word: visible to the user's browser.</summary>
    Cut,

    /// <summary>In order, although the guide had more to say: looks whole and is not.</summary>
    CleanStump,

    /// <summary>The response was no event stream of a guide: a status other than 200, or the fallback chain's.</summary>
    NotLive,

    /// <summary>No connection, no response, or not HTTP.</summary>
    Failed,

    /// <summary>We ended it.</summary>
    Stopped,
}

/// <summary>What one stream's user saw.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Ids">The ids, in the order in which they came.</param>
/// <param name="AreIdsWhole">None missing, none twice.</param>
/// <param name="Source">The guide that began the response.</param>
/// <param name="EndedAt">When; a <see cref="Stopwatch"/> timestamp.</param>
/// <param name="LastEventAt">When the last event came.</param>
/// <param name="LongestGap">The longest silence between two events.</param>
internal sealed record StreamReport(
    StreamEnd End,
    IReadOnlyList<int> Ids,
    bool AreIdsWhole,
    string Source,
    long EndedAt,
    long LastEventAt,
    TimeSpan LongestGap);

/// <summary>One user that reads one chat as it comes.</summary>
internal sealed class StreamClient(LoadTarget target, int tokens, int intervalMs, string conversation)
{
    private readonly SourceNames _sources = new();
    private readonly EventParser _parser = new();
    private readonly TaskCompletionSource _firstEvent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastEvent;
    private TimeSpan _longestGap;

    /// <summary>Completes with the first event, or with the end of the stream.</summary>
    public Task FirstEvent => _firstEvent.Task;

    /// <summary>Reads to the stream's end, or until cancelled.</summary>
    public async Task<StreamReport> RunAsync(CancellationToken stop)
    {
        using var connection = new HttpConnection(_sources);
        using var registration = stop.Register(connection.GiveUp);
        byte source = 0;
        StreamEnd end;
        try
        {
            await connection.ConnectAsync(target.EndPoint, stop);
            await connection.SendAsync(Write(connection.Request));
            var head = await connection.ReceiveHeadAsync();
            source = head.Source;
            end = await ReadAsync(connection, isLive: head is { Status: 200, FallbackSource: FallbackSource.None });
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or OperationCanceledException
            or NoResponseException or TruncatedResponseException or MalformedResponseException)
        {
            end = stop.IsCancellationRequested ? StreamEnd.Stopped
                : _parser.SawError ? StreamEnd.ErrorEvent
                : _parser.Events > 0 ? StreamEnd.Cut
                : StreamEnd.Failed;
        }

        _firstEvent.TrySetResult();
        return new(end, _parser.Ids, _parser.AreIdsWhole, _sources.All[source], Stopwatch.GetTimestamp(), _lastEvent, _longestGap);
    }

    private async Task<StreamEnd> ReadAsync(HttpConnection connection, bool isLive)
    {
        var buffer = new byte[4 * 1024];
        while (true)
        {
            var read = await connection.ReadBodyAsync(buffer);
            if (read == 0)
            {
                return !isLive ? StreamEnd.NotLive
                    : _parser.SawError ? StreamEnd.ErrorEvent
                    : _parser.SawDone && _parser.Ids.Count >= tokens ? StreamEnd.Done
                    : StreamEnd.CleanStump;
            }

            var before = _parser.Events;
            _parser.Feed(buffer.AsSpan(0, read));
            if (_parser.Events > before)
            {
                Note();
            }
        }
    }

    private void Note()
    {
        var now = Stopwatch.GetTimestamp();
        if (_lastEvent != 0 && Stopwatch.GetElapsedTime(_lastEvent, now) is var gap && gap > _longestGap)
        {
            _longestGap = gap;
        }

        _lastEvent = now;
        _firstEvent.TrySetResult();
    }

    private int Write(Span<byte> into)
    {
        Utf8.TryWrite(
            into,
            $"GET /api/guide/chat?tokens={tokens}&intervalMs={intervalMs}&conversation={conversation} HTTP/1.1\r\nHost: ",
            out var length);
        return Requests.End(into, length, target.Host.Span, "Accept: text/event-stream\r\n\r\n"u8);
    }
}
