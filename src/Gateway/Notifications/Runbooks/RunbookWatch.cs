using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Health.Model;

namespace Gateway.Notifications.Runbooks;

/// <summary>
/// Since when each runbook's condition has held of each destination. Knows no clock and does no I/O; only the runbooks' loop touches it.
/// </summary>
internal sealed class RunbookWatch
{
    /// <summary>A destination counts as faulty for so long after it was: several that fail by turns have one cause, too.</summary>
    public static readonly TimeSpan FaultyFor = TimeSpan.FromSeconds(10);

    // Names from DNS come and go.
    private const int MostSeenWell = 20_000;

    // What happened between two looks that lie further apart was not seen.
    private static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(5);

    private readonly Dictionary<FaultKey, TimeSpan> _since = [];
    private readonly Dictionary<FaultKey, TimeSpan> _faulty = [];
    private readonly HashSet<FaultKey> _tried = [];
    private readonly HashSet<FaultKey> _unknown = [];
    private readonly HashSet<FaultKey> _seenWell = [];
    private TimeSpan? _looked;

    /// <summary>The faults now, in the order of the configuration, due or not.</summary>
    public IReadOnlyList<RunbookFault> Look(IReadOnlyList<RunbookConfig> runbooks, IReadOnlyList<ClusterView> clusters, TimeSpan now)
    {
        if (now - _looked is { } gap && gap > LongestGap)
        {
            foreach (var key in _since.Keys.ToArray())
            {
                _since[key] += gap;
            }
        }

        _looked = now;
        _unknown.Clear();
        List<RunbookFault> faults = [];
        foreach (var runbook in runbooks)
        {
            foreach (var cluster in clusters)
            {
                if (runbook.IsFor(cluster.Name))
                {
                    Look(runbook, cluster, now);
                    if (cluster.Settled)
                    {
                        AddFaults(runbook, cluster, faults, now);
                    }
                }
            }
        }

        Forget(faults, now);
        return faults;
    }

    /// <summary>A run was made for this fault, or would have been.</summary>
    public void MarkTried(FaultKey key) => _tried.Add(key);

    /// <summary>No run was made for it after all.</summary>
    public void ForgetTried(FaultKey key) => _tried.Remove(key);

    /// <summary>A run was made, or would have been, since the destination was last well.</summary>
    public bool IsTried(FaultKey key) => _tried.Contains(key);

    /// <summary>The destination is faulty, as this runbook sees it, or was just now.</summary>
    public bool IsFaulty(RunbookConfig runbook, string cluster, string destination) =>
        _faulty.ContainsKey(new FaultKey(runbook.Name, cluster, destination));

    private void Look(RunbookConfig runbook, ClusterView cluster, TimeSpan now)
    {
        foreach (var tier in cluster.Tiers)
        {
            foreach (var destination in tier.Destinations)
            {
                var key = new FaultKey(runbook.Name, cluster.Name, destination.Name);
                if (destination.Lost || RunbookSubjects.Holds(runbook.When, destination))
                {
                    _faulty[key] = now;
                }
                else if (!cluster.Settled || destination.HealthStatus == HealthStatus.Unknown)
                {
                    // Of these it cannot be said that they are well.
                    _unknown.Add(key);
                }
                else
                {
                    _seenWell.Add(key);
                }
            }
        }
    }

    private void AddFaults(RunbookConfig runbook, ClusterView cluster, List<RunbookFault> faults, TimeSpan now)
    {
        foreach (var (tier, destination) in RunbookSubjects.Of(runbook.When, cluster))
        {
            var key = new FaultKey(runbook.Name, cluster.Name, destination.Name);
            if (!_since.TryGetValue(key, out var since))
            {
                since = now;
                _since.Add(key, since);
            }

            faults.Add(new RunbookFault(runbook, key, tier.Name, since) { IsBeginKnown = _seenWell.Contains(key) });
        }
    }

    private void Forget(List<RunbookFault> faults, TimeSpan now)
    {
        if (_since.Count > faults.Count || _tried.Count > 0)
        {
            var held = faults.Select(static fault => fault.Key).ToHashSet();
            foreach (var key in _since.Keys.Where(key => !held.Contains(key)).ToArray())
            {
                _since.Remove(key);
            }

            _tried.RemoveWhere(key => !held.Contains(key) && !_unknown.Contains(key));
        }

        if (_seenWell.Count > MostSeenWell)
        {
            _seenWell.Clear();
        }

        foreach (var key in _faulty.Where(entry => now - entry.Value > FaultyFor).Select(static entry => entry.Key).ToArray())
        {
            _faulty.Remove(key);
        }
    }
}
