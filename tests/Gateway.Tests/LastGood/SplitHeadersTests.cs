using System.Globalization;
using Gateway.LastGood.Policy;
using Xunit;

namespace Gateway.Tests.LastGood;

/// <summary>Which header sets a route's requests apart. Values are told apart by 64 places that their hashes fall into.</summary>
[Trait("kind", "unit")]
public sealed class SplitHeadersTests
{
    private readonly SplitHeaders _split = new();

    [Fact]
    public void Most_FewValues_NamesNothing()
    {
        Assert.Null(_split.Most(0));
        for (var i = 0; i < SplitHeaders.Notable - 1; i++)
        {
            _split.Count("X-Shop", Text(i), 0);
        }

        Assert.Null(_split.Most(0));
        Add("X-Shop", SplitHeaders.Notable, 0);
        Assert.Equal("X-Shop", _split.Most(0));
    }

    [Fact]
    public void Most_OfSeveral_IsTheOneWithTheMostValues()
    {
        Add("X-Few", SplitHeaders.Notable, 0);
        Add("X-Many", SplitHeaders.Notable * 2, 0);
        Add("x-few", SplitHeaders.Notable + 1, 0);
        Assert.Equal("X-Many", _split.Most(0));
    }

    [Fact]
    public void Count_BecomesAlarming_IsTrueOnce()
    {
        var alarms = 0;
        for (var i = 0; i < 5_000; i++)
        {
            alarms += _split.Count("X-User", Text(i), 3) ? 1 : 0;
        }

        Assert.Equal(1, alarms);
        Assert.False(_split.Count("X-User", Text(1), 3));
    }

    [Fact]
    public void Hour_IsOver_BeginsAnew_AndTheLastOneStillCounts()
    {
        Add("X-Shop", SplitHeaders.Notable, 7);
        Assert.Equal("X-Shop", _split.Most(8));
        Assert.Null(_split.Most(9));

        _split.Count("X-Other", "a", 8);
        Assert.Null(_split.Most(8));
    }

    [Fact]
    public void Headers_WithoutEnd_TakeNoMoreRoom()
    {
        for (var i = 0; i < 100; i++)
        {
            _split.Count($"X-{Text(i)}", "a", 0);
        }

        Add("X-Late", SplitHeaders.Alarming, 0);
        Assert.Null(_split.Most(0));
        Add("X-15", SplitHeaders.Notable, 0);
        Assert.Equal("X-15", _split.Most(0));
    }

    // Values until they fall into so many places.
    private void Add(string name, int places, long hour)
    {
        var taken = new HashSet<int>();
        for (var i = 0; taken.Count < places; i++)
        {
            taken.Add(string.GetHashCode(Text(i), StringComparison.Ordinal) & 63);
            _split.Count(name, Text(i), hour);
        }
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
