using System.Globalization;
using System.Text;
using Gateway.Configuration.Values;
using Gateway.Health.Signals;
using Xunit;

namespace Gateway.Tests.Health.Signals;

/// <summary>From readings of metrics to whether a condition holds.</summary>
[Trait("kind", "unit")]
public sealed class ConditionWatchTests
{
    // A reading every 5 s: a page of metrics, "-" for one that says nothing, "!" for one that could not be made. After each:
    // F fires, c clear, ? unknown.
    [Theory]
    [InlineData("cpu > 0.9", "cpu 0.5|cpu 0.95|cpu 0.5", "cFc")]
    [InlineData("cpu > 0.9 for 10s", "cpu 1|cpu 1|cpu 1|cpu 0|cpu 0|cpu 0|cpu 0", "ccFFFcc")]
    [InlineData("cpu > 0.9 for 10s", "cpu 1|cpu 1|cpu 0|cpu 1|cpu 1|cpu 1", "cccccF")]
    [InlineData("cpu > 0.9 for 10s", "cpu 1|cpu 1|!|cpu 1|cpu 1|cpu 1", "cccccF")]
    [InlineData("cpu > 0.9 for 10s", "cpu 1|cpu 1|-|cpu 1|cpu 1|cpu 1", "cccccF")]
    [InlineData("cpu > 0.9", "-|!|-", "???")]
    [InlineData("cpu > 0.9 for 10s", "cpu 1|cpu 1|cpu 1|!|!|cpu 0|cpu 0|cpu 0", "ccFFFFFc")]
    [InlineData("cpu > 0.9 for 10s", "cpu 1|cpu 1|cpu 1|!|!|!|!|cpu 0", "ccFFFFFc")]
    [InlineData("cpu > 0.9 for 10s", "cpu 1|cpu 1|cpu 1|-|-|-|-|cpu 1|cpu 1|cpu 1", "ccFFFFFccF")]
    [InlineData("cpu > 0.9", "cpu NaN|cpu 1", "?F")]
    [InlineData("cpu > 0.9", "cpu{core=\"1\"} 0.1;cpu{core=\"2\"} 1;cpu{core=\"3\"} 0.1", "F")]
    [InlineData("cpu{core=\"1\"} > 0.9", "cpu{core=\"1\"} 0.1;cpu{core=\"2\"} 1", "c")]
    [InlineData("cpu > 0.9 and q > 3", "cpu 1;q 4|cpu 1;q 2|cpu 0|cpu 1|q 1", "Fcccc")]
    [InlineData("rate(e[1m]) > 5", "e 100|e 120|e 160|e 165", "?cFc")]
    [InlineData("rate(e[1m]) >= 4", "e{c=\"1\"} 0;e{c=\"2\"} 100|e{c=\"1\"} 10;e{c=\"2\"} 110", "?F")]
    [InlineData("rate(e[1m]) > 1", "e 1000|e 3|e 6", "?cc")]
    [InlineData("rate(e[10s]) > 1", "e 0|e 50|e 50|e 50|e 50", "?FFcc")]
    [InlineData("rate(e[1m]) > 1", "e 0|!|e 50|e 100", "???F")]
    [InlineData("quantile(0.9, l[1m]) > "
        + "0.5", "l_bucket{le=\"0.1\"} 5;l_bucket{le=\"1\"} 5;l_bucket{le=\"+Inf\"} 5|l_bucket{le=\"0.1\"} 5;l_bucket{le=\"1\"} "
        + "15;l_bucket{le=\"+Inf\"} 15", "?F")]
    [InlineData("quantile(0.9, l[1m]) > "
        + "0.5", "l_bucket{le=\"0.1\"} 5;l_bucket{le=\"+Inf\"} 5|l_bucket{le=\"0.1\"} 5;l_bucket{le=\"+Inf\"} 5", "??")]
    // A bucket below all numbers is none, and what is beyond all numbers is not compared.
    [InlineData("quantile(0.9, l[1m]) < "
        + "9", "l_bucket{le=\"-Infinity\"} 0;l_bucket{le=\"0.5\"} 0;l_bucket{le=\"+Inf\"} 0|l_bucket{le=\"-Infinity\"} "
        + "1;l_bucket{le=\"0.5\"} 9;l_bucket{le=\"+Inf\"} 9", "?F")]
    [InlineData("quantile(0.9, l[1m]) != "
        + "9", "l_bucket{a=\"1\",le=\"1\"} 0;l_bucket{a=\"2\",le=\"1\"} 0;l_bucket{a=\"1\",le=\"+Inf\"} 0;l_bucket{a=\"2\",le=\"+Inf\"} "
        + "0|l_bucket{a=\"1\",le=\"1\"} 1e308;l_bucket{a=\"2\",le=\"1\"} 1e308;l_bucket{a=\"1\",le=\"+Inf\"} "
        + "1e308;l_bucket{a=\"2\",le=\"+Inf\"} 1e308", "??")]
    public void Readings_OneAfterAnother_FireAsTheConditionSays(string condition, string readings, string expected)
    {
        var parsed = SignalConditionText.Parse(condition, out _)!;
        var watch = new ConditionWatch(parsed, TimeSpan.FromSeconds(20));
        var names = MetricsText.NamesOf([parsed]);
        var states = new StringBuilder();
        var now = TimeSpan.FromMinutes(5);
        foreach (var reading in readings.Split('|'))
        {
            if (reading is "!")
            {
                watch.Miss();
            }
            else
            {
                watch.Take(MetricsText.Read(Encoding.UTF8.GetBytes(reading.Replace(';', '\n')), names), now);
            }

            states.Append(watch.State switch { SignalState.Firing => 'F', SignalState.Clear => 'c', _ => '?' });
            now += TimeSpan.FromSeconds(5);
        }

        Assert.Equal(expected, states.ToString());
    }

    /// <summary>A single comparison with a limit is a level that forecasts can follow.</summary>
    [Theory]
    [InlineData("memory > 0.9", "memory", 0.9, false)]
    [InlineData("memory <= 3", "memory", 3.0, true)]
    [InlineData("infinite > 0.9", null, null, false)]
    [InlineData("memory == 1", null, null, false)]
    [InlineData("memory > 0.9 and q > 3", null, null, false)]
    public void Level_OfACondition_IsItsNumberAndLimit(string condition, string? name, double? limit, bool falls)
    {
        var parsed = SignalConditionText.Parse(condition, out _)!;
        var watch = new ConditionWatch(parsed, TimeSpan.FromSeconds(20));
        watch.Take(MetricsText.Read("memory 0.5\nq 1\ninfinite +Inf"u8.ToArray(), MetricsText.NamesOf([parsed])), TimeSpan.FromMinutes(5));

        Assert.Equal((name, limit, falls), (watch.Level?.Name, watch.Level?.Limit, watch.Level?.Falls ?? false));
        Assert.Equal(name is null ? null : 0.5, watch.Level?.Value);
    }

    // Events come in the first minute alone; read every second, a window of ten minutes knows of them for as long.
    [Theory]
    [InlineData("rate(e[10m]) > 0", 1.0, 10, true)]
    [InlineData("rate(e[10m]) > 0", 1.0, 12, false)]
    [InlineData("rate(e[1m]) > 0", 0.2, 1, true)]
    [InlineData("rate(e[1m]) > 0", 0.2, 3, false)]
    public void Window_OfFastReadings_IsKeptWhole(string condition, double every, int minutes, bool holds)
    {
        var parsed = SignalConditionText.Parse(condition, out _)!;
        var watch = new ConditionWatch(parsed, TimeSpan.FromSeconds(20));
        var names = MetricsText.NamesOf([parsed]);
        for (var now = 0.0; now < minutes * 60; now += every)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"e {Math.Min(now, 50):0}");
            watch.Take(MetricsText.Read(Encoding.UTF8.GetBytes(text), names), TimeSpan.FromSeconds(now));
        }

        Assert.Equal(holds, watch.State == SignalState.Firing);
    }

    // Buckets as limit:count; the values are what promtool gives for histogram_quantile.
    [Theory]
    [InlineData(0.5, "0.1:50 1:100 Inf:100", 0.1)]
    [InlineData(0.75, "0.1:50 1:100 Inf:100", 0.55)]
    [InlineData(0.25, "0.1:50 1:100 Inf:100", 0.05)]
    [InlineData(0.99, "0.1:50 1:60 Inf:100", 1.0)]
    [InlineData(0, "0.1:50 1:60 Inf:100", 0.0)]
    [InlineData(1, "0.1:50 1:100 Inf:100", 1.0)]
    [InlineData(0.9, "0.1:0 1:0 Inf:0", null)]
    [InlineData(0.9, "0.1:5 1:6", null)]
    [InlineData(0.9, "Inf:6", null)]
    [InlineData(0.9, "", null)]
    public void Quantile_OfBuckets_IsLinearInside(double quantile, string buckets, double? expected)
    {
        KeyValuePair<double, double>[] read =
        [
            .. buckets.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(static one => one.Split(':'))
                .Select(static parts => KeyValuePair.Create(
                parts[0] is "Inf" ? double.PositiveInfinity : double.Parse(parts[0], CultureInfo.InvariantCulture),
                double.Parse(parts[1], CultureInfo.InvariantCulture))),
        ];
        var value = HistogramQuantile.Of(quantile, read);
        Assert.Equal(expected is null, value is null);
        Assert.Equal(expected ?? 0, value ?? 0, 9);
    }

    [Fact]
    public void Value_OfWhatFires_NamesMetricsAndNumbersAlone()
    {
        var parsed = SignalConditionText.Parse("cpu > 0.9 and rate(e[1m]) > 1", out _)!;
        var watch = new ConditionWatch(parsed, TimeSpan.FromSeconds(20));
        var names = MetricsText.NamesOf([parsed]);
        watch.Take(MetricsText.Read("cpu 0.97123\ne{user=\"mallory\"} 3"u8.ToArray(), names), TimeSpan.FromSeconds(1));
        Assert.Equal("no data", watch.Value);
        watch.Take(MetricsText.Read("cpu 0.97123\ne{user=\"mallory\"} 33"u8.ToArray(), names), TimeSpan.FromSeconds(11));
        Assert.Equal("cpu 0.9712, rate of e 3", watch.Value);
    }
}
