using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using Gateway.Health.Signals;
using Xunit;

namespace Gateway.Tests.Health.Signals;

/// <summary>Metrics as destinations write them, and as strangers might.</summary>
[Trait("kind", "unit")]
public sealed class MetricsTextTests
{
    private static readonly FrozenSet<string> Wanted = new[]
    {
        "cpu",
        "errors_total",
        "queue.depth",
        "ready",
        "checks.1.ms",
        "latency_bucket"
    }.ToFrozenSet(StringComparer.Ordinal);

    [Theory]
    [InlineData("cpu 0.5\n", "cpu 0.5")]
    [InlineData("cpu 0.5", "cpu 0.5")]
    [InlineData("  cpu\t0.5 1700000000000\r\n", "cpu 0.5")]
    [InlineData("# HELP cpu of it\n# TYPE cpu gauge\ncpu 1e-3\nother 4\n", "cpu 0.001")]
    [InlineData("errors_total{code=\"500\",path=\"/a b\"} 7\nerrors_total{code=\"404\",} "
        + "2\n", "errors_total{code=500,path=/a b} 7; errors_total{code=404} 2")]
    [InlineData("errors_total {code = \"500\"} 7 # {trace_id=\"x\"} 1\n# EOF\n", "errors_total{code=500} 7")]
    [InlineData("errors_total{msg=\"a\\\"b\\\\n}\"} 7\n", "errors_total{msg=a\"b\\n}} 7")]
    [InlineData("cpu +Inf\ncpu -Inf\ncpu NaN\n", "cpu Infinity; cpu -Infinity; cpu NaN")]
    [InlineData("cpu\ncpu high\ncpu{ 3\ncpu{a=\"b 3\ncpu{a=b} 3\n{} 3\n 3\ncpu 2\n", "cpu 2")]
    [InlineData("CPU 3\ncpu_x 3\ncp 3\ncp\u00fc 3\n", "")]
    [InlineData("{\"queue\":{\"depth\":3,\"max\":9},\"ready\":true,\"checks\":[{\"ms\":1},{\"ms\":2.5}]}", "queue.depth 3; ready 1; "
        + "checks.1.ms 2.5")]
    [InlineData("\uFEFF \n{\"ready\":false,\"cpu\":\"high\",\"queue\":null}", "ready 0")]
    [InlineData("{\"queue\":{\"depth\":3", "")]
    [InlineData("{\"\\ud800\":1,\"cpu\":1}", "")]
    [InlineData("<html>not found</html>", "")]
    [InlineData("", "")]
    public void Read_Text_GivesTheWantedValues(string text, string expected) =>
        Assert.Equal(expected, Words(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Read_AnyBytes_IsBoundedAndThrowsNothing()
    {
        var many =
            Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 10_000).Select(static i =>
                $"cpu{{i=\"{i.ToString(CultureInfo.InvariantCulture)}\"}} 1\n")));
        Assert.Throws<UnreadableMetricsException>(() => MetricsText.Read(many, Wanted));
        var lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("a 1\n", 200_000)) + "cpu 1\n");
        Assert.Single(MetricsText.Read(lines, Wanted));
        Assert.Empty(MetricsText.Read(Encoding.UTF8.GetBytes("cpu{a=\"" + new string('x', 20_000) + "\"} 1"), Wanted));
        Assert.Empty(MetricsText.Read(Encoding.UTF8.GetBytes(new string('[', 1_000_000)), Wanted));
        var random = new Random(5);
        for (var i = 0; i < 2_000; i++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            _ = MetricsText.Read(i % 2 == 0 ? bytes : [.. "cpu{"u8, .. bytes, .. "\n"u8], Wanted);
        }
    }

    private static string Words(byte[] text) => string.Join("; ", MetricsText.Read(text, Wanted).Select(static sample => string.Create(
        CultureInfo.InvariantCulture,
        $"{sample.Name}"
            + $"{(sample.Labels.IsEmpty
                ? ""
                : $"{{{string.Join(',', sample.Labels.Select(static label => $"{label.Key}={label.Value}"))}}}")} {sample.Value}")));
}
