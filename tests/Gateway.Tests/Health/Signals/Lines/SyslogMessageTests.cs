using System.Text;
using Gateway.Health.Signals.Lines;
using Xunit;

namespace Gateway.Tests.Health.Signals.Lines;

/// <summary>What of a syslog message is text, and which host it names; and messages over TCP, told apart.</summary>
[Trait("kind", "unit")]
public sealed class SyslogMessageTests
{
    [Theory]
    // RFC 5424, section 6.5.
    [InlineData(
        "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \uFEFF'su root' failed",
        "mymachine.example.com",
        "'su root' failed")]
    [InlineData("<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time", "192.0.2.1", "%% It's time")]
    [InlineData(
        "<165>1 2003-10-11T22:14:15.003Z h evntslog - ID47 [exampleSDID@32473 iut=\"3\"][b@1 c=\"]\\\"\\]\"] An application",
        "h",
        "An application")]
    [InlineData("<165>1 2003-10-11T22:14:15.003Z h evntslog - ID47 [exampleSDID@32473 iut=\"3\"]", "h", "")]
    [InlineData("<165>1 - - - - - - FATAL", null, "FATAL")]
    [InlineData("<165>1 - - - - - -", null, "")]
    // RFC 3164, section 5.4, and as programs write it.
    [InlineData(
        "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
        "mymachine",
        "su: 'su root' failed for lonvick on /dev/pts/8")]
    [InlineData("<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!", "10.0.0.99", "Use the BFG!")]
    [InlineData("<13>Feb  5 17:32:18 guide[42]: FATAL", null, "guide[42]: FATAL")]
    [InlineData("<13>Feb  5 17:32:18 guide: FATAL", null, "guide: FATAL")]
    [InlineData("<13>2026-02-05T17:32:18.123+01:00 guide-a guide: FATAL", "guide-a", "guide: FATAL")]
    [InlineData("<13>FATAL error", null, "FATAL error")]
    // Neither, or broken.
    [InlineData("FATAL error", null, "FATAL error")]
    [InlineData("<192>FATAL", null, "<192>FATAL")]
    [InlineData("<>FATAL", null, "<>FATAL")]
    [InlineData("<13", null, "<13")]
    [InlineData("<13>", null, "")]
    [InlineData("<13>1 ", null, "1")]
    [InlineData("<13>1 a b c", null, "1 a b c")]
    [InlineData("<13>1 - h - - - [broken \"] FATAL", null, "1 - h - - - [broken \"] FATAL")]
    [InlineData("<13>1 - h\u00e4h - - - - FATAL", null, "FATAL")]
    [InlineData("", null, "")]
    [InlineData("<13>Feb  5 17:32:18 ", null, "Feb  5 17:32:18")]
    [InlineData("<13>Feb  5 17:32:18 guide-a FATAL\r\n\0", "guide-a", "FATAL")]
    public void Message_OfEitherKind_HasItsTextAndHost(string message, string? host, string text)
    {
        var read = Encoding.UTF8.GetString(SyslogMessage.TextOf(Encoding.UTF8.GetBytes(message), out var named));
        Assert.Equal((text, host), (read, named));
    }

    [Fact]
    public void Message_OfAnyBytes_ThrowsNothing()
    {
        var random = new Random(7);
        const string alphabet = "<>[]\"\\1- :T\0aé";
        for (var i = 0; i < 50_000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(60)).Select(_ => alphabet[random.Next(alphabet.Length)])]);
            SyslogMessage.TextOf(Encoding.UTF8.GetBytes((i % 2 == 0 ? "<13>" : "<13>1 ") + text), out _);
        }
    }

    [Theory]
    [InlineData("7 <13>one7 <13>two", "<13>one|<13>two")]
    [InlineData("<13>one\n<13>two\n", "<13>one|<13>two")]
    [InlineData("<13>one\r\n<13>two", "<13>one\r|<13>two")]
    [InlineData("9 <13>a\nb c<13>line\n7 <13>two", "<13>a\nb c|<13>line|<13>two")]
    [InlineData("7 <13>one\n7 <13>two\n\n", "<13>one|<13>two")]
    [InlineData("12 apples\n2026-01-01 FATAL\n", "12 apples|2026-01-01 FATAL")]
    [InlineData("007 <13>\n", "007 <13>")]
    [InlineData("12345678901234567890 <13>x\n<13>y\n", "12345678901234567890 <13>x|<13>y")]
    [InlineData("99 <13>cut", "<13>cut")]
    [InlineData("42", "42")]
    [InlineData("", "")]
    public void Stream_InPiecesOfAnySize_GivesTheSameMessages(string stream, string expected)
    {
        foreach (var size in (int[])[1, 2, 3, 7, 1000])
        {
            Assert.Equal(expected, string.Join('|', Read(Encoding.UTF8.GetBytes(stream), size)));
        }
    }

    // Around the length that is looked at: of a longer message the beginning counts, and the next one is whole.
    [Theory]
    [InlineData(16_000)]
    [InlineData(16_383)]
    [InlineData(16_384)]
    [InlineData(16_448)]
    [InlineData(16_449)]
    [InlineData(200_000)]
    public void Stream_WithALongMessage_KeepsItsBeginningAndTheNext(int length)
    {
        var text = "<13>" + new string('x', length - 4);
        foreach (var size in (int[])[1000, 70_000])
        {
            string[] streams = [$"{length} {text}7 <13>two", $"{text}\n<13>two\n"];
            foreach (var stream in streams)
            {
                var messages = Read(Encoding.UTF8.GetBytes(stream), size);
                Assert.Equal(2, messages.Count);
                Assert.StartsWith(messages[0], text, StringComparison.Ordinal);
                Assert.InRange(messages[0].Length, Math.Min(length, 16 * 1024), Math.Min(length, (16 * 1024) + 64));
                Assert.Equal("<13>two", messages[1]);
            }
        }
    }

    private static List<string> Read(byte[] stream, int size)
    {
        var messages = new List<string>();
        var framing = new SyslogFraming();
        for (var at = 0; at < stream.Length;)
        {
            var free = framing.Free;
            Assert.False(free.IsEmpty);
            var count = Math.Min(Math.Min(size, free.Length), stream.Length - at);
            stream.AsMemory(at, count).CopyTo(free);
            framing.Advance(count, message => messages.Add(Encoding.UTF8.GetString(message.Span)));
            at += count;
        }

        framing.End(message => messages.Add(Encoding.UTF8.GetString(message.Span)));
        return messages;
    }
}
