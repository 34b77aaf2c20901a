using Gateway.Observability.Metrics;

namespace Gateway.Observability.History;

/// <summary>
/// Keeps journal, ledger, forecasts, cases of runbooks, incidents, proofs and scheduled drills in the state folder. One thread of its own
/// reads the cells once a second and writes, so that a slow disk holds up nothing else. When the disk refuses, all stays in memory, within
/// bounds, <see cref="Alarm"/> says so, and it tries again.
/// </summary>
internal sealed partial class Records : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SetAsideAtMostEvery = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan TrimEvery = TimeSpan.FromMinutes(10);

    // Time in which all could serve and nothing was asked waits for so long: a write each second would be half of an idle gateway's work.
    private static readonly TimeSpan WithoutNews = TimeSpan.FromSeconds(5);

    private readonly RecordFile _file;
    private readonly Ledger _ledger;
    private readonly AvailabilitySummary _summary;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly Thread _thread;
    private readonly IDisposable _listening;
    private volatile string? _alarm;
    private long? _setAsideAt;
    private volatile bool _stopping;
    private long _lastTick;
    private long _turnedAt;

    /// <param name="folder">The state folder; made when it is missing.</param>
    /// <param name="ledger">The ledger; from now on only the thread in here touches it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where a disk that refuses is told.</param>
    public Records(string folder, Ledger ledger, TimeProvider time, ILogger<Records> log)
    {
        _file = new RecordFile(folder, log);
        _ledger = ledger;
        _summary = new AvailabilitySummary(ledger, time);
        _time = time;
        _log = log;
        Journal = new Journal(time.GetUtcNow().ToUnixTimeMilliseconds() * 1000);
        _listening = Journal.Listen(() => _wake.Set());
        _lastTick = time.GetTimestamp();
        _turnedAt = _lastTick;
        _thread = new Thread(Run) { IsBackground = true, Name = "records" };
    }

    /// <summary>Tell it what happened.</summary>
    public Journal Journal { get; }

    /// <summary>Forecasts that are over.</summary>
    public ForecastHistory Forecasts { get; } = new();

    /// <summary>Cases of runbooks.</summary>
    public RunbookHistory Runbooks { get; } = new();

    /// <summary>Incidents.</summary>
    public KeptHistory<Incident> Incidents { get; } = new(Incident.Most);

    /// <summary>Proofs of promises.</summary>
    public KeptHistory<Proof> Proofs { get; } = new(Proof.Most);

    /// <summary>Runs of scheduled drills.</summary>
    public KeptHistory<ScheduledDrill> Drills { get; } = new(ScheduledDrill.Most);

    /// <summary>Why nothing is written now; null: all is well.</summary>
    public string? Alarm => _alarm;

    /// <summary>Availability by requests of each cluster that had some, over an hour, a day and 30 days; at most 15 s old.</summary>
    public IReadOnlyList<AvailabilityReading> Availability => _summary.Availability;

    /// <summary>Mean times over 30 days of each cluster that failed; at most 15 s old.</summary>
    public IReadOnlyList<ReliabilityReading> Reliability => _summary.Reliability;

    /// <summary>Requests of the last 15 minutes.</summary>
    public RequestHistory History => _ledger.History;

    /// <summary>How long ago the thread last turned; it does once a second. Longer: the disk hangs.</summary>
    public TimeSpan SinceTurn => _time.GetElapsedTime(Volatile.Read(ref _turnedAt));

    /// <summary>What each cluster's requests came to since the start, for the error budget.</summary>
    public IReadOnlyDictionary<string, RequestSums> Totals => _ledger.Totals;

    /// <summary>Begins to count and write.</summary>
    public void Start()
    {
        Volatile.Write(ref _turnedAt, _time.GetTimestamp());
        _thread.Start();
    }

    /// <summary>Entries of the journal, newest first; from memory alone while the disk refuses.</summary>
    public Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(JournalQuery query, CancellationToken cancellationToken) =>
        Task.Run<IReadOnlyList<JournalEntry>>(
            () =>
            {
                // What is not yet on disk is in memory; what is in both is shown once.
                var recent = Journal.Recent(int.MaxValue).Where(query.Takes);
                return [.. recent.Concat(_file.Read(d => d.Journal(query)) ?? [])
                    .DistinctBy(static e => e.Id)
                    .OrderByDescending(static e => e.Id)
                    .Take(query.Count)];
            },
            cancellationToken);

    /// <summary>The ledger's sums of a cluster; null while the disk refuses.</summary>
    public Task<LedgerWindow?> ReadLedgerAsync(string cluster, TimeSpan window, CancellationToken cancellationToken) =>
        Task.Run(() => _file.Read(d => d.Window(cluster, window, _time.GetUtcNow())), cancellationToken);

    /// <summary>How many requests each route had, by its name; null while the disk refuses.</summary>
    public Task<IReadOnlyDictionary<string, long>?> ReadRoutesAsync(TimeSpan window, CancellationToken cancellationToken) =>
        Task.Run(() => _file.Read(d => d.Routes(window, _time.GetUtcNow())), cancellationToken);

    /// <summary>Writes what is left (at most 3 s) and closes.</summary>
    public void Dispose()
    {
        _listening.Dispose();
        _stopping = true;
        _wake.Set();
        if (!_thread.IsAlive || _thread.Join(TimeSpan.FromSeconds(3)))
        {
            _wake.Dispose();
        }
    }

    private void Run()
    {
        long lastTrim = 0, lastWrite = 0, retryAt = 0;
        var first = true;
        while (true)
        {
            var stopping = _stopping;
            var now = _time.GetTimestamp();
            Volatile.Write(ref _turnedAt, now);
            if (stopping || first || _time.GetElapsedTime(_lastTick, now) >= Step)
            {
                _lastTick = now;
                Tick();
            }

            var isDue = first
                || Journal.HasUnwritten
                || _ledger.HasNews
                || _alarm is not null
                || _time.GetElapsedTime(lastWrite, now) >= WithoutNews;
            if (stopping || (isDue && now >= retryAt))
            {
                lastWrite = now;
                retryAt = TryWrite(first, trim: lastTrim == 0 || _time.GetElapsedTime(lastTrim, now) >= TrimEvery)
                    ? 0
                    : now + (long)(RetryAfter.TotalSeconds * _time.TimestampFrequency);
                lastTrim = retryAt == 0 && (lastTrim == 0 || _time.GetElapsedTime(lastTrim, now) >= TrimEvery) ? now : lastTrim;
                first = first && retryAt != 0;
            }

            if (stopping)
            {
                _file.Close();
                return;
            }

            var rest = Step - _time.GetElapsedTime(_lastTick);
            _wake.WaitOne(rest > TimeSpan.Zero ? rest : TimeSpan.Zero);
        }
    }

    private void Tick()
    {
        try
        {
            _ledger.Tick(_time.GetUtcNow());
        }
        catch (Exception e)
        {
            // The delegates are other rooms' code; this thread must outlive their failures.
            LogTickFailed(e);
        }
    }

    private bool TryWrite(bool remember, bool trim)
    {
        // In place of a damaged file a new one is begun at once.
        return TryWriteOnce(remember, trim, out var isNew) || (isNew && TryWriteOnce(remember, trim, out _));
    }

    private bool TryWriteOnce(bool remember, bool trim, out bool isNew)
    {
        isNew = false;
        try
        {
            var database = _file.Open();
            if (remember)
            {
                Journal.Remember(database.Journal(new JournalQuery(500)).Reverse());
            }

            var entries = Journal.Unwritten();
            database.Write(entries, _ledger);
            _ledger.Written();
            if (entries.Count > 0)
            {
                Journal.Written(entries[^1].Id);
            }

            Forecasts.Exchange(database.Forecasts, trim);
            Runbooks.Exchange(database.Runbooks, trim);
            Incidents.Exchange(database.Incidents, trim);
            Proofs.Exchange(database.Proofs, trim);
            Drills.Exchange(database.Drills, trim);
            if (trim)
            {
                database.Trim(_time.GetUtcNow());
            }

            _summary.Refresh(database);
            if (_alarm is not null)
            {
                LogWritesAgain(_file.Folder);
                _alarm = null;
            }

            return true;
        }
        catch (Exception e)
        {
            // Whatever it is: this thread goes on.
            isNew = OnRefused(e);
            return false;
        }
    }

    // True: the file was damaged, and is set aside.
    private bool OnRefused(Exception e)
    {
        if (_alarm is null)
        {
            _file.TellRefused(e);
        }

        _alarm =
            $"Journal and ledger cannot be written to the state folder ({RecordDatabase.WhyRefused(e)}): they are kept in memory. Free "
                + $"space or repair the folder; writing is tried again every 5 s.";

        // A connection that met a full or broken disk is not to be trusted.
        _file.Close();
        if (!RecordDatabase.IsDamage(e) || (_setAsideAt is { } at && _time.GetElapsedTime(at) < SetAsideAtMostEvery))
        {
            // A file that was begun a moment ago is not what is wrong, and would take the place of the one that a person may still want.
            return false;
        }

        _setAsideAt = _time.GetTimestamp();
        _file.SetAside();
        Journal.WriteAgain();
        return true;
    }

    [LoggerMessage(1011, LogLevel.Information, "Journal and ledger are written to \"{Folder}\" again.")]
    private partial void LogWritesAgain(string folder);

    [LoggerMessage(1014, LogLevel.Error, "The ledger missed a second because a reading failed.")]
    private partial void LogTickFailed(Exception exception);
}
