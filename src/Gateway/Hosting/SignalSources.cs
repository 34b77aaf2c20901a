using Gateway.Configuration.Reload;
using Gateway.Failover;
using Gateway.Health.Model;
using Gateway.Health.Signals;
using Gateway.Health.Signals.Lines;
using Gateway.Redis;

namespace Gateway.Hosting;

/// <summary>What the gateway reads of destinations beside probes and requests.</summary>
internal sealed class SignalSources
{
    private readonly ConfigStore _config;
    private readonly FailoverLoop _loop;
    private readonly SignalWatch _watch;

    public SignalSources(ConfigStore config, FailoverLoop loop, RedisConnection? redis, TimeProvider time, GatewayLog log)
    {
        _config = config;
        _loop = loop;
        Alerts = new AlertBoard(Targets, loop.Report, time);
        var readers = new SignalReaders(DestinationsOf, Alerts, Lines, redis, loop.Report, time, log.For<SignalReaders>());
        _watch = new SignalWatch(Targets, readers.Of, time, log.For<SignalWatch>());
    }

    /// <summary>Alerts from outside.</summary>
    public AlertBoard Alerts { get; }

    /// <summary>Lines from outside.</summary>
    public LineBoard Lines { get; } = new();

    /// <summary>Reads until it is cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _watch.RunAsync(cancellationToken);

    private IEnumerable<SignalTarget> Targets() =>
        from cluster in _config.Current.Clusters
        where !cluster.Signals.IsEmpty
        select new SignalTarget(cluster, DestinationsOf(cluster.Name));

    private Destination[] DestinationsOf(string cluster) =>
        _loop.Find(cluster)?.Snapshot.Tiers is { } tiers ? [.. tiers.SelectMany(static tier => tier.All)] : [];
}
