using Gateway.Health.Rules;
using Xunit;

namespace Gateway.Tests.Health;

/// <summary>The suspicion from silence, in numbers.</summary>
[Trait("kind", "unit")]
public sealed class PhiAccrualTests
{
    private readonly PhiAccrual _phi = new();
    private double _last;

    /// <summary>Intervals with the mean 2 s and the deviation 1 s: a silence of 2 s more than that many deviations.</summary>
    [Theory]
    [InlineData(0, 0.0099987616)]
    [InlineData(1, 0.0750330321)]
    [InlineData(2, 0.3010299957)]
    [InlineData(2.5, 0.5108888258)]
    [InlineData(3, 0.7995083208)]
    [InlineData(4, 1.6428278855)]
    [InlineData(5, 2.9094753265)]
    [InlineData(8, 10.7826008583)]
    [InlineData(14, 61.2829677518)]
    [InlineData(14.001, 100)]
    [InlineData(1000, 100)]
    public void Phi_OfASilence_IsTheTailOfTheNormalDistribution(double silence, double expected)
    {
        Beat(1, 3, 1, 3);
        Assert.Equal(expected, _phi.Phi(At(_last + silence)), 8);
    }

    /// <summary>The mean and 5.2 deviations; a deviation is never below 100 ms, nor below a tenth of the mean.</summary>
    [Theory]
    [InlineData(7.2, 1.0, 3.0, 1.0, 3.0)]
    [InlineData(1.02, 0.5, 0.5, 0.5)]
    [InlineData(1.52, 1.0, 1.0, 1.0)]
    [InlineData(15.2, 10.0, 10.0, 10.0)]
    [InlineData(15.2, 9.5, 10.5, 9.5, 10.5)]
    [InlineData(20.4, 8.0, 12.0, 8.0, 12.0)]
    [InlineData(0.62, 0.1, 0.1, 0.1, 0.1)]
    [InlineData(0.82, 0.3, 0.3, 0.3)]
    [InlineData(1.22, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7)]
    [InlineData(1.12, 0.5, 0.7, 0.5, 0.7)]
    [InlineData(1.335391, 0.4, 0.6, 0.8, 0.6)]
    public void SuspectFrom_AfterIntervals_LeavesRoomForWhatIsUsual(double silence, params double[] intervals)
    {
        Beat(intervals);
        Assert.Equal(_last + silence, _phi.SuspectFrom.TotalSeconds, 5);
        Assert.InRange(_phi.Phi(_phi.SuspectFrom), 7.9, PhiAccrual.Threshold);
    }

    [Fact]
    public void Intervals_FewerThanThree_SayNothing()
    {
        Assert.Equal((0, TimeSpan.MaxValue), (_phi.Phi(At(1000)), _phi.SuspectFrom));
        Beat(1, 1);
        Assert.Equal((0, TimeSpan.MaxValue), (_phi.Phi(At(1000)), _phi.SuspectFrom));
        Beat(1);
        Assert.Equal(100, _phi.Phi(At(1000)));
        Assert.Equal(4.52, _phi.SuspectFrom.TotalSeconds, 6);
    }

    [Fact]
    public void Intervals_BeyondTheLast64_AreForgotten()
    {
        Beat([.. Enumerable.Repeat(10.0, 70)]);
        Beat([.. Enumerable.Repeat(1.0, 63)]);

        // One of ten seconds is left.
        var mean = 73.0 / 64;
        var deviation = Math.Sqrt((163.0 / 64) - (mean * mean));
        Assert.Equal(_last + mean + (5.2 * deviation), _phi.SuspectFrom.TotalSeconds, 5);

        Beat(1);
        Assert.Equal(_last + 1.52, _phi.SuspectFrom.TotalSeconds, 5);
    }

    [Fact]
    public void Beat_BeforeTheLast_IsAnIntervalOfNothing()
    {
        // Intervals of 2, 0, 2 and 0 seconds.
        foreach (var second in (double[])[0, 2, 1.5, 3.5, 3])
        {
            _phi.Beat(At(second));
        }

        Assert.Equal(3 + 1 + 5.2, _phi.SuspectFrom.TotalSeconds, 6);
    }

    [Fact]
    public void Cleared_KnowsNeitherIntervalsNorTheLastBeat()
    {
        Beat(1, 1, 1, 1);
        _phi.Clear();
        Assert.Equal((0, TimeSpan.MaxValue), (_phi.Phi(At(1000)), _phi.SuspectFrom));

        foreach (var second in (double[])[100, 101, 102])
        {
            _phi.Beat(At(second));
            Assert.Equal((0, TimeSpan.MaxValue), (_phi.Phi(At(1000)), _phi.SuspectFrom));
        }

        _phi.Beat(At(103));
        Assert.Equal(104.52, _phi.SuspectFrom.TotalSeconds, 6);
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    // The first call begins with a beat at once.
    private void Beat(params double[] intervals)
    {
        if (_last == 0)
        {
            _phi.Beat(At(0));
        }

        foreach (var interval in intervals)
        {
            _last += interval;
            _phi.Beat(At(_last));
        }
    }
}
