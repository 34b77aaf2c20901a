using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;
using Xunit;

namespace Gateway.Tests.Configuration;

/// <summary>Conditions over metrics, and what is said of those that cannot be read.</summary>
[Trait("kind", "unit")]
public sealed class SignalConditionTextTests
{
    [Theory]
    [InlineData("process_cpu_usage > 0.9 for 15s", "process_cpu_usage Above 0.9 for 15s")]
    [InlineData("queue_depth>100", "queue_depth Above 100 for 0s")]
    [InlineData("$.queue.depth >= 1e3", "queue.depth AtLeast 1000 for 0s")]
    [InlineData("a != -1", "a NotEqual -1 for 0s")]
    [InlineData("up == 0 for 1m", "up Equal 0 for 60s")]
    [InlineData("rate(errors[1m]) > 5", "Rate errors [60s] Above 5 for 0s")]
    [InlineData("rate( errors{code=\"500\", method=\"GET\"} [30s] ) <= 5", "Rate errors{code=500,method=GET} [30s] AtMost 5 for 0s")]
    [InlineData("quantile(0.99, latency_seconds[2m]) > .5", "Quantile 0.99 latency_seconds [120s] Above 0.5 for 0s")]
    [InlineData("a > 1 and b < 2 for 5s", "a Above 1 and b Below 2 for 5s")]
    [InlineData("jvm_memory_used_bytes{area=\"heap\"} > 8e9", "jvm_memory_used_bytes{area=heap} Above 8000000000 for 0s")]
    public void Parse_Condition_IsRead(string text, string expected)
    {
        var condition = SignalConditionText.Parse(text, out var problem);
        Assert.Null(problem);
        Assert.Equal(expected, Words(condition!));
    }

    [Theory]
    [InlineData("", "At position 1: the name of a metric, rate(...) or quantile(...) was expected, like process_cpu_usage")]
    [InlineData("> 3", "At position 1: the name of a metric, rate(...) or quantile(...) was expected, like process_cpu_usage")]
    [InlineData("cpu", "At position 4: one of > >= < <= == != was expected")]
    [InlineData("cpu = 3", "At position 5: one of > >= < <= == != was expected")]
    [InlineData("cpu > high", "At position 7: a number was expected, like 0.9")]
    [InlineData("cpu > NaN", "At position 7: a number was expected, like 0.9")]
    [InlineData("cpu > 90%", "At position 9: \"and\", \"for\" or the end was expected: write one like \"a > 1 and b < 2 for 15s\"")]
    [InlineData("cpu > 0.9 for 15", "At position 15: a duration after \"for\", like 15s was expected, from 0s to 1h")]
    [InlineData("cpu > 0.9 for 2h", "At position 15: a duration after \"for\", like 15s was expected, from 0s to 1h")]
    [InlineData("cpu > 0.9 or b > "
        + "1", "At position 11: \"and\", \"for\" or the end was expected: write one like \"a > 1 and b < 2 for 15s\"")]
    [InlineData("avg(cpu[1m]) > 1", "At position 1: there is no function \"avg\": write rate(metric[1m]) or quantile(0.99, metric[1m])")]
    [InlineData("rate(errors) > 1", "At position 12: a time in brackets was expected, like [1m]")]
    [InlineData("rate(errors[1h]) > 1", "At position 13: a duration, like 1m was expected, from 1s to 10m")]
    [InlineData("rate(errors[1m] > 1", "At position 17: \")\" was expected")]
    [InlineData("quantile(99, l[1m]) > 1", "At position 10: a quantile is a number from 0 to 1, like 0.99")]
    [InlineData("quantile(0.9 l[1m]) > 1", "At position 14: \",\" was expected, like quantile(0.99, latency_seconds[1m])")]
    [InlineData("a{b=c} > 1", "At position 5: labels like {code=\"500\", method=\"GET\"} were expected")]
    [InlineData("a{b=\"c\" > 1", "At position 9: labels like {code=\"500\", method=\"GET\"} were expected")]
    [InlineData("a > 1 and", "At position 10: the name of a metric, rate(...) or quantile(...) was expected, like process_cpu_usage")]
    public void Parse_BadCondition_SaysWhereAndWhatToWrite(string text, string expected)
    {
        Assert.Null(SignalConditionText.Parse(text, out var problem));
        Assert.Equal(expected, problem);
    }

    [Fact]
    public void Parse_WithoutEnd_IsBounded()
    {
        Assert.Null(SignalConditionText.Parse(new string('a', SignalConditionText.Longest + 1), out var problem));
        Assert.Equal("At position 1: Write at most 512 characters", problem);
        Assert.Null(SignalConditionText.Parse(string.Join(" and ", Enumerable.Repeat("a > 1", 9)), out problem));
        Assert.Contains("at most 8 comparisons", problem, StringComparison.Ordinal);
        Assert.Null(SignalConditionText.Parse("a{"
            + string.Join(',', Enumerable.Range(0, 9).Select(static i => $"l{i.ToString(CultureInfo.InvariantCulture)}=\"x\""))
            + "} > 1", out problem));
        Assert.Contains("at most 8 labels", problem, StringComparison.Ordinal);
    }

    private static string Words(SignalCondition condition) =>
        string.Join(" and ", condition.All.Select(static one => string.Create(
            CultureInfo.InvariantCulture,
            $"{(one.Function == SignalFunction.Value ? "" : $"{one.Function} ")}"
                + $"{(one.Function == SignalFunction.Quantile ? $"{one.Quantile} " : "")}{one.Series.Name}{LabelsOf(one)}"
                + $"{(one.Window > TimeSpan.Zero ? $" [{one.Window.TotalSeconds}s]" : "")} {one.Operator} {one.Limit}")))
        + string.Create(CultureInfo.InvariantCulture, $" for {condition.For.TotalSeconds}s");

    private static string LabelsOf(SignalComparison one) =>
        one.Series.Labels.IsEmpty ? "" : $"{{{string.Join(',', one.Series.Labels.Select(static label => $"{label.Key}={label.Value}"))}}}";
}
