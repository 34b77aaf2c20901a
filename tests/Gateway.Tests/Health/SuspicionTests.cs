using Gateway.Health.Rules;
using Xunit;

namespace Gateway.Tests.Health;

/// <summary>Silence, or lateness in a row, makes a suspect; for how long.</summary>
[Trait("kind", "unit")]
public sealed class SuspicionTests
{
    private readonly Suspicion _suspicion = new();

    [Theory]
    [InlineData(0, false)]
    [InlineData(4, false)]
    [InlineData(5, true)]
    [InlineData(6, true)]
    public void Late_FiveTimesInARow_MakesASuspect(int run, bool suspect)
    {
        Assert.Equal(suspect, _suspicion.OnLate(run, At(10)));
        Assert.Equal(suspect, _suspicion.Suspect);
        Assert.Equal(0, _suspicion.Phi);
    }

    [Fact]
    public void Suspect_FromLateness_IsShownToTrafficAgainAfterASecond()
    {
        Assert.True(_suspicion.OnLate(5, At(10)));
        Assert.False(_suspicion.Update(At(10.999)));
        Assert.True(_suspicion.Suspect);
        Assert.True(_suspicion.Update(At(11)));
        Assert.False(_suspicion.Suspect);
        Assert.False(_suspicion.Update(At(12)));
    }

    [Fact]
    public void Suspect_LateOnceMore_IsPassedOverForAnotherSecond()
    {
        Assert.True(_suspicion.OnLate(5, At(10)));
        Assert.False(_suspicion.OnLate(6, At(10.5)));
        Assert.False(_suspicion.Update(At(11.499)));
        Assert.True(_suspicion.Suspect);
        Assert.True(_suspicion.Update(At(11.5)));
        Assert.False(_suspicion.Suspect);
    }

    [Fact]
    public void Suspect_LateInAShortRun_IsNotPassedOverForLonger()
    {
        Assert.True(_suspicion.OnLate(5, At(10)));
        Assert.False(_suspicion.OnLate(4, At(10.5)));
        Assert.True(_suspicion.Suspect);
        Assert.True(_suspicion.Update(At(11)));
        Assert.False(_suspicion.Suspect);
    }

    [Fact]
    public void Lateness_Forgotten_EndsTheSuspicion()
    {
        _suspicion.OnLate(5, At(10));
        _suspicion.ForgetLateness();
        Assert.True(_suspicion.Update(At(10.1)));
        Assert.False(_suspicion.Suspect);
    }

    [Fact]
    public void Silence_Alone_MakesASuspectUntilItBeatsAgain()
    {
        Assert.Equal(TimeSpan.MaxValue, _suspicion.SuspectFrom);
        Beat(until: 10);
        Assert.Equal(11.52, _suspicion.SuspectFrom.TotalSeconds, 6);

        Assert.False(_suspicion.Update(At(11)));
        Assert.Equal(0.30103, _suspicion.Phi, 5);
        Assert.False(_suspicion.Update(At(11.52)));
        Assert.InRange(_suspicion.Phi, 7.5, 8);
        Assert.False(_suspicion.Suspect);

        Assert.True(_suspicion.Update(At(11.53)));
        Assert.InRange(_suspicion.Phi, 8, 8.5);
        Assert.True(_suspicion.Suspect);
        Assert.False(_suspicion.Update(At(11.6)));

        _suspicion.Beat(At(11.7));
        Assert.True(_suspicion.Update(At(11.7)));
        Assert.False(_suspicion.Suspect);
    }

    [Fact]
    public void Silence_WhileItIsDown_SaysNothing()
    {
        Beat(until: 10);
        Assert.True(_suspicion.Update(At(20)));
        _suspicion.ForgetSilence();
        Assert.Equal(TimeSpan.MaxValue, _suspicion.SuspectFrom);
        Assert.True(_suspicion.Update(At(20)));
        Assert.Equal((false, 0.0), (_suspicion.Suspect, _suspicion.Phi));
    }

    [Fact]
    public void Lateness_Forgotten_LeavesTheSilence()
    {
        Beat(until: 10);
        Assert.True(_suspicion.OnLate(5, At(20)));
        _suspicion.ForgetLateness();
        Assert.False(_suspicion.Update(At(20)));
        Assert.True(_suspicion.Suspect);
    }

    [Fact]
    public void Silence_Forgotten_LeavesTheLateness()
    {
        Beat(until: 10);
        Assert.True(_suspicion.OnLate(5, At(20)));
        _suspicion.ForgetSilence();
        Assert.False(_suspicion.Update(At(20)));
        Assert.True(_suspicion.Suspect);
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    private void Beat(int until)
    {
        for (var second = 0; second <= until; second++)
        {
            _suspicion.Beat(At(second));
        }
    }
}
