using Gateway.Health.Rules;
using Xunit;

namespace Gateway.Tests.Health;

/// <summary>A mean that forgets.</summary>
[Trait("kind", "unit")]
public sealed class EwmaTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    // After a half-life the old value weighs half, after two a quarter; a clock that goes back forgets nothing.
    [Theory]
    [InlineData(110, 0, 100)]
    [InlineData(110, 10, 60)]
    [InlineData(110, 20, 40)]
    [InlineData(110, -5, 100)]
    public void Mean_ForgetsByHalfLives(int began, int later, double expected)
    {
        var mean = new Ewma(10 * Second).With(100, began * Second).With(20, (began + later) * Second);
        Assert.Equal(expected, mean.Value, 9);
        Assert.Equal((began + later) * Second, mean.At);
    }

    [Fact]
    public void Mean_OfOneValue_IsIt() => Assert.Equal(7, new Ewma(Second).With(7, Second).Value);
}
