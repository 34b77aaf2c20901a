using Gateway.Drills.Figures;
using Gateway.Drills.Processes;
using Xunit;

namespace Gateway.Tests.Drills;

[Trait("kind", "process")]
public class FiguresTests
{
    [Fact]
    public void Audit_EachOrderOnceAndAcknowledged_FindsNothing()
    {
        var audit = OrderAudit.Of(["a", "b", "c"], ["a", "b"], ["a p1 1", "b p2 2", "c p1 1", string.Empty]);

        Assert.Equal((3, 2, 3), (audit.Sent, audit.Acknowledged, audit.Executed));
        Assert.Empty(audit.Twice);
        Assert.Empty(audit.Lost);
        Assert.Empty(audit.Strange);
    }

    [Fact]
    public void Audit_TwiceLostAndStrange_AreNamed()
    {
        var audit = OrderAudit.Of(["a", "b"], ["a", "b"], ["a p1 1", "a p2 2", "x p1 1"]);

        Assert.Equal(["a"], audit.Twice);
        Assert.Equal(["b"], audit.Lost);
        Assert.Equal(["x"], audit.Strange);
    }

    [Fact]
    public void Verdict_OneExpectationMissed_DoesNotHold()
    {
        Assert.True(new Verdict().Exactly("failed", 0, 0).Within("p99", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)).Holds);
        Assert.False(new Verdict().Exactly("failed", 0, 0).Exactly("static", 1, 0).Holds);
        Assert.False(new Verdict().Within("switch", null, TimeSpan.FromSeconds(1)).Holds);
        Assert.False(new Verdict().ShareAtLeast("live", double.NaN, 0.99).Holds);
        Assert.False(new Verdict().Holds);
    }

    [Fact]
    public void Metrics_Page_IsReadWithLabelsAndSums()
    {
        var metrics = Metrics.Parse("""
            # HELP gateway_attempts_total Attempts.
            # TYPE gateway_attempts_total counter
            gateway_attempts_total{cluster="a",destination="x:1",result="ok"} 10
            gateway_attempts_total{cluster="a",destination="y \"}, z\\",result="ok"} 2.5 1700000000
            gateway_config_reload_success 1
            gateway_probe_seconds_bucket{le="+Inf"} 3
            gateway_mtbf_seconds NaN
            not a sample
            """);

        Assert.Equal(12.5, metrics.Sum("gateway_attempts_total"));
        Assert.Equal(2.5, metrics.Sum("gateway_attempts_total", ("destination", "y \"}, z\\")));
        Assert.Equal(0, metrics.Sum("gateway_attempts_total", ("cluster", "b")));
        Assert.Equal(1, metrics.Sum("gateway_config_reload_success"));
        Assert.Equal(3, metrics.Sum("gateway_probe_seconds_bucket", ("le", "+Inf")));
    }

    [Fact]
    public void Transitions_BetweenTwoReadings_AreTheDifferences()
    {
        var first = Metrics.Parse("gateway_transitions_total{cluster=\"a\",from=\"primary\",to=\"standby\",reason=\"probe\"} 2\n");
        var last = Metrics.Parse("""
            gateway_transitions_total{cluster="a",from="primary",to="standby",reason="probe"} 3
            gateway_transitions_total{cluster="a",from="standby",to="primary",reason="failback"} 2
            """);

        Assert.Equal([("primary->standby (probe)", 1), ("standby->primary (failback)", 2)], MetricsWatch.Transitions(first, last));
        Assert.Empty(MetricsWatch.Transitions(last, last));
    }

    [Fact]
    public void Select_UnknownFault_NamesThoseThatThereAre() =>
        Assert.Contains(
            "one-killed",
            Assert.Throws<ArgumentException>(() => TableDrill.Select(["none-such"])).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Cases_OfTheTable_HaveDifferentNames() =>
        Assert.Equal(FaultCase.All.Count, FaultCase.All.Select(@case => @case.Name).Distinct(StringComparer.Ordinal).Count());
}
