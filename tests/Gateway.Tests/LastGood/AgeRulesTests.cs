using System.Globalization;
using Gateway.LastGood.Policy;
using Microsoft.Extensions.Primitives;
using Xunit;

namespace Gateway.Tests.LastGood;

/// <summary>How old a response was when it came, and how long it was fresh (RFC 9111, sections 4.2.1, 4.2.3 and 5.1).</summary>
[Trait("kind", "unit")]
public sealed class AgeRulesTests
{
    private static readonly DateTimeOffset Arrived = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(null, 0, 0, 0)]
    [InlineData(null, 30, 0, 30_000)]
    [InlineData(null, 0, 250, 250)]
    [InlineData(null, 30, 250, 30_250)]
    [InlineData(0, 0, 0, 0)]
    [InlineData(999, 0, 0, 0)]
    [InlineData(999, 0, 10, 10)]
    [InlineData(1_000, 0, 0, 1_000)]
    [InlineData(1_001, 0, 0, 1_001)]
    [InlineData(1_000, 0, 999, 1_000)]
    [InlineData(1_000, 0, 1_000, 1_000)]
    [InlineData(1_000, 0, 1_001, 1_001)]
    [InlineData(31_000, 30, 999, 31_000)]
    [InlineData(31_000, 30, 1_001, 31_001)]
    [InlineData(-1, 0, 0, 0)]
    [InlineData(-60_000, 0, 5, 5)]
    [InlineData(-60_000, 7, 0, 7_000)]
    public void AtArrival_ApparentAndCorrectedAge_TheOlderCounts(int? behindMs, long age, int delayMs, int expectedMs) => Assert.Equal(
        TimeSpan.FromMilliseconds(expectedMs),
        AgeRules.AtArrival(
            behindMs is { } behind ? Arrived.AddMilliseconds(-behind) : null,
            age,
            Arrived,
            TimeSpan.FromMilliseconds(delayMs)));

    [Theory]
    [InlineData(0L, "Thu, 01 Jan 2026 13:00:00 GMT", 0L)]
    [InlineData(60L, "Thu, 01 Jan 2026 13:00:00 GMT", 60L)]
    [InlineData(60L, null, 60L)]
    [InlineData(null, null, 0L)]
    [InlineData(null, "", 0L)]
    [InlineData(null, "0", 0L)]
    [InlineData(null, "-1", 0L)]
    [InlineData(null, "Thu, 01 Jan 2026 13:00:00 GMT", 3_600L)]
    [InlineData(null, "Thu, 01 Jan 2026 12:00:01 GMT", 1L)]
    [InlineData(null, "Thu, 01 Jan 2026 12:00:00 GMT", 0L)]
    [InlineData(null, "Thu, 01 Jan 2026 11:59:59 GMT", 0L)]
    [InlineData(null, "Thu, 01 Jan 1970 00:00:00 GMT", 0L)]
    [InlineData(null, "Fri, 31 Dec 9999 23:59:59 GMT", 2_147_483_647L)]
    [InlineData(null, "Thu, 01 Jan 2026 13:00:00 GMT\nThu, 01 Jan 2026 13:00:00 GMT", 0L)]
    public void FreshSeconds_MaxAgeElseExpires_NeverBelowZero(long? maxAge, string? expires, long expected) =>
        Assert.Equal(expected, AgeRules.FreshSeconds(maxAge, KeyText.Lines(expires), Arrived, Arrived.AddHours(5)));

    [Theory]
    [InlineData(0, 3_600)]
    [InlineData(500, 3_599)]
    [InlineData(1_000, 3_599)]
    [InlineData(3_600_000, 0)]
    [InlineData(7_200_000, 0)]
    [InlineData(-1_000, 3_601)]
    public void FreshSeconds_WithoutADate_GoesByTheArrival(int laterMs, long expected) =>
        Assert.Equal(
            expected,
            AgeRules.FreshSeconds(null, "Thu, 01 Jan 2026 13:00:00 GMT", date: null, Arrived.AddMilliseconds(laterMs)));

    [Theory]
    [InlineData("Sun, 06 Nov 1994 08:49:37 GMT")]
    [InlineData("Sunday, 06-Nov-94 08:49:37 GMT")]
    [InlineData("Sun Nov  6 08:49:37 1994")]
    public void ParseDate_TheThreeFormsOfHttp_AreUnderstood(string value) =>
        Assert.Equal(new DateTimeOffset(1994, 11, 6, 8, 49, 37, TimeSpan.Zero), AgeRules.ParseDate(value));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("tomorrow")]
    [InlineData("Sun, 06 Nov 1994 08:49:37 GMT\nSun, 06 Nov 1994 08:49:37 GMT")]
    public void ParseDate_AnythingElse_IsNone(string? value) => Assert.Null(AgeRules.ParseDate(KeyText.Lines(value)));

    [Theory]
    [InlineData(null, 0)]
    [InlineData("", 0)]
    [InlineData("0", 0)]
    [InlineData("1", 1)]
    [InlineData("60", 60)]
    [InlineData(" 60\t", 60)]
    [InlineData("2147483646", 2_147_483_646)]
    [InlineData("2147483647", 2_147_483_647)]
    [InlineData("2147483648", 2_147_483_647)]
    [InlineData("9223372036854775807", 2_147_483_647)]
    [InlineData("9223372036854775808", 2_147_483_647)]
    [InlineData("99999999999999999999999999999999", 2_147_483_647)]
    [InlineData("00000000000000000000000000000060", 60)]
    [InlineData("000", 0)]
    [InlineData("-1", 0)]
    [InlineData("+1", 0)]
    [InlineData("1.5", 0)]
    [InlineData("1e3", 0)]
    [InlineData("x", 0)]
    [InlineData("/", 0)]
    [InlineData(":", 0)]
    [InlineData("10x", 0)]
    [InlineData("10 20", 0)]
    [InlineData("10, 20", 10)]
    [InlineData("20,10", 20)]
    [InlineData("20 \t, 10", 20)]
    [InlineData("10,x", 10)]
    [InlineData("x, 20", 0)]
    [InlineData(" ,\t, 20", 20)]
    [InlineData(" , ", 0)]
    [InlineData("99999999999999999999, 1", 2_147_483_647)]
    [InlineData("10, 20\n30", 10)]
    [InlineData("10\n20", 10)]
    [InlineData("20\n10\n5", 20)]
    public void ParseAge_WholeSecondsOfTheFirstMember_OrNone(string? value, long expected) =>
        Assert.Equal(expected, AgeRules.ParseAge(KeyText.Lines(value)));

    [Fact]
    public void ParseAge_LinesOfNothing_AreNone() =>
        Assert.Equal(0, AgeRules.ParseAge(new StringValues([null, 7.ToString(CultureInfo.InvariantCulture)])));
}
