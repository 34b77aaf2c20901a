using System.Globalization;
using Gateway.LastGood.Policy;
using Microsoft.Extensions.Primitives;
using Xunit;

namespace Gateway.Tests.LastGood;

/// <summary>When a header that sets requests apart is told of, place by place and hour by hour.</summary>
[Trait("kind", "unit")]
public sealed class SplitHeadersHourTests
{
    private readonly SplitHeaders _split = new();

    [Fact]
    public void Count_TheLastPlaceToAlarm_IsTrueAndNoOther()
    {
        var values = ValuesOfDifferentPlaces(SplitHeaders.Alarming + 2);
        for (var i = 0; i < values.Length; i++)
        {
            Assert.Equal(i == SplitHeaders.Alarming - 1, _split.Count("X-User", values[i], 5));
            Assert.False(_split.Count("x-user", values[i], 5));
        }
    }

    [Fact]
    public void Count_NextHour_AlarmsAgain()
    {
        var values = ValuesOfDifferentPlaces(SplitHeaders.Alarming);
        Assert.Equal(1, values.Count(value => _split.Count("X-User", value, 5)));
        Assert.Equal(1, values.Count(value => _split.Count("X-User", value, 6)));
        Assert.Equal(0, values.Count(value => _split.Count("X-User", value, 6)));
    }

    [Fact]
    public void Count_TwoHeaders_AreCountedApart()
    {
        var values = ValuesOfDifferentPlaces(SplitHeaders.Alarming);
        foreach (var value in values.SkipLast(1))
        {
            Assert.False(_split.Count("X-One", value, 0));
            Assert.False(_split.Count("X-Two", value, 0));
        }

        Assert.True(_split.Count("X-One", values[^1], 0));
        Assert.True(_split.Count("X-Two", values[^1], 0));
    }

    [Fact]
    public void Count_HeaderOfSeveralLines_IsOneValue()
    {
        var joined = ValuesOfDifferentPlaces(SplitHeaders.Notable, static i => $"a,{i}");
        foreach (var value in joined.Skip(1))
        {
            _split.Count("X-Shop", new StringValues(value.Split(',')), 0);
        }

        Assert.Null(_split.Most(0));
        _split.Count("X-Shop", joined[1], 0);
        Assert.Null(_split.Most(0));
        _split.Count("X-Shop", new StringValues(joined[0].Split(',')), 0);
        Assert.Equal("X-Shop", _split.Most(0));
    }

    [Fact]
    public void Most_OfOnesThatAreLevel_IsTheFirst()
    {
        foreach (var value in ValuesOfDifferentPlaces(SplitHeaders.Notable))
        {
            _split.Count("X-One", value, 0);
            _split.Count("X-Two", value, 0);
        }

        Assert.Equal("X-One", _split.Most(0));
        _split.Count("X-Two", ValuesOfDifferentPlaces(SplitHeaders.Notable + 1)[^1], 0);
        Assert.Equal("X-Two", _split.Most(0));
    }

    [Theory]
    [InlineData(15, true)]
    [InlineData(16, false)]
    public void Count_TheSeventeenthHeader_HasNoPlace(int before, bool counted)
    {
        for (var i = 0; i < before; i++)
        {
            _split.Count($"X-{i}", "a", 0);
        }

        var alarms = ValuesOfDifferentPlaces(SplitHeaders.Alarming).Count(value => _split.Count("X-Late", value, 0));
        Assert.Equal(counted ? 1 : 0, alarms);
        Assert.Equal(counted ? "X-Late" : null, _split.Most(0));
    }

    private static string[] ValuesOfDifferentPlaces(int count, Func<int, string>? text = null) => [.. Enumerable.Range(0, 100_000)
        .Select(text ?? (static i => i.ToString(CultureInfo.InvariantCulture)))
        .DistinctBy(static value => string.GetHashCode(value, StringComparison.Ordinal) & 63)
        .Take(count)];
}
