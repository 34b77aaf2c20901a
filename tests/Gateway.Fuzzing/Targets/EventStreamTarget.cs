using Gateway.Forwarding.EventStreams;
using Gateway.Fuzzing.Engine;

namespace Gateway.Fuzzing.Targets;

/// <summary>
/// Event streams: what goes on to the user is what came, byte for byte, and the same events with the same position however the bytes
/// arrive. Behind a byte 1E the stream goes on at another destination: then no event comes twice that stands in it once, and the user
/// still gets whole events.
/// </summary>
internal sealed class EventStreamTarget : IFuzzTarget
{
    private const byte Elsewhere = 0x1E;

    private static readonly string[] Texts =
    [
        "data: a\n\n", "id: 1\ndata: a\n\nid: 2\ndata: b\n\n", "\uFEFFdata: a\r\n\r\nevent: x\r\ndata: b\r\n\r\n",
        ": quiet\n\nretry: 5\rid\rdata:b\r\r",
        "id: 1\ndata: a\n\nid: 2\ndata: b\n\n\u001eid: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n",
        "id: x\ndata: a\n\nid: y\ndata: b\n\u001eid: x\r\ndata: a\r\n\r\nid: y\r\ndata: b\r\n\r\nid: z\r\ndata: c\r\n\r\n",
        "data: \u001d\n\n", "id: 1\ndata: \u001d\ndata: b\n\nid: 2\n\n\u001edata: c\n\n",
        "id: 1\ndata: a\n\nid: 2\ndata: b\n\n\u001eid: 9\ndata: c\n\n",
    ];

    private readonly MemoryStream _sent = new();

    /// <inheritdoc/>
    public string Name => "event-stream";

    /// <inheritdoc/>
    public int MostBytes => 1024;

    /// <inheritdoc/>
    public IEnumerable<byte[]> Seeds => Texts.Select(System.Text.Encoding.UTF8.GetBytes);

    /// <inheritdoc/>
    public IEnumerable<string> Words =>
    [
        "data:", "data: ", "id:", "id: ", "id", "event: ", "retry: ", ":", "\n", "\r", "\r\n", "\n\n", "\r\r", "\u00ef\u00bb\u00bf",
        "\u001e", "\u001d", "\0",
        "id: 1\n", "id: 2\n", "data: a\n\n", "id: 9223372036854775807\n",
    ];

    /// <inheritdoc/>
    public long MemoryFor(int length) => 4 * 1024 * 1024 + (600L * length);

    /// <inheritdoc/>
    public void Run(ReadOnlyMemory<byte> input)
    {
        input = LongInput.Of(input);
        var mark = input.Span.IndexOf(Elsewhere);
        var first = mark < 0 ? input : input[..mark];
        var second = mark < 0 ? default(ReadOnlyMemory<byte>?) : input[(mark + 1)..];
        var whole = default(string);
        foreach (var ends in Splits.Of(first))
        {
            var read = Relay(first, ends, second);
            Invariant.Same(whole ??= read, read, "the user gets the same events however they arrive");
        }
    }

    private string Relay(ReadOnlyMemory<byte> first, int[] ends, ReadOnlyMemory<byte>? second)
    {
        var (buffer, contents) = (new EventBuffer(), 0);
        var events = new EventSequence(buffer, new ResumePoint(), () => contents++);
        _sent.SetLength(0);
        try
        {
            var isWhole = Feed(buffer, events, first.Span, ends);
            if (second is { } rest)
            {
                Invariant.Holds(first.Span.StartsWith(Sent), "the user gets the beginning of what came");
                if (isWhole && !events.IsInsideEvent)
                {
                    buffer.Restart();
                    events.Resumed();
                    isWhole = Feed(buffer, events, rest.Span, Splits.Of(rest).Last());
                }
            }
            else
            {
                Invariant.Holds(events.TryTakeRest(out var count), "nothing is missing of a stream that was not cut");
                _sent.Write(buffer.First(count).Span);
                buffer.Consume(count);
                Invariant.Holds(Sent.SequenceEqual(first.Span), "the user gets what came, byte for byte");
            }

            Invariant.Holds(events.LastId is null || events.LastId.All(static letter => letter is >= ' ' and not '\u007f'),
                "an id fits a header");
            return $"{isWhole} {contents} {events.LastId} {EventOracle.Shown(Sent)}";
        }
        finally
        {
            buffer.Return();
        }
    }

    private ReadOnlySpan<byte> Sent => _sent.GetBuffer().AsSpan(0, (int)_sent.Length);

    // As EventStream does it; false: an event is missing.
    private bool Feed(EventBuffer buffer, EventSequence events, ReadOnlySpan<byte> bytes, int[] ends)
    {
        var at = 0;
        foreach (var end in ends)
        {
            while (at < end)
            {
                var room = buffer.MakeRoom();
                var count = Math.Min(room.Length, end - at);
                bytes.Slice(at, count).CopyTo(room.Span);
                buffer.Append(count);
                at += count;
                do
                {
                    if (!events.TryTake(out count))
                    {
                        return false;
                    }

                    _sent.Write(buffer.First(count).Span);
                    if (count > 0)
                    {
                        buffer.Consume(count);
                    }
                }
                while (count > 0);
            }
        }

        return true;
    }
}
