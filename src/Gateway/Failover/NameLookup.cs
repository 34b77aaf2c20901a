using System.Net;
using Gateway.Health.Probing;

namespace Gateway.Failover;

/// <summary>Looks names up beside the loop, and reports to it what they resolve to.</summary>
internal sealed class NameLookup(FailoverInbox inbox, TimeProvider time, CancellationToken stopping)
{
    /// <summary>Turns names into addresses; empty: the name does not resolve now.</summary>
    public Func<string, TimeProvider, CancellationToken, Task<IReadOnlyList<IPAddress>>> Resolver { get; set; } = NameResolver.ResolveAsync;

    /// <summary>Turns services into endpoints.</summary>
    public Func<string, TimeProvider, CancellationToken, Task<ResolvedName>> Services { get; set; } =
        new ServiceResolver().ResolveAsync;

    /// <summary>Looks one name up; never throws when the gateway stops.</summary>
    public async Task ResolveAsync(DnsName name)
    {
        try
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            var resolved = name.IsService
                ? await Services(name.Host, time, stopping).ConfigureAwait(false)
                : NameResolver.Of(await Resolver(name.Host, time, stopping).ConfigureAwait(false));
            await inbox.ReportNameAsync(name, resolved, stopping).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Stopping: the addresses are not needed.
        }
    }
}
