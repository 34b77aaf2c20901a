using System.Text.Json;
using Gateway.Observability.Logging;
using Microsoft.Extensions.Logging;
using Serilog.Core;
using Serilog.Events;
using Xunit;

namespace Gateway.Tests.Observability;

[Trait("kind", "unit")]
public sealed partial class LogSetupTests
{
    [Fact]
    public void Text_ControlCharactersInAValue_StayOnTheLine()
    {
        var line = Write(LogShape.Text, static log => Told(log, "a\r\n2026-01-01 ERR forged\u001b[31m\u2028x"));
        Assert.Equal(2, line.Split('\n').Length);
        Assert.EndsWith(
            "WRN LogSetupTests 77 The path \"a\\u000d\\u000a2026-01-01 ERR forged\\u001b[31m\\u2028x\" came.\n",
            line,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Json_LongValue_IsCutAndParses()
    {
        var line = Write(LogShape.Json, static log => Told(log, new string('x', 10_000)));
        var json = JsonDocument.Parse(line).RootElement;
        Assert.Equal(LogText.MaxValue + 1, json.GetProperty("values").GetProperty("Path").GetString()!.Length);
        Assert.InRange(line.Length, 4096, 5000);
        Assert.Equal(77, json.GetProperty("event").GetInt32());
        Assert.Equal("warn", json.GetProperty("level").GetString());
    }

    [Fact]
    public void Ecs_Exception_HasTheFieldsElasticsearchExpects()
    {
        var json = JsonDocument.Parse(Write(LogShape.Ecs, static log => Broke(log, new InvalidOperationException("no\nway")))).RootElement;
        Assert.Equal("error", json.GetProperty("log.level").GetString());
        Assert.Equal("78", json.GetProperty("event.code").GetString());
        Assert.Equal("Broke", json.GetProperty("event.action").GetString());
        Assert.Equal("no\nway", json.GetProperty("error.message").GetString());
        Assert.Equal("System.InvalidOperationException", json.GetProperty("error.type").GetString());
        Assert.Equal("8.11.0", json.GetProperty("ecs.version").GetString());
        Assert.True(json.TryGetProperty("@timestamp", out _));
        Assert.EndsWith("LogSetupTests", json.GetProperty("log.logger").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void File_FolderMissing_IsMadeAndWritten()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var file = Path.Combine(folder.FullName, "logs", "gateway.log");
            using (var setup = new LogSetup(new() { File = file }, new Lines(LogShape.Text)))
            {
                Told(setup.Factory.CreateLogger<LogSetupTests>(), "here");
            }

            Assert.Contains("The path \"here\" came.", File.ReadAllText(file), StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Log_SinkStuck_CallersGoOnAndDropsAreCounted()
    {
        using var release = new ManualResetEventSlim();
        var sink = new Lines(LogShape.Text) { Gate = release };
        var setup = new LogSetup(new() { Buffer = 10 }, sink);
        var log = setup.Factory.CreateLogger<LogSetupTests>();

        for (var i = 0; i < 1000; i++)
        {
            Told(log, "x");
        }

        Assert.InRange(setup.Dropped, 980, 990);
        release.Set();
        setup.Dispose();
        Assert.Equal(1000, sink.Count + setup.Dropped);
    }

    [Fact]
    public void Level_ChangedWhileRunning_AppliesAtOnce()
    {
        var sink = new Lines(LogShape.Text);
        using (var setup = new LogSetup(new() { Level = LogLevel.Error }, sink))
        {
            var log = setup.Factory.CreateLogger<LogSetupTests>();
            Told(log, "first");
            setup.SetLevel(LogLevel.Warning);
            Told(log, "second");
        }

        Assert.DoesNotContain("first", sink.Text, StringComparison.Ordinal);
        Assert.Contains("second", sink.Text, StringComparison.Ordinal);
    }

    private static string Write(LogShape shape, Action<ILogger> act)
    {
        var sink = new Lines(shape);
        using (var setup = new LogSetup(new() { Shape = shape }, sink))
        {
            act(setup.Factory.CreateLogger<LogSetupTests>());
        }

        return sink.Text;
    }

    [LoggerMessage(77, LogLevel.Warning, "The path \"{Path}\" came.")]
    private static partial void Told(ILogger log, string path);

    [LoggerMessage(78, LogLevel.Error, "It broke.")]
    private static partial void Broke(ILogger log, Exception exception);

    private sealed class Lines(LogShape shape) : ILogEventSink
    {
        private readonly StringWriter _text = new();

        public ManualResetEventSlim? Gate { get; init; }

        public int Count { get; private set; }

        public string Text => _text.ToString();

        public void Emit(LogEvent logEvent)
        {
            Gate?.Wait();
            Count++;
            LogSetup.Formatter(shape).Format(logEvent, _text);
        }
    }
}
