using System.Net;
using Gateway.Health.Kubernetes;
using Gateway.Health.Probing;

namespace Gateway.Failover;

/// <summary>Looks names up beside the loop, and reports to it what they resolve to.</summary>
internal sealed class NameLookup(FailoverInbox inbox, TimeProvider time, CancellationToken stopping) : IDisposable
{
    /// <summary>Turns names into addresses; empty: the name does not resolve now.</summary>
    public Func<string, TimeProvider, CancellationToken, Task<IReadOnlyList<IPAddress>>> Resolver { get; set; } = NameResolver.ResolveAsync;

    /// <summary>Turns services into endpoints.</summary>
    public Func<string, TimeProvider, CancellationToken, Task<ResolvedName>> Services { get; set; } =
        new ServiceResolver().ResolveAsync;

    /// <summary>Follows Services of Kubernetes.</summary>
    public KubernetesServices Kubernetes { get; set; } =
        new(static () => ClusterFinder.Find(Environment.GetEnvironmentVariable), time);

    /// <summary>
    /// Looks one name up, or follows it for as long as the configuration has it; never throws when the gateway stops.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="unused">The configuration has it no more.</param>
    public async Task ResolveAsync(DnsName name, CancellationToken unused)
    {
        try
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            if (name.Kubernetes is { } service)
            {
                using var either = CancellationTokenSource.CreateLinkedTokenSource(unused, stopping);
                await Kubernetes.FollowAsync(
                    service,
                    resolved => inbox.ReportNameAsync(name, resolved, either.Token),
                    either.Token).ConfigureAwait(false);
                return;
            }

            var found = name.IsService
                ? await Services(name.Host, time, stopping).ConfigureAwait(false)
                : NameResolver.Of(await Resolver(name.Host, time, stopping).ConfigureAwait(false));
            await inbox.ReportNameAsync(name, found, stopping).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Stopping: the addresses are not needed.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Kubernetes.Dispose();
}
