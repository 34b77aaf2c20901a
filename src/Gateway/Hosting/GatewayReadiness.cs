using Gateway.Admin.Status;
using Gateway.Failover;
using Gateway.Hosting.WarmUp;
using Gateway.Server;

namespace Gateway.Hosting;

/// <summary>
/// Whether users' traffic should come here: from the first round of probes and the warm-up on, until the gateway leaves. Without the
/// failover loop nothing decides which tier serves, and a gateway that alone reaches nothing has nothing to give: another gateway should
/// take the traffic.
/// </summary>
/// <param name="loop">The failover loop.</param>
/// <param name="leaving">Whether the gateway stops.</param>
/// <param name="isolation">Why this gateway alone reaches nothing; null: it does not.</param>
/// <param name="logger">The log.</param>
internal sealed partial class GatewayReadiness(
    FailoverLoop loop, ConnectionDraining leaving, Func<string?> isolation, ILogger<GatewayReadiness> logger)
{
    private static readonly Readiness Left = new(Ready: false, "The gateway is stopping.");

    private readonly TaskCompletionSource _became = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Readiness _readiness = new(Ready: false, "The first round of probes is not over.");

    /// <summary>Completes once it is ready for the first time; is cancelled when it stops before that.</summary>
    public Task Became => _became.Task;

    /// <summary>As it is now.</summary>
    public Readiness Now() =>
        leaving.HasBegun ? Left
        : _readiness.Ready && Watchdog.Standstill(loop.SinceTurn) is { } standstill ? new Readiness(Ready: false, standstill)
        : _readiness.Ready && isolation() is { } isolated ? new Readiness(Ready: false, isolated)
        : _readiness;

    /// <summary>Waits for the probes and the warm-up; completes when what these need has been cleaned up, too.</summary>
    /// <param name="warmUp">The gateway's own requests; null: none are made.</param>
    /// <param name="stopping">Ends the wait.</param>
    public async Task BecomeAsync(WarmUpRun? warmUp, CancellationToken stopping)
    {
        var warm = warmUp?.UntilWarmAsync(stopping) ?? Task.CompletedTask;
        await loop.FirstRound.WaitAsync(stopping).ConfigureAwait(false);
        await warm.ConfigureAwait(false);
        _readiness = new Readiness(Ready: true, null);
        LogReady();
        _became.TrySetResult();
        await (warmUp?.Cleanup ?? Task.CompletedTask).ConfigureAwait(false);
    }

    /// <summary>Nothing waits for it any more.</summary>
    public void Cancel() => _became.TrySetCanceled(CancellationToken.None);

    [LoggerMessage(10101, LogLevel.Information, "Ready: every destination was probed once, or five seconds have passed.")]
    private partial void LogReady();
}
