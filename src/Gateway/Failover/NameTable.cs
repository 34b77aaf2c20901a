using Gateway.Health.Probing;

namespace Gateway.Failover;

/// <summary>
/// The names of the configuration that stand for addresses, and when each is resolved again. Addresses that are known stay in use while a
/// name does not resolve. Only the failover loop touches it.
/// </summary>
internal sealed partial class NameTable(ILogger logger)
{
    private readonly ILogger _logger = logger;
    private readonly Dictionary<DnsName, KnownName> _names = [];

    /// <summary>What is known of a name.</summary>
    public IReadOnlyList<ResolvedEndpoint> EndpointsOf(DnsName name) => _names.TryGetValue(name, out var known) ? known.Endpoints : [];

    /// <summary>What is known of every name.</summary>
    public IEnumerable<(DnsName Name, IReadOnlyList<ResolvedEndpoint> Endpoints)> All =>
        _names.Select(static name => (name.Key, name.Value.Endpoints));

    /// <summary>A configuration needs these names; addresses already known stay.</summary>
    public void Use(IReadOnlySet<DnsName> names)
    {
        foreach (var gone in _names.Keys.Where(n => !names.Contains(n)).ToArray())
        {
            _names.Remove(gone);
        }

        foreach (var name in names)
        {
            _names.TryAdd(name, new KnownName());
        }
    }

    /// <summary>When the next name has to be resolved.</summary>
    public TimeSpan DueAt
    {
        get
        {
            var due = TimeSpan.MaxValue;
            foreach (var name in _names.Values)
            {
                due = !name.Running && name.NextAt < due ? name.NextAt : due;
            }

            return due;
        }
    }

    /// <summary>Begins to resolve the names whose time has come.</summary>
    /// <param name="resolve">Its result comes back by <see cref="OnResolved"/>.</param>
    /// <param name="now">The loop's clock.</param>
    public void ResolveDue(Action<DnsName> resolve, TimeSpan now)
    {
        foreach (var (name, known) in _names)
        {
            if (!known.Running && now >= known.NextAt)
            {
                known.Running = true;
                known.BegunAt = now;
                resolve(name);
            }
        }
    }

    /// <summary>A name was resolved; true: it stands for other endpoints now.</summary>
    /// <param name="name">The name.</param>
    /// <param name="resolved">What it stands for.</param>
    public bool OnResolved(DnsName name, ResolvedName resolved)
    {
        if (!_names.TryGetValue(name, out var known))
        {
            return false;
        }

        known.Running = false;
        known.NextAt = known.BegunAt + resolved.ValidFor;
        if (resolved.Endpoints.Count == 0)
        {
            if (!known.Failing)
            {
                NameFailed(name.Host, known.Endpoints.Count);
            }

            known.Failing = true;
            return false;
        }

        known.Failing = false;
        if (resolved.Endpoints.SequenceEqual(known.Endpoints))
        {
            return false;
        }

        known.Endpoints = resolved.Endpoints;
        NameChanged(name.Host, resolved.Endpoints.Count);
        return true;
    }

    [LoggerMessage(4008, LogLevel.Warning, "The name '{Host}' does not resolve; the {Known} addresses known of it stay in use.")]
    private partial void NameFailed(string host, int known);

    [LoggerMessage(4009, LogLevel.Information, "The name '{Host}' now stands for {Count} addresses.")]
    private partial void NameChanged(string host, int count);

    /// <summary>A name that stands for addresses.</summary>
    private sealed class KnownName
    {
        public IReadOnlyList<ResolvedEndpoint> Endpoints { get; set; } = [];

        public TimeSpan BegunAt { get; set; }

        public TimeSpan NextAt { get; set; }

        public bool Running { get; set; }

        public bool Failing { get; set; }
    }
}
