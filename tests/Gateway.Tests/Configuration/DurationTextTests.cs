using Gateway.Configuration.Values;
using Xunit;

namespace Gateway.Tests.Configuration;

[Trait("kind", "unit")]
public sealed class DurationTextTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("0ms", 0)]
    [InlineData("1ms", 1)]
    [InlineData("250ms", 250)]
    [InlineData("2s", 2_000)]
    [InlineData("5m", 300_000)]
    [InlineData("24h", 86_400_000)]
    [InlineData("007s", 7_000)]
    [InlineData("315360000s", 315_360_000_000)]
    [InlineData("87600h", 315_360_000_000)]
    [InlineData("5256000m", 315_360_000_000)]
    [InlineData("315360000000ms", 315_360_000_000)]
    [InlineData("000000000001s", 1_000)]
    [InlineData("0h", 0)]
    public void Parse_WholeNumberAndUnit_IsItsTime(string text, double milliseconds)
    {
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), DurationText.Parse(text, out var instead));
        Assert.Equal(DurationText.Rule, instead);
    }

    [Theory]
    [InlineData("", DurationText.Rule)]
    [InlineData("s", DurationText.Rule)]
    [InlineData("-1s", DurationText.Rule)]
    [InlineData("5d", DurationText.Rule)]
    [InlineData("5 s", DurationText.Rule)]
    [InlineData("5S", DurationText.Rule)]
    [InlineData("1m30s", DurationText.Rule)]
    [InlineData("87601h", DurationText.Rule)]
    [InlineData("315360001s", DurationText.Rule)]
    [InlineData("315360000001ms", DurationText.Rule)]
    [InlineData("0000000000001s", DurationText.Rule)]
    [InlineData("999999999999h", DurationText.Rule)]
    [InlineData("9999999999999h", DurationText.Rule)]
    [InlineData("5", "Write the unit too, 5ms or 5s")]
    [InlineData("12345678901", "Write the unit too, 12345678901ms or 12345678901s")]
    [InlineData("123456789012", DurationText.Rule)]
    [InlineData("1.5s", "Write a whole number, 1500ms")]
    [InlineData("2.0s", "Write a whole number, 2s")]
    [InlineData("0.25s", "Write a whole number, 250ms")]
    [InlineData("1.2ms", "Write a whole number, 2ms")]
    [InlineData("1.0ms", "Write a whole number, 1ms")]
    [InlineData("1.5h", DurationText.Rule)]
    [InlineData("1.5m", DurationText.Rule)]
    [InlineData("1.5S", DurationText.Rule)]
    [InlineData("1.5xs", DurationText.Rule)]
    [InlineData("1.5", DurationText.Rule)]
    [InlineData("1,5s", DurationText.Rule)]
    [InlineData("999999.5s", "Write a whole number, 999999500ms")]
    [InlineData("1000000.0s", DurationText.Rule)]
    [InlineData("1000000.5s", DurationText.Rule)]
    public void Parse_AnythingElse_SaysWhatToWrite(string text, string expected)
    {
        Assert.Null(DurationText.Parse(text, out var instead));
        Assert.Equal(expected, instead);
    }

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(0.4, "0s")]
    [InlineData(0.6, "1ms")]
    [InlineData(1_000.4, "1s")]
    [InlineData(61_000, "61s")]
    [InlineData(3_599_000, "3599s")]
    [InlineData(3_660_000, "61m")]
    [InlineData(7_200_000, "2h")]
    [InlineData(1, "1ms")]
    [InlineData(999, "999ms")]
    [InlineData(1_000, "1s")]
    [InlineData(1_500, "1500ms")]
    [InlineData(60_000, "1m")]
    [InlineData(90_000, "90s")]
    [InlineData(3_600_000, "1h")]
    [InlineData(5_400_000, "90m")]
    [InlineData(86_400_000, "24h")]
    public void Format_IsTheShortestWay(double milliseconds, string text) =>
        Assert.Equal(text, DurationText.Format(TimeSpan.FromMilliseconds(milliseconds)));
}
