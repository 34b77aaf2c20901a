using Gateway.Failover;
using Gateway.Fleet;

namespace Gateway.Hosting;

/// <summary>
/// Keeps in <c>health</c> of the state folder what a restart must not forget of clusters: the active tier, relapses, how long tiers have
/// been able to serve, ejections. Written every 5 s while there is any, and at the stop; while every cluster is served by its first tier
/// there is none. For a gateway without Redis: with it, the fleet goes on where it was.
/// </summary>
/// <param name="loop">Knows it.</param>
/// <param name="folder">The state folder.</param>
/// <param name="time">The clock.</param>
/// <param name="log">The log.</param>
internal sealed class SavedStateKeeper(FailoverLoop loop, string folder, TimeProvider time, GatewayLog log)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private readonly StateLines<SavedClusterRecord> _lines =
        new(Path.Combine(folder, "health"), "health status", static record => record.IsSound, log.For<SavedStateKeeper>());

    private volatile string? _alarm;
    private bool _holds;

    /// <summary>Why it is not written now; null: all is well.</summary>
    public string? Alarm => _alarm;

    /// <summary>Puts it in force again. Begin it before the loop starts, so that no probe ends before; wait for it after that.</summary>
    public async Task<IReadOnlyList<(Command Command, CommandResult Result)>> ResumeAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var records = _lines.Read().ToArray();
        _holds = records.Length > 0;
        return await Task.WhenAll(records
            .Select(record => record.CommandAt(now))
            .OfType<ResumeCommand>()
            .Select(async command => ((Command)command, await ResumeAsync(command, cancellationToken).ConfigureAwait(false))))
            .ConfigureAwait(false);
    }

    /// <summary>Writes until the gateway stops, and once more then.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Every, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
            {
                Write();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            Write();
        }
    }

    // Whatever is wrong with what was saved, the gateway starts.
    private async Task<CommandResult> ResumeAsync(ResumeCommand command, CancellationToken cancellationToken)
    {
        try
        {
            return await loop.CommandAsync(command, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new CommandResult(
                Done: false, $"Cluster '{command.Cluster}' begins anew, since what was saved cannot be used: {e.Message}");
        }
    }

    private void Write()
    {
        if (loop.Saved is not { } saved || (saved.Count == 0 && !_holds && _alarm is null))
        {
            return;
        }

        var now = time.GetUtcNow();
        _alarm = _lines.Write(saved.Select(cluster => SavedClusterRecord.Of(cluster, now))) is { } problem
            ? $"The active tier and relapses cannot be written to the state folder, and a restart would forget them: {problem} "
                + "Repair the folder."
            : null;
        _holds = saved.Count > 0;
    }
}
