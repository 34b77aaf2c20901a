using Gateway.Health.Rules;
using Xunit;

namespace Gateway.Tests.Health;

[Trait("kind", "unit")]
public class SlowStartTests
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(30);

    /// <summary>Whether it serves at each second from 0 on, as 1 or 0, and its share in percent at a later second.</summary>
    public static TheoryData<string, bool, string, int, int> Cases() => new()
    {
        { "at the gateway's start", true, "1", 0, 100 },
        { "at the gateway's start, later", true, "111", 2, 100 },
        { "new beside others", false, "1", 0, 10 },
        { "half-way", false, "1", 15, 55 },
        { "over", false, "1", 30, 100 },
        { "lost and back", true, "101", 2, 10 },
        { "lost and back, half-way", true, "101", 17, 55 },
        { "lost while it starts", true, "1010", 3, 100 },
        { "lost while it starts, and back", true, "10101", 4, 10 },
        { "down since the gateway's start", true, "001", 2, 10 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Share_AfterWhatHappened_Is(string situation, bool served, string serves, int at, int percent)
    {
        var start = new SlowStart(served);
        for (var second = 0; second <= at; second++)
        {
            start.Update(serves[Math.Min(second, serves.Length - 1)] == '1', Length, TimeSpan.FromSeconds(second));
        }

        Assert.True(
            Math.Abs(start.ShareAt(Length, TimeSpan.FromSeconds(at)) - (percent / 100.0)) < 1e-9,
            $"{situation}: {start.ShareAt(Length, TimeSpan.FromSeconds(at))}");
    }

    [Fact]
    public void Update_WhileItRunsAndOnceAtItsEnd_SaysSo()
    {
        var start = new SlowStart(served: false);

        Assert.True(start.Update(serves: true, Length, TimeSpan.Zero));
        Assert.True(start.Update(serves: true, Length, TimeSpan.FromSeconds(29)));
        Assert.True(start.Update(serves: true, Length, TimeSpan.FromSeconds(30)));
        Assert.False(start.Update(serves: true, Length, TimeSpan.FromSeconds(31)));
    }

    [Fact]
    public void Update_NoLength_NeverBegins()
    {
        var start = new SlowStart(served: false);

        Assert.False(start.Update(serves: true, TimeSpan.Zero, TimeSpan.Zero));
        Assert.Equal(1, start.ShareAt(TimeSpan.Zero, TimeSpan.Zero));
    }
}
