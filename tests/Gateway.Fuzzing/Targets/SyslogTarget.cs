using System.Text;
using Gateway.Admin.Endpoints;
using Gateway.Fuzzing.Engine;
using Gateway.Health.Signals.Lines;

namespace Gateway.Fuzzing.Targets;

/// <summary>
/// Syslog over TCP: the same messages however the bytes arrive, each a part of them, with a host that can stand in a name. And lines that
/// are pushed to the admin endpoint: none is longer than the body.
/// </summary>
internal sealed class SyslogTarget : IFuzzTarget
{
    private static readonly string[] Texts =
    [
        "<34>1 2026-11-28T22:14:15.003Z host app 1 ID [a b=\"c\\\"]\"] \uFEFFtimeout\n", "<13>Oct 11 22:14:15 host tag[1]: timeout\n",
        "<13>2026-11-28T22:14:15+01:00 host tag: timeout\n", "11 <13>timeout12 <14>timeouts", "no priority\n\0\r\n", "[\"a\",{\"b\":1}]",
        "<191>1 - - - - - -", "[1]",
    ];

    /// <inheritdoc/>
    public string Name => "syslog";

    /// <inheritdoc/>
    public int MostBytes => 18_000;

    /// <inheritdoc/>
    public IEnumerable<byte[]> Seeds =>
    [
        .. Texts.Select(Encoding.UTF8.GetBytes),
        [.. Encoding.ASCII.GetBytes($"17000 <13>{new string('a', 17_000)}<14>b\n")],
        [.. Encoding.ASCII.GetBytes($"<13>{new string('a', 17_000)}\n<14>b\n")],
    ];

    /// <inheritdoc/>
    public IEnumerable<string> Words =>
    [
        "<13>", "<191>", "<192>", "1 ", "- ", "-", "[", "]", "\"", "\\", "\n", "\r", "\0", " ", "10 <", "999999999 <", "9999999999 <",
        "0 <",
        "Oct 11 22:14:15 ", "2026-11-28T22:14:15Z ", "host ", "tag: ", "\u00ef\u00bb\u00bf", "{", "}", ",", "\\ud800",
    ];

    /// <inheritdoc/>
    public long MemoryFor(int length) => 512 * 1024 + (400L * length);

    /// <inheritdoc/>
    public void Run(ReadOnlyMemory<byte> input)
    {
        var whole = default(string);
        foreach (var ends in Splits.Of(input))
        {
            var messages = Messages(input, ends);
            Invariant.Same(whole ??= messages, messages, "messages are the same however they arrive");
        }

        var lines = LogLineBody.LinesOf(input).ToArray();
        Invariant.Holds(lines.Sum(static line => (long)line.Length) <= input.Length, "pushed lines are not longer than their body");
    }

    private static string Messages(ReadOnlyMemory<byte> input, int[] ends)
    {
        var framing = new SyslogFraming();
        var messages = new StringBuilder();
        void Take(ReadOnlyMemory<byte> message)
        {
            var text = SyslogMessage.TextOf(message.Span, out var host);
            Invariant.Holds(text.Length <= message.Length, "a text is a part of its message");
            Invariant.Holds(host is null || host.All(static letter => letter is > ' ' and < '\u007f'),
                "a host is printable and has no blank");
            messages.Append(host).Append('|').Append(Encoding.Latin1.GetString(text)).Append('|');
        }

        var at = 0;
        foreach (var end in ends)
        {
            while (at < end)
            {
                var free = framing.Free;
                Invariant.Holds(!free.IsEmpty, "there is always room for more");
                var count = Math.Min(free.Length, end - at);
                input.Slice(at, count).CopyTo(free);
                framing.Advance(count, Take);
                at += count;
            }
        }

        framing.End(Take);
        return messages.ToString();
    }
}
