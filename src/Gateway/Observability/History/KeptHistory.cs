namespace Gateway.Observability.History;

/// <summary>Something that happened and is kept under a number.</summary>
internal interface IKept<T>
    where T : class, IKept<T>
{
    /// <summary>Its number, growing; 0 until it was kept.</summary>
    long Id { get; }

    /// <summary>When it began.</summary>
    DateTimeOffset At { get; }

    /// <summary>The cluster that it is about.</summary>
    string Cluster { get; }

    /// <summary>The same under a number.</summary>
    T WithId(long id);

    /// <summary>What it is to a process that did not see it itself.</summary>
    T AfterRestart();
}

/// <summary>Where it is kept over restarts. It throws what SQLite throws.</summary>
internal interface IKeptTable<T>
{
    /// <summary>Writes all of them or none.</summary>
    void Write(IReadOnlyList<T> entries);

    /// <summary>The last ones, oldest first.</summary>
    IReadOnlyList<T> Read(int most);

    /// <summary>Removes all but the last ones.</summary>
    void Trim(int most);
}

/// <summary>
/// The last things of one kind: in memory, within bounds, and in the state folder (<see cref="Records"/>). Keeping one never waits.
/// </summary>
/// <param name="most">How many are kept.</param>
internal class KeptHistory<T>(int most)
    where T : class, IKept<T>
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, T> _kept = [];
    private readonly SortedSet<long> _unwritten = [];
    private long _lastId;
    private volatile bool _isRead;

    /// <summary>What earlier processes wrote is known.</summary>
    public bool IsRead => _isRead;

    /// <summary>All of them, oldest first.</summary>
    public IReadOnlyList<T> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _kept.Values];
            }
        }
    }

    /// <summary>Keeps a new one, or what has become of one; gives it back with its number.</summary>
    public T Keep(T one)
    {
        lock (_gate)
        {
            // Time based, so that numbers grow over restarts too.
            _lastId = one.Id > 0 ? _lastId : Math.Max(_lastId + 1, one.At.ToUnixTimeMilliseconds() * 1000);
            var numbered = one.Id > 0 ? one : one.WithId(_lastId);
            _kept[numbered.Id] = numbered;
            _unwritten.Add(numbered.Id);
            Trim_NeedsLock();
            return numbered;
        }
    }

    /// <summary>How many are as asked.</summary>
    protected int Count(Func<T, bool> isAsked)
    {
        lock (_gate)
        {
            return _kept.Values.Count(isAsked);
        }
    }

    /// <summary>Writes what is not yet in the file; the first time, reads what an earlier run wrote.</summary>
    /// <exception cref="Microsoft.Data.Sqlite.SqliteException">The disk refuses; nothing is lost by it.</exception>
    internal void Exchange(IKeptTable<T> table, bool trim)
    {
        if (!_isRead)
        {
            Remember(table.Read(most));
            _isRead = true;
        }

        T[] entries;
        lock (_gate)
        {
            entries = [.. _unwritten.Where(_kept.ContainsKey).Select(id => _kept[id])];
        }

        if (entries.Length > 0)
        {
            table.Write(entries);
        }

        lock (_gate)
        {
            foreach (var written in entries)
            {
                // One that changed meanwhile is written again.
                if (_kept.TryGetValue(written.Id, out var now) && ReferenceEquals(now, written))
                {
                    _unwritten.Remove(written.Id);
                }
            }
        }

        if (trim)
        {
            table.Trim(most);
        }
    }

    private void Remember(IReadOnlyList<T> oldestFirst)
    {
        lock (_gate)
        {
            foreach (var one in oldestFirst)
            {
                _kept.TryAdd(one.Id, one.AfterRestart());
                _lastId = Math.Max(_lastId, one.Id);
            }

            Trim_NeedsLock();
        }
    }

    private void Trim_NeedsLock()
    {
        while (_kept.Count > most)
        {
            var oldest = _kept.Keys.First();
            _kept.Remove(oldest);
            _unwritten.Remove(oldest);
        }
    }
}
