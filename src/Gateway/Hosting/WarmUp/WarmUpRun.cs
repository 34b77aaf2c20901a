using System.Runtime;

namespace Gateway.Hosting.WarmUp;

/// <summary>
/// Before the gateway is ready: requests of its own, through a gateway of its own, to a destination of its own, so that the code of a
/// request's path is compiled by the time the first user needs it. Nothing of it is in the metrics, the ledger or the access log, and no
/// configured destination is asked.
/// </summary>
/// <param name="options">How long, and what for.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log; a failure is told at Debug, since users are served all the same.</param>
internal sealed partial class WarmUpRun(WarmUpOptions options, TimeProvider time, ILogger<WarmUpRun> logger)
{
    // A round in which the runtime compiles fewer methods than this has found nothing new.
    private const int FewMethods = 25;
    private const int FewestRounds = 4;

    /// <summary>What still ends after <see cref="UntilWarmAsync"/> has returned: the listeners and the loop of the warm-up.</summary>
    public Task Cleanup { get; private set; } = Task.CompletedTask;

    /// <summary>Completes once the path is warm, the time is over or something failed; never throws.</summary>
    public async Task UntilWarmAsync(CancellationToken stopping)
    {
        var warm = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var bound = new CancellationTokenSource(options.Within, time);
        var both = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, stopping);
        // Not on the caller's thread: what is loaded and compiled here must not hold the caller beyond the bound.
        Cleanup = Task.Run(() => RunAsync(warm, both), CancellationToken.None);
        await warm.Task.WaitAsync(options.Within, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunAsync(TaskCompletionSource warm, CancellationTokenSource bound)
    {
        var began = time.GetTimestamp();
        var methods = JitInfo.GetCompiledMethodCount();
        var rounds = 0;
        try
        {
            var destination = await WarmUpDestination.StartAsync(options.Http2, bound.Token).ConfigureAwait(false);
            await using (destination.ConfigureAwait(false))
            {
                var gateway = await WarmUpGateway.StartAsync(options, destination, time, bound.Token).ConfigureAwait(false);
                await using (gateway.ConfigureAwait(false))
                {
                    var last = long.MaxValue;
                    while (rounds < FewestRounds || JitInfo.GetCompiledMethodCount() - last >= FewMethods)
                    {
                        last = JitInfo.GetCompiledMethodCount();
                        await gateway.RoundAsync(bound.Token).ConfigureAwait(false);
                        rounds++;
                    }

                    warm.TrySetResult();
                }
            }
        }
        catch (Exception e)
        {
            // A gateway that is not warm serves; one that does not start does not.
            LogIncomplete(e, rounds);
        }
        finally
        {
            warm.TrySetResult();
            LogEnded(rounds, JitInfo.GetCompiledMethodCount() - methods, time.GetElapsedTime(began).TotalMilliseconds);
            bound.Dispose();
        }
    }

    [LoggerMessage(10113, LogLevel.Debug, "The warm-up made {Rounds} rounds; {Methods} methods were compiled within {Milliseconds} ms.")]
    private partial void LogEnded(int rounds, long methods, double milliseconds);

    [LoggerMessage(10114, LogLevel.Debug, "The warm-up ended early, after {Rounds} rounds. Users are served all the same.")]
    private partial void LogIncomplete(Exception exception, int rounds);
}
