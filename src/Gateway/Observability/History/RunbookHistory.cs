namespace Gateway.Observability.History;

/// <summary>
/// The cases of runbooks: the last ones in memory, within bounds, and in the state folder (<see cref="Records"/>). Keeping one never waits.
/// </summary>
internal sealed class RunbookHistory
{
    /// <summary>Cases that are kept.</summary>
    public const int Most = 2000;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, RunbookCase> _cases = [];
    private readonly SortedSet<long> _unwritten = [];
    private long _lastId;
    private volatile bool _isRead;

    /// <summary>What earlier processes wrote is known.</summary>
    public bool IsRead => _isRead;

    /// <summary>All of them, oldest first.</summary>
    public IReadOnlyList<RunbookCase> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _cases.Values];
            }
        }
    }

    /// <summary>Keeps a new case, or what has become of one; gives it back with its number.</summary>
    public RunbookCase Keep(RunbookCase one)
    {
        lock (_gate)
        {
            // Time based, so that numbers grow over restarts too.
            _lastId = one.Id > 0 ? _lastId : Math.Max(_lastId + 1, one.At.ToUnixTimeMilliseconds() * 1000);
            var numbered = one.Id > 0 ? one : one with { Id = _lastId };
            _cases[numbered.Id] = numbered;
            _unwritten.Add(numbered.Id);
            Trim_NeedsLock();
            return numbered;
        }
    }

    /// <summary>Runs of a runbook in a cluster since a time.</summary>
    /// <param name="runbook">The runbook.</param>
    /// <param name="cluster">The cluster.</param>
    /// <param name="from">Since when.</param>
    /// <param name="withObserved">Those that were only observed count, too.</param>
    public int RunsSince(string runbook, string cluster, DateTimeOffset from, bool withObserved)
    {
        lock (_gate)
        {
            var count = 0;
            foreach (var one in _cases.Values)
            {
                if (one.IsRun && (withObserved || !one.IsOnlyObserved) && one.At > from
                    && string.Equals(one.Runbook, runbook, StringComparison.Ordinal)
                    && string.Equals(one.Cluster, cluster, StringComparison.Ordinal))
                {
                    count++;
                }
            }

            return count;
        }
    }

    /// <summary>Writes what is not yet in the file; the first time, reads what an earlier run wrote.</summary>
    /// <exception cref="Microsoft.Data.Sqlite.SqliteException">The disk refuses; nothing is lost by it.</exception>
    internal void Exchange(RunbookTable table, bool trim)
    {
        if (!_isRead)
        {
            Remember(table.Read(Most));
            _isRead = true;
        }

        RunbookCase[] cases;
        lock (_gate)
        {
            cases = [.. _unwritten.Where(_cases.ContainsKey).Select(id => _cases[id])];
        }

        if (cases.Length > 0)
        {
            table.Write(cases);
        }

        lock (_gate)
        {
            foreach (var written in cases)
            {
                // One that changed meanwhile is written again.
                if (_cases.TryGetValue(written.Id, out var now) && ReferenceEquals(now, written))
                {
                    _unwritten.Remove(written.Id);
                }
            }
        }

        if (trim)
        {
            table.Trim(Most);
        }
    }

    private void Remember(IReadOnlyList<RunbookCase> oldestFirst)
    {
        lock (_gate)
        {
            foreach (var one in oldestFirst)
            {
                // A run that an earlier process left under way ended with it.
                _cases.TryAdd(one.Id, one.Outcome == RunbookOutcome.Running
                    ? one with { Outcome = RunbookOutcome.Interrupted, Text = "the gateway ended", EndedAt = one.At }
                    : one);
                _lastId = Math.Max(_lastId, one.Id);
            }

            Trim_NeedsLock();
        }
    }

    private void Trim_NeedsLock()
    {
        while (_cases.Count > Most)
        {
            var oldest = _cases.Keys.First();
            _cases.Remove(oldest);
            _unwritten.Remove(oldest);
        }
    }
}
