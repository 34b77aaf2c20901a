using System.Collections.Frozen;
using System.Text;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;
using Gateway.Fuzzing.Engine;
using Gateway.Health.Signals;

namespace Gateway.Fuzzing.Targets;

/// <summary>
/// Pages of metrics, as Prometheus' text or JSON, read one after the other (a byte 1E between them) and held against conditions: nothing
/// that is not a number decides, and what forecasts get is finite.
/// </summary>
internal sealed class MetricsTarget : IFuzzTarget
{
    private const byte Next = 0x1E;

    private static readonly SignalCondition[] Conditions =
    [
        Condition("cpu > 0.9 for 1s"),
        Condition("rate(errors_total{code=\"5\"}[10s]) > 5"),
        Condition("quantile(0.99, latency[10s]) != 0.5"),
        Condition("quantile(0, latency[10s]) < 0.5"),
        Condition("queue.depth >= 100 and cpu <= 1"),
    ];

    private static readonly string[] Texts =
    [
        "# HELP cpu x\ncpu 0.95\nerrors_total{code=\"5\",path=\"/a\"} 10 1700000000\n"
        + "\u001ecpu 1\nerrors_total{code=\"5\",path=\"/a\"} 90\n",
        "latency_bucket{le=\"0.1\"} 1\nlatency_bucket{le=\"+Inf\"} 2\n\u001elatency_bucket{le=\"0.1\"} 5\nlatency_bucket{le=\"+Inf\"} 9\n",
        "latency_bucket{le=\"-Infinity\"} 0\nlatency_bucket{le=\"+Inf\"} 0\n"
        + "\u001elatency_bucket{le=\"-Infinity\"} 1\nlatency_bucket{le=\"+Inf\"} 9\n",
        "latency_bucket{le=\"-Infinity\"} 0\nlatency_bucket{le=\"0.5\"} 0\nlatency_bucket{le=\"+Inf\"} 0\n"
        + "\u001elatency_bucket{le=\"-Infinity\"} 1\n"
        + "latency_bucket{le=\"0.5\"} 9\nlatency_bucket{le=\"+Inf\"} 9\n",
        "{\"cpu\":0.5,\"queue\":{\"depth\":101},\"errors_total\":1}\u001e{\"cpu\":true,\"queue\":{\"depth\":1e2}}\u001e{\"cpu\":1e400}",
        "\uFEFFcpu{a=\"b\\\"\\n\\\\c\"} +Inf\ncpu NaN\ncpu -Inf\ncpu 1e308\n",
    ];

    private readonly FrozenSet<string> _names = MetricsText.NamesOf(Conditions);

    /// <inheritdoc/>
    public string Name => "metrics";

    /// <inheritdoc/>
    public int MostBytes => 2048;

    /// <inheritdoc/>
    public IEnumerable<byte[]> Seeds => Texts.Select(Encoding.UTF8.GetBytes);

    /// <inheritdoc/>
    public IEnumerable<string> Words =>
    [
        "cpu", "cpu 1\n", "errors_total{code=\"5\"} ", "latency_bucket{le=\"", "\"} ", "+Inf", "-Inf", "-Infinity", "NaN", "1e308",
        "-1e308", "1e400", "\n",
        "\u001e", "{", "}", "\"", "\\", "=", ",", "#", "{\"cpu\":", "{\"queue\":{\"depth\":", "[", "]", "\\ud800", "null", "true", " ",
        "\t", "\r\n",
        "\u00ef\u00bb\u00bf",
    ];

    /// <inheritdoc/>
    public long MemoryFor(int length) => 512 * 1024 + (800L * length);

    /// <inheritdoc/>
    public void Run(ReadOnlyMemory<byte> input)
    {
        var watches = Array.ConvertAll(Conditions, static condition => new ConditionWatch(condition, TimeSpan.FromSeconds(20)));
        var now = TimeSpan.FromMinutes(1);
        while (true)
        {
            var end = input.Span.IndexOf(Next);
            Read(end < 0 ? input : input[..end], watches, now += TimeSpan.FromSeconds(2));
            if (end < 0)
            {
                return;
            }

            input = input[(end + 1)..];
        }
    }

    private void Read(ReadOnlyMemory<byte> page, ConditionWatch[] watches, TimeSpan now)
    {
        try
        {
            var samples = MetricsText.Read(page, _names);
            Invariant.Holds(samples.Length <= PrometheusReader.MostSamples, "series are bounded");
            Invariant.Holds(samples.All(sample => _names.Contains(sample.Name)), "nothing is kept that no condition names");
            foreach (var watch in watches)
            {
                watch.Take(samples, now);
                Invariant.Holds(watch.Level is not { } level || double.IsFinite(level.Value), "what forecasts get is finite");
                Invariant.Holds(!watch.Value.Contains("NaN", StringComparison.Ordinal), "nothing that is not a number decides");
                Invariant.Printable(watch.Value, "what is told is printable");
            }
        }
        catch (UnreadableMetricsException)
        {
            foreach (var watch in watches)
            {
                watch.Miss();
            }
        }
    }

    private static SignalCondition Condition(string text) =>
        SignalConditionText.Parse(text, out var problem) ?? throw new InvalidOperationException(problem);
}
