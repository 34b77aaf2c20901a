using System.Diagnostics;
using Xunit;

namespace Gateway.Tests.Support;

/// <summary>Awaits a condition with a deadline.</summary>
internal static class Eventually
{
    /// <summary>Returns how long it took; fails the test when <paramref name="within"/> is over.</summary>
    public static async Task<TimeSpan> BeTrueAsync(Func<bool> condition, TimeSpan within, string what)
    {
        var started = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < within, $"Not within {within.TotalSeconds} s: {what}");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }

        return Stopwatch.GetElapsedTime(started);
    }

    /// <summary>The same for a condition that has to be asked for.</summary>
    public static async Task<TimeSpan> BecomeTrueAsync(Func<Task<bool>> condition, TimeSpan within, string what)
    {
        var started = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < within, $"Not within {within.TotalSeconds} s: {what}");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }

        return Stopwatch.GetElapsedTime(started);
    }
}
