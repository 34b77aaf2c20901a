namespace Gateway.Observability.History;

/// <summary>
/// Forecasts that are over: the last ones in memory, within bounds, and in the state folder (<see cref="Records"/>). Adding one never
/// waits.
/// </summary>
internal sealed class ForecastHistory
{
    /// <summary>Alarms and misses that are kept.</summary>
    public const int MostAlarms = 2000;

    /// <summary>Of the forecasts that are made every five minutes.</summary>
    public const int MostRoutine = 10_000;

    private readonly Lock _gate = new();
    private readonly Queue<ForecastRecord> _alarms = new();
    private readonly Queue<ForecastRecord> _routine = new();
    private readonly Queue<ForecastRecord> _unwritten = new();
    private long _lastId;
    private bool _isRead;
    private int _version;

    /// <summary>Grows with every change.</summary>
    public int Version => Volatile.Read(ref _version);

    /// <summary>Keeps one.</summary>
    public void Add(ForecastRecord record)
    {
        lock (_gate)
        {
            // Time based, so that numbers grow over restarts too.
            _lastId = Math.Max(_lastId + 1, record.MadeAt.ToUnixTimeMilliseconds() * 1000);
            var numbered = record with { Id = _lastId };
            Keep_NeedsLock(numbered);
            if (_unwritten.Count >= MostAlarms + MostRoutine)
            {
                _unwritten.Dequeue();
            }

            _unwritten.Enqueue(numbered);
        }
    }

    /// <summary>All of them, alarms and misses first.</summary>
    public IReadOnlyList<ForecastRecord> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _alarms, .. _routine];
            }
        }
    }

    /// <summary>Writes what is not yet in the file; the first time, reads what an earlier run wrote.</summary>
    /// <exception cref="Microsoft.Data.Sqlite.SqliteException">The disk refuses; nothing is lost by it.</exception>
    internal void Exchange(ForecastTable table, bool trim)
    {
        if (!_isRead)
        {
            Remember(table.Read(MostAlarms, MostRoutine));
            _isRead = true;
        }

        ForecastRecord[] records;
        lock (_gate)
        {
            records = [.. _unwritten];
        }

        if (records.Length > 0)
        {
            table.Write(records);
        }

        lock (_gate)
        {
            while (records.Length > 0 && _unwritten.TryPeek(out var first) && first.Id <= records[^1].Id)
            {
                _unwritten.Dequeue();
            }
        }

        if (trim)
        {
            table.Trim(MostAlarms, MostRoutine);
        }
    }

    private void Remember(IReadOnlyList<ForecastRecord> oldestFirst)
    {
        lock (_gate)
        {
            ForecastRecord[] own = [.. _alarms, .. _routine];
            _alarms.Clear();
            _routine.Clear();
            foreach (var record in oldestFirst.Concat(own))
            {
                Keep_NeedsLock(record);
                _lastId = Math.Max(_lastId, record.Id);
            }
        }
    }

    private void Keep_NeedsLock(ForecastRecord record)
    {
        var isRoutine = record is { IsAlarm: false, Outcome: not ForecastOutcome.Missed };
        var (queue, most) = isRoutine ? (_routine, MostRoutine) : (_alarms, MostAlarms);
        if (queue.Count >= most)
        {
            queue.Dequeue();
        }

        queue.Enqueue(record);
        Volatile.Write(ref _version, _version + 1);
    }
}
