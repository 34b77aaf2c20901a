using System.Text;
using Gateway.Configuration.Model;
using Gateway.Fuzzing.Engine;
using Gateway.Health.Model;
using Gateway.Health.Signals;
using Gateway.Health.Signals.Lines;

namespace Gateway.Fuzzing.Targets;

/// <summary>
/// Lines of logs, plain or JSON, and records of the journal: bounded in what is made of them, counted for destinations that exist alone,
/// and never repeated to an operator.
/// </summary>
internal sealed class LogLineTarget : IFuzzTarget
{
    private static readonly string[] Texts =
    [
        "2026-11-28 ERROR a-1 timeout after 5 s\nall is well\n", "{\"level\":\"error\",\"msg\":\"timeout\",\"host\":{\"name\":\"a-2\"}}",
        "{\"destination\":\"a-1\",\"error\":{\"code\":5,\"of\":[1,{\"a\":2}]}}\n"
        + "{\"MESSAGE\":\"timeout\",\"_HOSTNAME\":\"a-1\",\"UNIT\":\"b\"}",
        "{\"MESSAGE\":[116,105,109,101,111,117,116],\"__CURSOR\":\"s=1\"}",
    ];

    private static readonly Destination[] Destinations =
        [new("c", "primary", "a-1", new Uri("http://127.0.0.1:9")), new("c", "primary", "a-2", new Uri("http://127.0.0.2:9"))];

    private static readonly SignalConfig Signal = new()
    {
        Name = "timeouts",
        Pattern = @"(?:(?<destination>[\w.-]+) )?timeout|error\.code=5",
        Log = "/var/log/a",
        Then = SignalEffect.Suspect,
    };

    private readonly List<SignalReading> _readings = [];
    private readonly LineJudge _judge;

    // Its pattern is compiled once, as for a signal of the configuration.
    public LogLineTarget() => _judge = new LineJudge(Signal, static () => Destinations, _readings.Add, TimeProvider.System);

    /// <inheritdoc/>
    public string Name => "log-lines";

    /// <inheritdoc/>
    public int MostBytes => 1024;

    /// <inheritdoc/>
    public IEnumerable<byte[]> Seeds => Texts.Select(Encoding.UTF8.GetBytes);

    /// <inheritdoc/>
    public IEnumerable<string> Words =>
    [
        "timeout", "a-1 ", "error.code=5", "{", "}", "{\"", "\":", "\"a\":{", "\"destination\":", "\"instance\":", "\"host.name\":",
        "\"MESSAGE\":",
        "\"UNIT\":", "\"__CURSOR\":", "[1,2]", "\\ud800", "\\u0000", "\n", "\r", "\t", "null", "\u00ff", "\u00ef\u00bb\u00bf",
    ];

    /// <inheritdoc/>
    public long MemoryFor(int length) => 256 * 1024 + (1200L * length);

    /// <inheritdoc/>
    public void Run(ReadOnlyMemory<byte> input)
    {
        _readings.Clear();
        _judge.Look();
        Record(input);
        while (true)
        {
            var end = input.Span.IndexOf((byte)'\n');
            Line(end < 0 ? input : input[..end]);
            if (end < 0)
            {
                break;
            }

            input = input[(end + 1)..];
        }

        _judge.Report(static _ => true);
        Invariant.Holds(_readings.Count <= Destinations.Length, "each destination is told once");
        foreach (var reading in _readings)
        {
            Invariant.Holds(reading.Series is not { } series || double.IsFinite(series.Value), "what forecasts get is finite");
            Invariant.Printable(reading.Value, "what is told is printable");
        }
    }

    private void Line(ReadOnlyMemory<byte> line)
    {
        var text = LogLine.TextOf(line, out _);
        Invariant.Holds(text.Length <= (2 * LogTail.LongestLine) + (4 * line.Length), "a text is bounded");
        _judge.Take(line, source: null);
    }

    private void Record(ReadOnlyMemory<byte> line)
    {
        if (JournalRecord.Read(line) is { } record)
        {
            Invariant.Holds(record.Message.Length <= line.Length, "a message is not longer than its record");
            _judge.Take(record.Message, source: null, record.Host);
        }
    }
}
