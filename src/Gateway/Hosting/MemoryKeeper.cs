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
internal sealed class MemoryKeeper(FailoverLoop loop, string folder, TimeProvider time, GatewayLog log)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private readonly StateLines<KeptMemory> _lines =
        new(Path.Combine(folder, "health"), "health status", static memory => memory.IsSound, log.For<MemoryKeeper>());

    private volatile string? _alarm;
    private bool _holds;

    /// <summary>Why it is not written now; null: all is well.</summary>
    public string? Alarm => _alarm;

    /// <summary>Puts it in force again. Begin it before the loop starts, so that no probe ends before; wait for it after that.</summary>
    public async Task<IReadOnlyList<(Command Command, CommandResult Result)>> ResumeAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var memories = _lines.Read().ToArray();
        _holds = memories.Length > 0;
        return await Task.WhenAll(memories
            .Select(memory => memory.CommandAt(now))
            .OfType<ResumeCommand>()
            .Select(async command => ((Command)command, await loop.CommandAsync(command, cancellationToken).ConfigureAwait(false))))
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

    private void Write()
    {
        if (loop.Memories is not { } memories || (memories.Count == 0 && !_holds && _alarm is null))
        {
            return;
        }

        var at = time.GetUtcNow().ToUnixTimeMilliseconds();
        _alarm = _lines.Write(memories.Select(memory => new KeptMemory(at, memory))) is { } problem
            ? $"The active tier and relapses cannot be written to the state folder, and a restart would forget them: {problem} "
                + "Repair the folder."
            : null;
        _holds = memories.Count > 0;
    }
}
