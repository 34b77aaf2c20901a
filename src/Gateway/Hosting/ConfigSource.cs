using System.Collections.Immutable;
using System.Net;
using Gateway.Configuration;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reload;

namespace Gateway.Hosting;

/// <summary>The configuration in force, and the file that it comes from.</summary>
internal sealed partial class ConfigSource
{
    private readonly ILogger<ConfigSource> _logger;

    public ConfigSource(ConfigResult loaded, string path, Func<string, string?> environment, TimeProvider time, GatewayLog log)
    {
        _logger = log.For<ConfigSource>();
        Store = new ConfigStore(loaded, time, log.For<ConfigStore>());
        Watcher = new ConfigWatcher(path, Store, environment, time, log.For<ConfigWatcher>());
    }

    /// <summary>The configuration in force, and what became of the file since.</summary>
    public ConfigStore Store { get; }

    /// <summary>Follows the file.</summary>
    public ConfigWatcher Watcher { get; }

    /// <summary>The configuration in force.</summary>
    public GatewayConfig Current => Store.Current;

    /// <summary><c>trustedProxies</c>.</summary>
    public ImmutableArray<IPNetwork> TrustedProxies() => Store.Current.TrustedProxies;

    /// <summary>The cluster of a route; null: it has none.</summary>
    public string? ClusterOf(string route)
    {
        foreach (var known in Store.Current.Routes)
        {
            if (string.Equals(known.Name, route, StringComparison.Ordinal) && known.Cluster.Length > 0)
            {
                return known.Cluster;
            }
        }

        return null;
    }

    /// <summary>Reads the file again, as a signal asked.</summary>
    public async Task ReloadAsync(CancellationToken stopping)
    {
        try
        {
            await Watcher.ReloadAsync(confirmed: false, stopping).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InvalidOperationException or OperationCanceledException)
        {
            LogReloadNotDone(e);
        }
    }

    [LoggerMessage(10105, LogLevel.Warning, "A reload that a signal asked for was not done.")]
    private partial void LogReloadNotDone(Exception exception);
}
