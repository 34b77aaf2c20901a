using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Gateway.Fleet;

/// <summary>
/// Purges of last-good responses on their way to the other gateways, and those that came from them. A gateway that missed too many forgets
/// everything: that can only keep too little.
/// </summary>
internal sealed class PurgeLog
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private ImmutableList<SharedPurge> _waiting = [];
    private bool _hasRead;

    /// <summary>Purged here; to be told. What does not fit becomes one purge of everything.</summary>
    public void Add(string by, string text)
    {
        var purge = new SharedPurge(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), by, text);
        lock (_lock)
        {
            var fits = _waiting.Count < FleetScript.MostPurges / 2 && text.Length < FleetPayload.MaxLength / 8;
            _waiting = fits ? _waiting.Add(purge) : [purge with { By = Everything.By, Text = Everything.Text }];
        }
    }

    /// <summary>What is to be told.</summary>
    public ImmutableList<SharedPurge> Waiting()
    {
        lock (_lock)
        {
            return _waiting;
        }
    }

    /// <summary>These were told.</summary>
    public void Sent(ImmutableList<SharedPurge> sent)
    {
        lock (_lock)
        {
            _waiting = _waiting.RemoveAll(sent.Contains);
        }

        foreach (var purge in sent)
        {
            _seen.Add(purge.Id);
        }
    }

    /// <summary>
    /// Those that were not seen before, oldest first. <paramref name="running"/> is how long this gateway runs: what is older met nothing
    /// of it.
    /// </summary>
    public IReadOnlyList<SharedPurge> News(List<(TimeSpan Age, byte[] Payload)> log, TimeSpan running)
    {
        var all = log.Select(static l => (l.Age, Purge: FleetPayload.Decode<SharedPurge>(l.Payload)))
            .Where(static l => l.Purge is { IsSound: true })
            .Select(static l => (l.Age, Purge: l.Purge!))
            .ToArray();
        var missed = _hasRead && _seen.Count > 0 && all.Length >= FleetScript.MostPurges && !all.Any(l => _seen.Contains(l.Purge.Id));
        var news = all.Where(l => !_seen.Contains(l.Purge.Id) && l.Age <= running).Select(static l => l.Purge).ToArray();

        // Only what stands in the log can come again.
        _hasRead = true;
        _seen.Clear();
        _seen.UnionWith(all.Select(static l => l.Purge.Id));
        return missed ? [Everything] : news;
    }

    private static readonly SharedPurge Everything = new("all", "Prefix", "");
}
