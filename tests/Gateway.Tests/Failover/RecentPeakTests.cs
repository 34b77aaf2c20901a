using System.Globalization;
using Gateway.Failover;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Failover;

[Trait("kind", "unit")]
public sealed class RecentPeakTests
{
    /// <summary>Each step waits so many milliseconds, notes what is in flight, and gets this peak.</summary>
    [Theory]
    [InlineData("0:5=5 100:9=9 100:2=9 100:3=9")]
    [InlineData("0:9=9 499:2=9 1:3=9 400:4=9 100:4=4")]
    [InlineData("0:9=9 500:2=9 499:1=9 1:1=2 499:1=2 1:0=1")]
    [InlineData("0:9=9 1000:2=2")]
    [InlineData("0:9=9 999:2=9 1:7=9 500:1=7 5000:0=0")]
    public void Note_KeepsTheMostOfTheLastHalfToWholeSecond(string steps)
    {
        var clock = new ManualTime();
        var peak = new RecentPeak(clock);
        foreach (var step in steps.Split(' '))
        {
            var numbers = step.Split(':', '=').Select(static text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
            clock.Advance(TimeSpan.FromMilliseconds(numbers[0]));
            Assert.Equal((step, numbers[2]), (step, peak.Note(numbers[1])));
        }
    }
}
