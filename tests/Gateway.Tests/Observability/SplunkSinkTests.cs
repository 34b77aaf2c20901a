using System.Diagnostics;
using System.Text.Json;
using Gateway.Observability.Logging;
using Gateway.Tests.Support;
using Serilog.Events;
using Serilog.Parsing;
using Xunit;

namespace Gateway.Tests.Observability;

[Trait("kind", "socket")]
public sealed class SplunkSinkTests
{
    [Fact]
    public async Task Lines_ArriveInBatchesWithTheToken()
    {
        await using var splunk = await Receiver.StartAsync();
        await using (var sink = new SplunkSink(splunk.Url, "t0ken", TimeProvider.System))
        {
            for (var i = 0; i < 1200; i++)
            {
                sink.Emit(Line(i));
            }
        }

        Assert.All(splunk.All, static call => Assert.Equal("/services/collector/event", call.Path));
        Assert.All(splunk.All, static call => Assert.Equal("Splunk t0ken", call.Authorization));
        Assert.Equal(3, splunk.All.Count);
        var lines = splunk.All
            .SelectMany(static call => call.Text.Split("\n}\n", StringSplitOptions.RemoveEmptyEntries))
            .Select(static l => JsonDocument.Parse(l + "}").RootElement)
            .ToArray();
        Assert.Equal(1200, lines.Length);
        Assert.Equal("gateway:json", lines[0].GetProperty("sourcetype").GetString());
        Assert.Equal("Line 0 \u001b.", lines[0].GetProperty("event").GetProperty("message").GetString());
        Assert.Equal(1767225600.5m, lines[0].GetProperty("time").GetDecimal());
    }

    [Fact]
    public async Task Splunk_FailsTwice_GetsTheLinesAtTheThirdAttempt()
    {
        await using var splunk = await Receiver.StartAsync(static (n, context) => Receiver.Status(context, n < 3 ? 503 : 200));
        await using var sink = new SplunkSink(splunk.Url, "t", TimeProvider.System);

        sink.Emit(Line(7));

        await Eventually.BeTrueAsync(() => splunk.All.Count == 3, TimeSpan.FromSeconds(30), "three attempts");
        Assert.All(splunk.All, static call => Assert.Contains("Line 7", call.Text, StringComparison.Ordinal));
        Assert.Equal(0, sink.Dropped);
    }

    [Fact]
    public async Task Splunk_RefusesTheToken_LinesAreDroppedCountedAndTold()
    {
        await using var splunk = await Receiver.StartAsync(static (_, context) => Receiver.Status(context, 403));
        await using var sink = new SplunkSink(splunk.Url, "wrong", TimeProvider.System);

        sink.Emit(Line(1));

        await Eventually.BeTrueAsync(() => sink.Dropped == 1, TimeSpan.FromSeconds(30), "the line is dropped");
        await Eventually.BeTrueAsync(
            () => sink.Alarm?.Contains("403", StringComparison.Ordinal) == true,
            TimeSpan.FromSeconds(30),
            "an alarm");
        Assert.Single(splunk.All);
    }

    [Fact]
    public async Task Splunk_NeverAnswers_NobodyWaitsAndTheEndComesSoon()
    {
        await using var splunk =
            await Receiver.StartAsync(static (_, context) => Task.Delay(
                Timeout.InfiniteTimeSpan,
                TimeProvider.System,
                context.RequestAborted));
        var sink = new SplunkSink(splunk.Url, "t", TimeProvider.System);
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < 30_000; i++)
        {
            sink.Emit(Line(i));
        }

        var emitted = Stopwatch.GetElapsedTime(began);
        await sink.DisposeAsync();

        Assert.True(emitted < TimeSpan.FromSeconds(2), $"Emitting took {emitted}.");
        Assert.InRange(sink.Dropped, 19_000, 30_000);
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(10));
    }

    private static LogEvent Line(int number) => new(
        new DateTimeOffset(2026, 1, 1, 0, 0, 0, 500, TimeSpan.Zero),
        LogEventLevel.Information,
        null,
        new MessageTemplateParser().Parse("Line {Number} {Odd}."),
        [new LogEventProperty("Number", new ScalarValue(number)), new LogEventProperty("Odd", new ScalarValue("\u001b"))]);
}
