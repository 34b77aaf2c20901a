using System.Collections.Immutable;
using System.Net;
using Gateway.Admin.Status;
using Gateway.Configuration;
using Gateway.Configuration.History;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reload;
using Gateway.Hosting.Canaries;
using Gateway.Observability.History;

namespace Gateway.Hosting;

/// <summary>The configuration in force, and the file that it comes from.</summary>
internal sealed partial class ConfigSource
{
    private readonly ILogger<ConfigSource> _logger;
    private readonly string _path;
    private readonly Func<string, string?> _environment;
    private ConfigCanary? _canary;

    public ConfigSource(ConfigResult loaded, string path, Func<string, string?> environment, TimeProvider time, GatewayLog log)
    {
        (_path, _environment, _logger) = (path, environment, log.For<ConfigSource>());
        Store = new ConfigStore(loaded, time, log.For<ConfigStore>());
        History = new ConfigHistory(Store.Current.State, log.For<ConfigHistory>());
        Watcher = new ConfigWatcher(path, Store, environment, time, log.For<ConfigWatcher>());
    }

    /// <summary>The configuration in force, and what became of the file since.</summary>
    public ConfigStore Store { get; }

    /// <summary>Follows the file.</summary>
    public ConfigWatcher Watcher { get; }

    /// <summary>What was in force before.</summary>
    public ConfigHistory History { get; }

    /// <summary>The configuration in force.</summary>
    public GatewayConfig Current => Store.Current;

    /// <summary>Tries what changed.</summary>
    public ConfigCanary Canary => _canary ?? throw new InvalidOperationException("The rooms are not connected yet.");

    /// <summary>Says what puts a configuration in force, what may keep it out of force, and what is told of it.</summary>
    public void Connect(ConfigActivation activation, Records records, Announcements announcements, ConfigCanary canary)
    {
        _canary = canary;
        Store.ApplyBy(activation.ApplyAsync);
        Store.GateBy(new ReloadGuard(records, _environment, Store.Time).JudgeAsync, canary.JudgeAsync);
        Store.WhenApplied(announcements.Announce);
        Store.WhenApplied(canary.Begin);
        Store.WhenRejected(announcements.Announce);
    }

    /// <summary>With what operators may see of earlier configurations and of canary.</summary>
    public AdminSources Complete(AdminSources sources) => sources with
    {
        Revisions = History,
        HoldsSecrets = HoldsSecrets,
        Canary = () => Canary.Text,
    };

    /// <summary>Follows the file and the canary; ends as soon as one of the two does.</summary>
    public async Task RunAsync(CancellationToken stopping) =>
        await (await Task.WhenAny(Watcher.RunAsync(stopping), Canary.RunAsync(stopping)).ConfigureAwait(false)).ConfigureAwait(false);

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

    /// <summary>
    /// Takes the state folder for this process alone, and keeps each revision in it from now on, beginning with the one in force.
    /// </summary>
    public async Task<StateLock> TakeStateAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var taken = await StateLock.TakeAsync(Current.State, time, cancellationToken).ConfigureAwait(false);
        Store.KeepIn(History);
        return taken;
    }

    /// <summary>Reads the file again, as a signal asked.</summary>
    public async Task ReloadAsync(CancellationToken stopping)
    {
        try
        {
            await Watcher.ReloadAsync(ReloadRequest.OfFile, stopping).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InvalidOperationException or OperationCanceledException)
        {
            LogReloadNotDone(e);
        }
    }

    // One that is no longer valid may hold anything.
    private bool HoldsSecrets(ConfigRevision revision) =>
        ConfigLoader.Validate(revision.SetAt(_path), _environment).Config is not { } config || ConfigView.HoldsSecrets(config);

    [LoggerMessage(10105, LogLevel.Warning, "A reload that a signal asked for was not done.")]
    private partial void LogReloadNotDone(Exception exception);
}
