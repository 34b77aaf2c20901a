using System.Collections.Frozen;
using System.Net;
using System.Threading.Channels;
using Gateway.Configuration.Model;
using Gateway.Health;

namespace Gateway.Failover;

/// <content>Changed configurations and changed addresses.</content>
internal sealed partial class FailoverLoop
{
    private void Apply(GatewayConfig config, TimeSpan now)
    {
        // 1. The names that must be resolved; addresses already known stay.
        var hosts = config.Clusters.SelectMany(c => c.Tiers).SelectMany(t => t.Destinations).Where(d => d.Resolve).Select(d => d.Url.DnsSafeHost).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var gone in _names.Keys.Where(n => !hosts.Contains(n)).ToArray())
        {
            _names.Remove(gone);
        }

        foreach (var host in hosts)
        {
            _names.TryAdd(host, new ResolvedName());
        }

        // 2. Clusters that are new, changed or the same; what they no longer need is retired.
        foreach (var cluster in config.Clusters)
        {
            if (_runtimes.TryGetValue(cluster.Name, out var runtime))
            {
                Retire(runtime.Rebuild(cluster, AddressesOf, _time, now));
            }
            else
            {
                _runtimes[cluster.Name] = new ClusterRuntime(cluster, AddressesOf, _time, now);
            }
        }

        // 3. Clusters that left.
        foreach (var gone in _runtimes.Values.Where(r => !config.Clusters.Any(c => string.Equals(c.Name, r.Config.Name, StringComparison.Ordinal))).ToArray())
        {
            _runtimes.Remove(gone.Config.Name);
            Retire([.. gone.Watches]);
        }

        // 4. Published.
        IndexWatches();
        var routes = config.Routes.Select(r => r.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var runtime in _runtimes.Values)
        {
            runtime.Cluster.Retain(routes);
            Evaluate(runtime, order: null, command: null, now);
        }

        Volatile.Write(ref _clusters, _runtimes.Values.ToFrozenDictionary(r => r.Config.Name, r => r.Cluster, StringComparer.Ordinal));
    }

    private void IndexWatches()
    {
        _watches.Clear();
        foreach (var cluster in _runtimes.Values)
        {
            foreach (var watch in cluster.Watches)
            {
                _watches[watch.Destination] = (cluster, watch);
            }
        }
    }

    private void Retire(IReadOnlyList<DestinationWatch> watches)
    {
        foreach (var watch in watches)
        {
            _retiring.Add(watch.RetireAsync());
        }
    }

    private IReadOnlyList<IPAddress> AddressesOf(string host) => _names.TryGetValue(host, out var name) ? name.Addresses : [];

    private void Resolve(TimeSpan now)
    {
        foreach (var (host, name) in _names)
        {
            if (!name.Running && now >= name.NextAt)
            {
                name.Running = true;
                name.NextAt = now + NameResolver.Interval;
                _retiring.Add(ResolveAsync(host));
            }
        }
    }

    private async Task ResolveAsync(string host)
    {
        try
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            var addresses = await Resolver(host, _time, _stopping.Token).ConfigureAwait(false);
            await _messages.Writer.WriteAsync(new Message(new NameMessage(host, addresses)), _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ChannelClosedException or OperationCanceledException)
        {
            // Stopping: the addresses are not needed.
        }
    }

    private void OnResolved(NameMessage message, TimeSpan now)
    {
        if (!_names.TryGetValue(message.Host, out var name))
        {
            return;
        }

        name.Running = false;
        if (message.Addresses.Count == 0)
        {
            if (!name.Failing)
            {
                NameFailed(message.Host, name.Addresses.Count);
            }

            name.Failing = true;
            return;
        }

        name.Failing = false;
        if (message.Addresses.SequenceEqual(name.Addresses))
        {
            return;
        }

        name.Addresses = message.Addresses;
        NameChanged(message.Host, message.Addresses.Count);
        foreach (var cluster in _runtimes.Values)
        {
            if (cluster.Config.Tiers.Any(t => t.Destinations.Any(d => d.Resolve && string.Equals(d.Url.DnsSafeHost, message.Host, StringComparison.OrdinalIgnoreCase))))
            {
                Retire(cluster.Rebuild(cluster.Config, AddressesOf, _time, now));
            }
        }

        IndexWatches();
    }

    /// <summary>A name that stands for addresses.</summary>
    private sealed class ResolvedName
    {
        public IReadOnlyList<IPAddress> Addresses { get; set; } = [];

        public TimeSpan NextAt { get; set; }

        public bool Running { get; set; }

        public bool Failing { get; set; }
    }
}
