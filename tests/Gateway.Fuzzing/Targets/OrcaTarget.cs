using System.Text;
using Gateway.Fuzzing.Engine;
using Gateway.Health.Signals;

namespace Gateway.Fuzzing.Targets;

/// <summary>Reports of load in a header: a utilization above 0 and a rate of 0 or more, both finite and bounded.</summary>
internal sealed class OrcaTarget : IFuzzTarget
{
    private const double Largest = 1_000_000;

    private static readonly string[] Texts =
    [
        "TEXT cpu_utilization=0.3, rps_fractional=10", "TEXT application_utilization:0.9,named_metrics.kv_cache_utilization=0.2",
        "JSON {\"cpu_utilization\": 0.3, \"rps_fractional\": 10.5}", "JSON {\"named_metrics\":{\"kv_cache_usage_perc\":0.5}}",
    ];

    /// <inheritdoc/>
    public string Name => "orca";

    /// <inheritdoc/>
    public int MostBytes => 4200;

    /// <inheritdoc/>
    public IEnumerable<byte[]> Seeds => Texts.Select(Encoding.ASCII.GetBytes);

    /// <inheritdoc/>
    public IEnumerable<string> Words =>
    [
        "TEXT ", "JSON ", "{", "}", "cpu_utilization", "application_utilization", "rps_fractional", "named_metrics",
        "kv_cache_utilization", "=",
        ":", ",", "NaN", "Infinity", "-Infinity", "1e308", "1e400", "-0", "1e-400", "\\ud800", "null", "\"", "[[[[[",
    ];

    /// <inheritdoc/>
    public long MemoryFor(int length) => 64 * 1024 + (64L * length);

    /// <inheritdoc/>
    public void Run(ReadOnlyMemory<byte> input)
    {
        if (!OrcaReport.TryParse(Encoding.Latin1.GetString(input.Span), out var report))
        {
            Invariant.Same(default, report, "what says nothing is nothing");
            return;
        }

        Invariant.Holds(report.Utilization is > 0 and <= Largest, "a utilization is above 0 and bounded");
        Invariant.Holds(report.RequestsASecond is >= 0 and <= Largest, "a rate is 0 or more and bounded");
    }
}
