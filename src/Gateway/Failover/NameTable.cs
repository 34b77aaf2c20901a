using Gateway.Health.Probing;

namespace Gateway.Failover;

/// <summary>
/// The names of the configuration that stand for addresses, and when each is resolved again. Addresses that are known stay in use while a
/// name does not resolve. A Service of Kubernetes is followed for as long as the configuration names it. Only the failover loop touches it.
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
            _names.Remove(gone, out var known);
            known!.Unused.Cancel();
            known.Unused.Dispose();
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
    /// <param name="resolve">Its result comes back by <see cref="OnResolved"/>; its token ends when the name is not needed.</param>
    /// <param name="now">The loop's clock.</param>
    public void ResolveDue(Action<DnsName, CancellationToken> resolve, TimeSpan now)
    {
        foreach (var (name, known) in _names)
        {
            if (!known.Running && now >= known.NextAt)
            {
                known.Running = true;
                known.BegunAt = now;
                resolve(name, known.Unused.Token);
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

        // What is followed goes on by itself.
        known.Running = name.Kubernetes is not null;
        known.NextAt = known.BegunAt + resolved.ValidFor;
        var isEmpty = resolved.Endpoints.Count == 0 && !resolved.IsCertain;
        Note(name, known, isEmpty || resolved.Problem is not null, resolved);
        if (isEmpty)
        {
            return false;
        }

        if (resolved.Endpoints.SequenceEqual(known.Endpoints))
        {
            return false;
        }

        known.Endpoints = resolved.Endpoints;
        NameChanged(name.Host, resolved.Endpoints.Count);
        return true;
    }

    private void Note(DnsName name, KnownName known, bool fails, ResolvedName resolved)
    {
        var isNew = fails && !(known.Failing && string.Equals(known.Problem, resolved.Problem, StringComparison.Ordinal));
        (known.Failing, known.Problem) = (fails, resolved.Problem);
        if (!isNew)
        {
            return;
        }

        if (resolved.Problem is { } problem)
        {
            ServiceUnclear(name.Host, problem, resolved.IsCertain ? resolved.Endpoints.Count : known.Endpoints.Count);
        }
        else
        {
            NameFailed(name.Host, known.Endpoints.Count);
        }
    }

    [LoggerMessage(4008, LogLevel.Warning, "The name '{Host}' does not resolve; the {Known} addresses known of it stay in use.")]
    private partial void NameFailed(string host, int known);

    [LoggerMessage(4009, LogLevel.Information, "The name '{Host}' now stands for {Count} addresses.")]
    private partial void NameChanged(string host, int count);

    [LoggerMessage(4019, LogLevel.Warning, "The Service '{Name}' of Kubernetes: {Problem}. {Count} endpoints are in use.")]
    private partial void ServiceUnclear(string name, string problem, int count);

    /// <summary>A name that stands for addresses.</summary>
    private sealed class KnownName
    {
        public IReadOnlyList<ResolvedEndpoint> Endpoints { get; set; } = [];

        public TimeSpan BegunAt { get; set; }

        public TimeSpan NextAt { get; set; }

        public bool Running { get; set; }

        public bool Failing { get; set; }

        public string? Problem { get; set; }

        /// <summary>Cancelled when the configuration does not have the name any more.</summary>
        public CancellationTokenSource Unused { get; } = new();
    }
}
