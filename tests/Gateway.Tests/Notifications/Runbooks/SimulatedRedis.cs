using Gateway.Notifications.Runbooks;

namespace Gateway.Tests.Notifications.Runbooks;

/// <summary>What the fleet's permit says, as its script does.</summary>
internal sealed class SimulatedRedis(SimulatedWeek week)
{
    private readonly Dictionary<string, int> _leases = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<TimeSpan>> _runs = new(StringComparer.Ordinal);
    private readonly Dictionary<FaultKey, TimeSpan> _tried = [];

    /// <summary>The votes of each gateway, as of its last exchange.</summary>
    public Dictionary<int, string[]> Votes { get; } = [];

    public RunbookPermit Take(int gateway, RunbookFault fault, TimeSpan age)
    {
        var cluster = fault.Key.Cluster;
        if (_leases.TryGetValue(cluster, out var holder) && holder != gateway)
        {
            return RunbookPermit.Others;
        }

        if (_tried.TryGetValue(fault.Key, out var tried) && week.Now - tried <= age)
        {
            return RunbookPermit.Tried;
        }

        var runs = _runs.TryGetValue(cluster, out var known) ? known : _runs[cluster] = [];
        if (runs.Count(at => week.Now - at < TimeSpan.FromHours(1)) >= fault.Runbook.Limits.PerHour)
        {
            return RunbookPermit.TooMany;
        }

        _leases[cluster] = gateway;
        _tried[fault.Key] = week.Now;
        runs.Add(week.Now);
        return RunbookPermit.Granted;
    }

    public void GiveBack(int gateway, string cluster)
    {
        if (_leases.TryGetValue(cluster, out var holder) && holder == gateway)
        {
            _leases.Remove(cluster);
        }
    }

    /// <summary>Signs of life come again at once; leases of runs that are under way are kept alive by their holders.</summary>
    public void Flush() => Votes.Clear();
}
