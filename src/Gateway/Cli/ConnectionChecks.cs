using System.Globalization;
using System.Text;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Health.Kubernetes;
using Gateway.Health.Model;
using Gateway.Health.Probing;

namespace Gateway.Cli;

/// <summary>One destination, probed once.</summary>
/// <param name="Cluster">Its cluster.</param>
/// <param name="Tier">Its tier.</param>
/// <param name="Destination">Its name.</param>
/// <param name="Url">What was asked for.</param>
/// <param name="Passed">It answered as the probe expects.</param>
/// <param name="Result">"passed", or what is wrong.</param>
/// <param name="Milliseconds">How long it took.</param>
internal sealed record ConnectionCheck(
    string Cluster,
    string Tier,
    string Destination,
    string Url,
    bool Passed,
    string Result,
    double Milliseconds);

/// <summary>Probes every destination of a configuration once, as the running gateway would.</summary>
internal static class ConnectionChecks
{
    private const int AtOnce = 16;

    /// <summary>In the order of the configuration; a name that stands for addresses gives one check an address.</summary>
    public static async Task<IReadOnlyList<ConnectionCheck>> RunAsync(
        GatewayConfig config,
        Func<string, string?> environment,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        using var kubernetes = new KubernetesServices(() => ClusterFinder.Find(environment), time);
        var names = new NameChecks(kubernetes, time);
        using var slots = new SemaphoreSlim(AtOnce);
        var running = new List<Task<IReadOnlyList<ConnectionCheck>>>();
        foreach (var cluster in config.Clusters)
        {
            foreach (var tier in cluster.Tiers)
            {
                running.AddRange(tier.Destinations.Select(destination => CheckAsync(
                    cluster,
                    tier.Name,
                    destination,
                    names,
                    slots,
                    time,
                    cancellationToken)));
            }
        }

        return [.. (await Task.WhenAll(running)).SelectMany(static checks => checks)];
    }

    /// <summary>For a terminal.</summary>
    public static string Text(IReadOnlyList<ConnectionCheck> checks)
    {
        var text = new StringBuilder();
        foreach (var cluster in checks.GroupBy(static c => c.Cluster, StringComparer.Ordinal))
        {
            text.Append("\nDestinations of ").Append(cluster.Key).Append('\n');
            Columns.Table(text, "  ", [.. cluster.Select(static c => new[]
            {
                c.Tier,
                c.Destination,
                c.Passed ? string.Create(CultureInfo.InvariantCulture, $"passed in {c.Milliseconds:0} ms") : "FAILED",
                c.Passed ? c.Url : $"{c.Result} ({c.Url})",
            })]);
        }

        var failed = checks.Count(static c => !c.Passed);
        return text.Append(
            CultureInfo.InvariantCulture,
            $"\n{(failed == 0 ? $"All {checks.Count} destinations passed." : $"{failed} of {checks.Count} destinations failed.")}"
                + $"\n").ToString();
    }

    private static async Task<IReadOnlyList<ConnectionCheck>> CheckAsync(
        ClusterConfig cluster,
        string tier,
        DestinationConfig destination,
        NameChecks names,
        SemaphoreSlim slots,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        await slots.WaitAsync(cancellationToken);
        try
        {
            if (!destination.Resolve)
            {
                return [await ProbeAsync(
                    cluster,
                    new Destination(cluster.Name, tier, destination.Name, destination.Url),
                    time,
                    cancellationToken)];
            }

            var (found, problem) = await names.LookUpAsync(destination, cancellationToken);
            if (problem is not null)
            {
                return [new ConnectionCheck(
                    cluster.Name,
                    tier,
                    destination.Name,
                    destination.Kubernetes is { } service ? $"kubernetes://{service}" : destination.Url.ToString(),
                    Passed: false,
                    problem,
                    0)];
            }

            List<ConnectionCheck> checks = [];
            foreach (var endpoint in found)
            {
                var place = DestinationPlace.Of(destination, endpoint);
                checks.Add(await ProbeAsync(
                    cluster,
                    new Destination(cluster.Name, tier, place.Name, place.Url, place.HostName),
                    time,
                    cancellationToken));
            }

            return checks;
        }
        finally
        {
            slots.Release();
        }
    }

    private static async Task<ConnectionCheck> ProbeAsync(
        ClusterConfig cluster,
        Destination destination,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        destination.Tls = cluster.Tls is { } tls ? new ClusterTls(cluster.Name, tls) : null;
        using var prober = new Prober(destination, time);
        var result = await prober.ProbeAsync(cluster.Probe, cancellationToken);
        var path = cluster.Probe.Type switch { ProbeType.Tcp => "/", ProbeType.Grpc => GrpcHealth.Path, _ => cluster.Probe.Path };
        var url = ProbeExchange.AddressOf(destination.Url, path, cluster.Probe.Port).GetComponents(
            UriComponents.HttpRequestUrl,
            UriFormat.UriEscaped);
        return new ConnectionCheck(
            cluster.Name,
            destination.Tier,
            destination.Name,
            url,
            result.Passed,
            result.Words,
            Math.Round(result.Duration.TotalMilliseconds, 1));
    }
}
