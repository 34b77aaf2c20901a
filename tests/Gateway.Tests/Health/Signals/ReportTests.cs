using System.Globalization;
using Gateway.Health.Signals;
using Xunit;

namespace Gateway.Tests.Health.Signals;

/// <summary>What destinations report of their load, in ORCA's header and in the words of HAProxy's agent check.</summary>
[Trait("kind", "unit")]
public sealed class ReportTests
{
    [Theory]
    [InlineData("0%")]
    [InlineData("0\0%")]
    [InlineData("00000000000000000000000000000000000000000000%")]
    public void Agent_WeightOfZero_IsToldInThoseWords(string line) =>
        Assert.Equal("the agent says 0%", AgentWords.None.Take(line)?.Text);

    [Theory]
    [InlineData("TEXT cpu_utilization=0.3", 0.3, 0)]
    [InlineData("TEXT cpu_utilization=0.3, mem_utilization=0.8,rps_fractional=12.5", 0.3, 12.5)]
    [InlineData("text application_utilization=1.4,cpu_utilization=0.3", 1.4, 0)]
    [InlineData("TEXT application_utilization=0,cpu_utilization=0.3", 0.3, 0)]
    [InlineData("TEXT named_metrics.kv_cache_usage_perc=0.4", 0.4, 0)]
    [InlineData("JSON {\"cpu_utilization\": 0.3, \"rps_fractional\": 10}", 0.3, 10)]
    [InlineData("JSON {\"named_metrics\": {\"kv_cache_utilization\": 0.4}, \"utilization\": {\"x\": 1}}", 0.4, 0)]
    [InlineData("TEXT mem_utilization=0.8", null, 0)]
    [InlineData("TEXT cpu_utilization=0", null, 0)]
    [InlineData("TEXT cpu_utilization=-1", null, 0)]
    [InlineData("TEXT cpu_utilization=1e7", null, 0)]
    [InlineData("TEXT cpu_utilization=0.3, rps_fractional=1e308", 0.3, 0)]
    [InlineData("TEXT cpu_utilization=NaN", null, 0)]
    [InlineData("TEXT cpu_utilization=0.3, broken", null, 0)]
    [InlineData("cpu_utilization=0.3", null, 0)]
    [InlineData("JSON [0.3]", null, 0)]
    [InlineData("JSON {\"cpu_utilization\": \"high\"}", null, 0)]
    [InlineData("JSON {\"cpu_utilization\": 0.3", null, 0)]
    [InlineData("JSON {\"\\ud800\": 1, \"cpu_utilization\": 0.3}", null, 0)]
    [InlineData("JSON {\"named_metrics\": {\"\\udfff\": 1}}", null, 0)]
    [InlineData("BIN CYmZ", null, 0)]
    [InlineData("TEXT", null, 0)]
    [InlineData("JSON", null, 0)]
    [InlineData("", null, 0)]
    [InlineData(null, null, 0)]
    public void Orca_Header_IsReadOrIgnored(string? value, double? utilization, double rate)
    {
        Assert.Equal(utilization is not null, OrcaReport.TryParse(value, out var report));
        Assert.Equal(utilization ?? 0, report.Utilization);
        Assert.Equal(rate, report.RequestsASecond);
    }

    [Fact]
    public void Orca_LongHeader_IsIgnored() =>
        Assert.False(OrcaReport.TryParse("TEXT cpu_utilization=0.3,"
            + string.Join(',', Enumerable.Range(0, 2_000).Select(static i => $"a{i.ToString(CultureInfo.InvariantCulture)}=1")), out _));

    // Lines one after another; then the effect and the share of the weight.
    [Theory]
    [InlineData("75%", "Weight", 0.75)]
    [InlineData("up 75%", "Weight", 0.75)]
    [InlineData("up,ready,50%\tmaxconn:30", "Weight", 0.5)]
    [InlineData("250%", "Weight", 1.0)]
    [InlineData("0%", "Drain", 0.0)]
    [InlineData("drain", "Drain", null)]
    [InlineData("MAINT", "Drain", null)]
    [InlineData("drain|up 50%", "Drain", 0.5)]
    [InlineData("drain|ready", "Weight", null)]
    [InlineData("75%|down # disk is full", "Drain", 0.75)]
    [InlineData("fail|up", "Weight", null)]
    [InlineData("stopped#by an operator|ready", "Drain", null)]
    [InlineData("75%,maxconn:30,maint,down", "Drain", 0.75)]
    [InlineData("up # 10%", "Weight", null)]
    [InlineData("hello|", null, null)]
    [InlineData("75 %", null, null)]
    [InlineData("-5%", null, null)]
    [InlineData("# up", null, null)]
    public void Agent_Lines_ComeTo(string lines, string? effect, double? weight)
    {
        var words = AgentWords.None;
        var isKnown = false;
        foreach (var line in lines.Split('|'))
        {
            isKnown |= words.Take(line) is not null;
            words = words.Take(line) ?? words;
        }

        Assert.Equal(effect is not null, isKnown);
        Assert.Equal(effect ?? "Weight", words.Effect.ToString());
        Assert.Equal(weight, words.Weight);
        Assert.DoesNotContain("disk", words.Text, StringComparison.Ordinal);
    }

    // One report of nonsense, or of a destination that does nothing, is forgotten again.
    [Theory]
    [InlineData(1e-320, 1e6)]
    [InlineData(1e-9, 0)]
    public void Capacity_AfterOneReportOfNonsense_ComesBack(double utilization, double rate)
    {
        var estimate = new CapacityEstimate();
        estimate.Take(0, 0, 0, TimeSpan.Zero);
        estimate.Take(10, utilization, rate, TimeSpan.FromSeconds(1));
        var capacity = 0.0;
        for (var i = 2; i < 90; i++)
        {
            capacity = estimate.Take(i * 10, 0.5, 50, TimeSpan.FromSeconds(i))!.Value;
        }

        Assert.Equal(100, capacity, 1.0);
    }

    // Two destinations get as many requests; the second is busier by that.
    [Fact]
    public void Capacity_OfReports_IsRequestsOverUtilizationSmoothed()
    {
        var estimate = new CapacityEstimate();
        var now = TimeSpan.FromSeconds(1);
        Assert.Null(estimate.Take(0, 0, 0, now));
        Assert.Equal(200, estimate.Take(100, 0.5, 0, now += TimeSpan.FromSeconds(1)));

        // Too few to tell, then enough time.
        Assert.Null(estimate.Take(105, 0.5, 0, now += TimeSpan.FromSeconds(1)));
        Assert.Null(estimate.Take(108, 0.5, 0, now += TimeSpan.FromSeconds(2)));
        Assert.Equal(200 + ((((8 / 10.0) / 0.5) - 200) * 0.3), estimate.Take(108, 0.5, 0, now += TimeSpan.FromSeconds(7))!.Value, 6);

        // What it says itself counts before what is counted; nothing new says nothing.
        Assert.Null(estimate.Take(108, 0.5, 0, now += TimeSpan.FromSeconds(10)));
        var before = estimate.Take(118, 0.5, 50, now += TimeSpan.FromSeconds(1))!.Value;
        Assert.Equal(before + ((100 - before) * 0.3), estimate.Take(128, 0.5, 50, now + TimeSpan.FromSeconds(1))!.Value, 6);
    }
}
