using System.Net;
using Gateway.Health;

namespace Gateway.Failover;

/// <summary>
/// The names of the configuration that stand for addresses, and when each is resolved again. Addresses that are known stay in use while a
/// name does not resolve. Only the failover loop touches it.
/// </summary>
internal sealed partial class NameTable(ILogger logger)
{
    private readonly ILogger _logger = logger;
    private readonly Dictionary<string, ResolvedName> _names = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The addresses known of a name.</summary>
    public IReadOnlyList<IPAddress> AddressesOf(string host) => _names.TryGetValue(host, out var name) ? name.Addresses : [];

    /// <summary>A configuration needs these names; addresses already known stay.</summary>
    public void Use(IReadOnlySet<string> hosts)
    {
        foreach (var gone in _names.Keys.Where(n => !hosts.Contains(n)).ToArray())
        {
            _names.Remove(gone);
        }

        foreach (var host in hosts)
        {
            _names.TryAdd(host, new ResolvedName());
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
    public void ResolveDue(Action<string> resolve, TimeSpan now)
    {
        foreach (var (host, name) in _names)
        {
            if (!name.Running && now >= name.NextAt)
            {
                name.Running = true;
                name.NextAt = now + NameResolver.Interval;
                resolve(host);
            }
        }
    }

    /// <summary>A name was resolved; true: it stands for other addresses now.</summary>
    /// <param name="host">The name.</param>
    /// <param name="addresses">None: it does not resolve.</param>
    public bool OnResolved(string host, IReadOnlyList<IPAddress> addresses)
    {
        if (!_names.TryGetValue(host, out var name))
        {
            return false;
        }

        name.Running = false;
        if (addresses.Count == 0)
        {
            if (!name.Failing)
            {
                NameFailed(host, name.Addresses.Count);
            }

            name.Failing = true;
            return false;
        }

        name.Failing = false;
        if (addresses.SequenceEqual(name.Addresses))
        {
            return false;
        }

        name.Addresses = addresses;
        NameChanged(host, addresses.Count);
        return true;
    }

    [LoggerMessage(4008, LogLevel.Warning, "The name '{Host}' does not resolve; the {Known} addresses known of it stay in use.")]
    private partial void NameFailed(string host, int known);

    [LoggerMessage(4009, LogLevel.Information, "The name '{Host}' now stands for {Count} addresses.")]
    private partial void NameChanged(string host, int count);

    /// <summary>A name that stands for addresses.</summary>
    private sealed class ResolvedName
    {
        public IReadOnlyList<IPAddress> Addresses { get; set; } = [];

        public TimeSpan NextAt { get; set; }

        public bool Running { get; set; }

        public bool Failing { get; set; }
    }
}
