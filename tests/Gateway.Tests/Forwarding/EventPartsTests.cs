using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Forwarding.Attempts;
using Gateway.Forwarding.EventStreams;
using Xunit;

namespace Gateway.Tests.Forwarding;

[Trait("kind", "unit")]
public class EventScannerTests
{
    [Theory]
    [InlineData("data: a\n\ndata: b\n\n", "data: a\n\n|data: b\n\n")]
    [InlineData("data: a\r\n\r\ndata: b\r\n\r\n", "data: a\r\n\r\n|data: b\r\n\r\n")]
    [InlineData("data: a\r\rdata: b\r\r", "data: a\r\r|data: b\r\r")]
    [InlineData("data: a\n\r\nx", "data: a\n\r\n")]
    [InlineData("\n\ndata: a\n\n", "\n|\n|data: a\n\n")]
    [InlineData("data: a\n", "")]
    public void TryFindEnd_EveryLineEnd_EndsAnEvent(string text, string events) =>
        Assert.Equal(events, string.Join('|', Events(Encoding.UTF8.GetBytes(text), [text.Length])));

    [Fact]
    public void TryFindEnd_CutAnywhere_FindsTheSameEvents()
    {
        var pieces = Gen.Elements("a", "data: x", "id: 1", ":", "\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "\r\r");
        var texts = pieces.ListOf().Select(static list => string.Concat(list));
        Prop.ForAll(texts.ToArbitrary(), Gen.Choose(1, 7).ToArbitrary(), static (text, step) =>
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            var whole = Events(bytes, [bytes.Length]);
            var split = Events(bytes, [.. Enumerable.Range(1, bytes.Length).Where(i => i % step == 0 || i == bytes.Length)]);
            // A CR at the very end of a piece ends its event: the LF that may follow is one more empty line, which says nothing.
            return Said(whole).SequenceEqual(Said(split), StringComparer.Ordinal);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("data: a\nid: 7\n\n", true, "7")]
    [InlineData("id:7\ndata:a\n\n", true, "7")]
    [InlineData("id:  7 \n\n", false, " 7 ")]
    [InlineData("data:\ndata: \n\n", false, null)]
    [InlineData(": data: a\n\n", false, null)]
    [InlineData("event: x\r\ndata: y\r\nid: 1\r\nid: 2\r\n\r\n", true, "2")]
    [InlineData("id: a\0b\ndata: x\n\n", true, null)]
    [InlineData("identity: 1\ndatabase: 2\n\n", false, null)]
    [InlineData("id: 1\nid\ndata: x\n\n", true, "")]
    [InlineData("data\nid:\n\n", false, "")]
    public void Read_Fields_AreUnderstood(string text, bool hasData, string? id)
    {
        var bytes = Encoding.UTF8.GetBytes(text);

        var fields = EventScanner.Read(bytes);

        Assert.Equal(hasData, fields.HasData);
        Assert.Equal(id, fields.Id is { } range ? Encoding.UTF8.GetString(bytes[range]) : null);
    }

    /// <summary>
    /// The examples of WHATWG HTML, section 9.2.6, and what its rules say of each: data and id of the events that are dispatched.
    /// </summary>
    public static TheoryData<string, string> Examples() => new()
    {
        {
        "data: This is the first message.\n\ndata: This is the second message, it\ndata: has two lines.\n\ndata: This is the third "
            + "message.\n\n", "+|+|+" },
        { "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n", "+|+|+" },
        { "data: YHOO\ndata: +2\ndata: 10\n\n", "+" },
        { ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event", "-|+1|+()" },
        { "data\n\ndata\ndata\n\ndata:", "-|-" },
        { "data:test\n\ndata: test\n\n", "+|+" },
        { "\uFEFFid: 7\ndata: behind a byte order mark\n\n", "+7" },
        { "\uFEFF\ndata: a\n\n", "-|+" },
    };

    [Theory]
    [MemberData(nameof(Examples))]
    public void Scanner_ExamplesOfTheSpecification_SameAtEachCutAndLineEnd(string example, string expected)
    {
        // In an order in which no CR comes before an LF, which together would be one end of a line.
        string[] ends = ["\n", "\r", "\r\n"];
        var lines = example.Split('\n');
        // Every line in one way, then each line in the next way in turn.
        foreach (var first in new[] { 0, 1, 2, 3, 4, 5 })
        {
            var text = string.Concat(lines.Select((line, i) => line
                + (i == lines.Length - 1 ? "" : ends[first < 3 ? first : (first + i) % 3])));
            var bytes = Encoding.UTF8.GetBytes(text);
            for (var cut = 0; cut <= bytes.Length; cut++)
            {
                Assert.Equal((expected, text), Understood(bytes, [cut, bytes.Length]));
            }

            Assert.Equal((expected, text), Understood(bytes, [.. Enumerable.Range(1, bytes.Length)]));
        }
    }

    /// <summary>
    /// What is understood by a reader that gets the bytes up to each of these ends in turn, and all the bytes that it has seen.
    /// </summary>
    private static (string Events, string Text) Understood(byte[] bytes, int[] ends)
    {
        var events = new List<string>();
        var start = 0;
        var from = 0;
        var mark = default(int?);
        foreach (var arrived in ends)
        {
            if (mark is null && EventScanner.MarkLength(bytes.AsSpan(0, arrived)) is { } length)
            {
                mark = length;
                from = length;
            }

            while (EventScanner.TryFindEnd(bytes.AsSpan(start..arrived), ref from, out var end))
            {
                var skipped = start == 0 ? mark ?? 0 : 0;
                var one = bytes.AsSpan(start, end)[skipped..];
                var fields = EventScanner.Read(one);
                // A line feed that came behind the carriage return of an empty line is an empty line of its own, and says nothing.
                if (!one.SequenceEqual("\n"u8) || start == 0)
                {
                    var id = fields.Id is not { } range ? "" : Encoding.UTF8.GetString(one[range]) is { Length: > 0 } some ? some : "()";
                    events.Add((fields.HasData ? "+" : "-") + id);
                }

                start += end;
            }
        }

        return (string.Join('|', events), Encoding.UTF8.GetString(bytes, 0, start)
            + Encoding.UTF8.GetString(bytes, start, bytes.Length - start));
    }

    private static IEnumerable<string> Said(IEnumerable<string> events) =>
        events.Select(static e => e.Replace("\r\n", "\n", StringComparison.Ordinal)
            .Replace('\r', '\n')
            .Trim('\n')).Where(static e => e.Length > 0);

    /// <summary>The events as a reader finds them that gets the bytes up to each of these ends in turn.</summary>
    private static List<string> Events(byte[] bytes, int[] ends)
    {
        var events = new List<string>();
        var start = 0;
        var from = 0;
        foreach (var arrived in ends)
        {
            while (EventScanner.TryFindEnd(bytes.AsSpan(start..arrived), ref from, out var end))
            {
                events.Add(Encoding.UTF8.GetString(bytes, start, end));
                start += end;
            }
        }

        return events;
    }
}

[Trait("kind", "unit")]
public class ResumePointTests
{
    [Theory]
    [InlineData("1 2 3", "1 2 3 4", "4", "numbers again from the start")]
    [InlineData("1 2 3", "4 5", "4 5", "numbers, honoured")]
    [InlineData("1 2 3", "5", "lost", "a hole in numbers that had none")]
    [InlineData("10 20", "20 30 45", "30 45", "numbers with steps")]
    [InlineData("a b c", "a b c d", "d", "names again from the start")]
    [InlineData("a b c", "d e", "d e", "names, honoured")]
    [InlineData("a b c", "b c d", "d", "names from a little before")]
    [InlineData("a b c", "c d", "d", "names from the last one")]
    public void Next_AfterAChange_RepeatsNothingAndLosesNothing(string before, string after, string expected, string because)
    {
        var point = new ResumePoint();
        foreach (var id in before.Split(' '))
        {
            Assert.Equal(ResumeStep.HandOn, point.Next(Encoding.UTF8.GetBytes(id)));
        }

        point.Resumed();
        var got = new List<string>();
        foreach (var id in after.Split(' '))
        {
            var step = point.Next(Encoding.UTF8.GetBytes(id));
            if (step == ResumeStep.Lost)
            {
                got.Add("lost");
                break;
            }

            if (step == ResumeStep.HandOn)
            {
                got.Add(id);
            }
        }

        Assert.True(string.Equals(expected, string.Join(' ', got), StringComparison.Ordinal), because);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\u0001b")]
    [InlineData("a\u007f")]
    public void Next_IdThatNoHeaderCarries_TakesThePositionBack(string id)
    {
        var point = new ResumePoint();
        point.Next("1"u8);

        Assert.Equal(ResumeStep.HandOn, point.Next(Encoding.UTF8.GetBytes(id)));
        Assert.Null(point.LastId);
    }

    [Fact]
    public void Next_ManyChanges_EachIdOnce()
    {
        var point = new ResumePoint();
        var got = new List<int>();
        for (var change = 0; change < 20; change++)
        {
            for (var id = 0; id < (change + 1) * 5; id++)
            {
                if (point.Next(Encoding.UTF8.GetBytes($"{id}")) == ResumeStep.HandOn)
                {
                    got.Add(id);
                }
            }

            point.Resumed();
        }

        Assert.Equal(Enumerable.Range(0, 100), got);
    }
}

[Trait("kind", "unit")]
public class EventSequenceTests
{
    [Theory]
    [InlineData("")]
    [InlineData("\uFEFF")]
    public void TakeFirst_TakenOnceMore_CountsEachIdOnce(string mark)
    {
        var contents = 0;
        var buffer = new EventBuffer();
        var events = new EventSequence(buffer, new ResumePoint(), () => contents++);
        Receive(buffer, mark + "id: 1\n\n");
        Assert.Equal(buffer.Length, events.TakeFirst(0));

        // The read that has the buffer brings more: the first event is still there.
        events.StartAgain();
        Receive(buffer, "id: 2\ndata: a\n\n");
        Assert.True(events.TryTake(out var count));

        Assert.Equal((buffer.Length, 1, "2"), (count, contents, events.LastId));
        buffer.Consume(count);
        events.Resumed();
        Receive(buffer, "id: 4\ndata: c\n\n");
        Assert.False(events.TryTake(out _), "Ids went up by one, and number 3 is missing.");
    }

    private static void Receive(EventBuffer buffer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        bytes.CopyTo(buffer.MakeRoom());
        buffer.Append(bytes.Length);
    }
}

[Trait("kind", "unit")]
public class SignalTests
{
    [Fact]
    public async Task Raise_FromManyThreads_NoWakeUpIsLost()
    {
        // Each raiser changes what the waiter looks at, then raises; one lost wake-up leaves the waiter asleep for ever.
        const int rounds = 20_000;
        var signal = new AsyncAutoResetEvent();
        var done = new int[2];
        var seen = 0;
        var raisers = Enumerable.Range(0, 2).Select(raiser => Task.Run(
            () =>
            {
                for (var i = 0; i < rounds; i++)
                {
                    Interlocked.Increment(ref done[raiser]);
                    signal.Raise();
                    // The next round waits until this one was seen, so that every signal matters.
                    var spin = default(SpinWait);
                    while (Volatile.Read(ref seen) < Volatile.Read(ref done[raiser]))
                    {
                        spin.SpinOnce(sleep1Threshold: -1);
                    }
                }
            },
            TestContext.Current.CancellationToken)).ToArray();
        var waiter = Task.Run(
            async () =>
            {
                while (Volatile.Read(ref done[0]) + Volatile.Read(ref done[1]) < rounds * 2)
                {
                    await signal.WaitAsync().ConfigureAwait(false);
                    Volatile.Write(ref seen, Math.Max(Volatile.Read(ref done[0]), Volatile.Read(ref done[1])));
                }

                Volatile.Write(ref seen, int.MaxValue);
            },
            TestContext.Current.CancellationToken);

        await Task.WhenAll([.. raisers, waiter]).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(rounds * 2, done.Sum());
    }
}
