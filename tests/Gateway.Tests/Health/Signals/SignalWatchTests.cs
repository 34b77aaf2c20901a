using Gateway.Configuration.Model;
using Gateway.Health.Signals;
using Gateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Health.Signals;

/// <summary>The readers of signals: what is wanted runs, whatever another reader does.</summary>
[Trait("kind", "unit")]
public sealed class SignalWatchTests
{
    private readonly ManualTime _time = new();
    private readonly TaskCompletionSource _never = new();
    private volatile string _wanted = "hangs";
    private int _runs;

    // A reader whose disk hangs: it does not end when it is told to.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Reader_ThatDoesNotEnd_HoldsNeitherOthersNorTheEnd(bool isReplaced)
    {
        var target = new SignalTarget(new ClusterConfig { Name = "guide", Tiers = [] }, []);
        var watch = new SignalWatch(
            () => [target],
            _ => [.. _wanted.Split(' ').Select(key => (key, (Func<ISignalReader>)(() => new Reader(this, key))))],
            _time,
            NullLogger<SignalWatch>.Instance);
        using var stop = new CancellationTokenSource();
        var running = watch.RunAsync(stop.Token);
        await IsSoAsync(() => Volatile.Read(ref _runs) == 1, "the first one runs");
        if (isReplaced)
        {
            _wanted = "other";
            await IsSoAsync(() => Volatile.Read(ref _runs) == 2, "the other one runs");
        }

        await stop.CancelAsync();
        await IsSoAsync(() => running.IsCompleted, "the watch has ended");
        await running;
        _never.SetResult();
    }

    private Task IsSoAsync(Func<bool> condition, string what) => Eventually.BecomeTrueAsync(
        () =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(500));
            return Task.FromResult(condition());
        },
        TimeSpan.FromSeconds(30),
        what);

    private sealed class Reader(SignalWatchTests test, string key) : ISignalReader
    {
        public string Key => key;

        public async Task RunAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref test._runs);
            await (key is "hangs" ? test._never.Task : Task.Delay(Timeout.InfiniteTimeSpan, test._time, cancellationToken));
        }
    }
}
