using System.Globalization;
using Gateway.LastGood.InMemory;
using Xunit;

namespace Gateway.Tests.LastGood;

/// <summary>
/// How responses in a row that take a stored one back are counted by key; places are those that this process's hashes fall into.
/// </summary>
[Trait("kind", "unit")]
public sealed class WithdrawalsTests
{
    private const uint Places = 4_096;
    private const uint Over = 10;

    private readonly Withdrawals _withdrawals = new();

    [Fact]
    public void Note_ThirdInARowOnceTheSpanIsOver_IsTrue()
    {
        Assert.False(_withdrawals.Note("a", 100, Over));
        Assert.False(_withdrawals.Note("a", 100, Over));
        Assert.False(_withdrawals.Note("a", 109, Over));
        Assert.True(_withdrawals.Note("a", 110, Over));
    }

    [Fact]
    public void Note_AfterItWasTrue_BeginsAnew()
    {
        Assert.Equal([false, false, true, false, false, true], Notes("a", 6));
        _withdrawals.Clear("a");
        Assert.Equal([false, false, true], Notes("a", 3));
    }

    [Fact]
    public void Note_SecondOnly_IsNeverEnough()
    {
        Assert.False(_withdrawals.Note("a", 0, Over));
        Assert.False(_withdrawals.Note("a", 1_000_000, Over));
        Assert.True(_withdrawals.Note("a", 1_000_000, Over));
    }

    [Fact]
    public void Clear_GoodOneBetween_BeginsAnew()
    {
        Assert.Equal([false, false], Notes("a", 2));
        _withdrawals.Clear("a");
        Assert.Equal([false, false, true], Notes("a", 3));
    }

    [Fact]
    public void Clear_FirstOfAll_ChangesNothing()
    {
        _withdrawals.Clear("a");
        Assert.Equal([false, false, true], Notes("a", 3));
    }

    [Fact]
    public void Clear_AfterOthersLeft_StillClears()
    {
        var other = Key((place, _) => place != PlaceOf("a"));
        Assert.Equal([false, false, true], Notes(other, 3));
        Assert.Equal([false], Notes("a", 1));
        Assert.Equal([false], Notes(other, 1));
        _withdrawals.Clear(other);
        Assert.Equal([false], Notes("a", 1));
        _withdrawals.Clear("a");
        Assert.Equal([false, false, true], Notes("a", 3));
        Assert.Equal([false, false, true], Notes(other, 3));
    }

    [Fact]
    public void Clear_OtherPlace_ChangesNothing()
    {
        var other = Key((place, _) => place != PlaceOf("a"));
        Assert.Equal([false, false], Notes("a", 2));
        _withdrawals.Clear(other);
        Assert.Equal([true], Notes("a", 1));
    }

    [Fact]
    public void Clear_OtherKeyOfThePlace_ChangesNothing()
    {
        var rival = Key((place, tag) => place == PlaceOf("a") && tag != TagOf("a"));
        Assert.Equal([false, false], Notes("a", 2));
        _withdrawals.Clear(rival);
        Assert.Equal([true], Notes("a", 1));
    }

    [Fact]
    public void Note_OtherKeyOfThePlace_BeginsToCountAnew()
    {
        var rival = Key((place, tag) => place == PlaceOf("a") && tag != TagOf("a"));
        Assert.Equal([false, false], Notes("a", 2));
        Assert.Equal([false], Notes(rival, 1));
        Assert.Equal([false, false], Notes("a", 2));
        _withdrawals.Clear("a");
        Assert.Equal([false, false, true], Notes(rival, 3));
    }

    [Fact]
    public void Note_OtherPlace_IsCountedApart()
    {
        var other = Key((place, _) => place != PlaceOf("a"));
        Assert.Equal([false, false], Notes("a", 2));
        Assert.Equal([false, false], Notes(other, 2));
        Assert.Equal([true], Notes("a", 1));
        Assert.Equal([true], Notes(other, 1));
    }

    private static uint PlaceOf(string key) => (uint)string.GetHashCode(key, StringComparison.Ordinal) % Places;

    private static uint TagOf(string key) => (uint)string.GetHashCode(key, StringComparison.Ordinal) / Places;

    private static string Key(Func<uint, uint, bool> fits) => Enumerable.Range(0, int.MaxValue)
        .Select(static i => i.ToString(CultureInfo.InvariantCulture))
        .First(key => fits(PlaceOf(key), TagOf(key)));

    private IEnumerable<bool> Notes(string key, int times) =>
        Enumerable.Range(0, times).Select(_ => _withdrawals.Note(key, 5, 0)).ToArray();
}
