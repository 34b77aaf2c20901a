using Gateway.Forwarding.Attempts;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>Which of two wins that end an attempt at the same moment: the request that waits for it, or its own exchange.</summary>
[Trait("kind", "unit")]
public sealed class AttemptLifecycleTests
{
    [Theory]
    [InlineData("Settle:yes Finish:yes", "done")]
    [InlineData("TimeOut:yes Settle:no Finish:yes", "done")]
    [InlineData("Settle:yes TimeOut:no Finish:yes", "done")]
    [InlineData("TimeOut:yes TimeOut:no", "timed out")]
    [InlineData("Abandon:yes Settle:yes Finish:no", "")]
    [InlineData("TimeOut:yes Abandon:yes Settle:yes Finish:no", "")]
    [InlineData("Settle:yes Abandon:yes Finish:no", "")]
    [InlineData("Settle:yes Finish:yes Abandon:no", "done")]
    [InlineData("Abandon:yes Abandon:no", "")]
    [InlineData("Linger:yes Settle:yes Finish:no", "lingering")]
    [InlineData("Linger:yes TimeOut:no Abandon:no", "lingering")]
    [InlineData("Settle:yes Linger:no Finish:yes", "done")]
    [InlineData("Abandon:yes Linger:no", "")]
    public void Steps_InThisOrder_LeaveOneWinner(string steps, string end)
    {
        var lifecycle = default(AttemptLifecycle);
        foreach (var step in steps.Split(' '))
        {
            var parts = step.Split(':');
            Assert.True(Take(ref lifecycle, parts[0]) == (parts[1] == "yes"), step);
        }

        Assert.Equal(end, lifecycle.IsDone ? "done" : lifecycle.IsLingering ? "lingering" : lifecycle.IsTimedOut ? "timed out" : "");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Finish_OfAnAttemptThatIsNotAwaited_SaysWhetherItLingered(bool lingers)
    {
        var lifecycle = default(AttemptLifecycle);
        Assert.True(lingers ? lifecycle.TryLinger() : lifecycle.TryAbandon());

        Assert.False(lifecycle.TryFinish(out var lingered));
        Assert.Equal(lingers, lingered);
    }

    private static bool Take(ref AttemptLifecycle lifecycle, string step) => step switch
    {
        "TimeOut" => lifecycle.TryTimeOut(),
        "Settle" => lifecycle.TrySettle(),
        "Linger" => lifecycle.TryLinger(),
        "Abandon" => lifecycle.TryAbandon(),
        "Finish" => lifecycle.TryFinish(out _),
        _ => throw new ArgumentOutOfRangeException(nameof(step), step, "This is no step."),
    };
}
