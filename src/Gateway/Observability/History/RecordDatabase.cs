using Microsoft.Data.Sqlite;

namespace Gateway.Observability.History;

/// <summary>What one window of the ledger holds of a cluster.</summary>
/// <param name="Requests">By outcome, all its routes together.</param>
/// <param name="Times">By tier; the empty name is the cluster as a whole.</param>
internal sealed record LedgerWindow(RequestSums Requests, IReadOnlyDictionary<string, TimeSums> Times);

/// <summary>The SQL of journal and ledger. It throws what SQLite throws; <see cref="Records"/> decides what follows.</summary>
internal sealed class RecordDatabase : IDisposable
{
    private const string Schema = """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = NORMAL;
        PRAGMA busy_timeout = 2000;
        CREATE TABLE IF NOT EXISTS journal (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,
            cluster TEXT, source TEXT, target TEXT, reason TEXT, who TEXT);
        CREATE INDEX IF NOT EXISTS journal_at ON journal (at);
        CREATE TABLE IF NOT EXISTS requests (grain INTEGER NOT NULL, at INTEGER NOT NULL, cluster TEXT NOT NULL, route TEXT NOT NULL,
            live INTEGER NOT NULL, degraded INTEGER NOT NULL, failed INTEGER NOT NULL, refused INTEGER NOT NULL, aborted INTEGER NOT NULL,
            bad INTEGER NOT NULL, by_retry INTEGER NOT NULL, by_hedge INTEGER NOT NULL, by_buffered_response INTEGER NOT NULL, by_other_tier INTEGER NOT NULL,
            by_resume INTEGER NOT NULL, by_last_good INTEGER NOT NULL, by_file INTEGER NOT NULL,
            PRIMARY KEY (grain, at, cluster, route)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS times (grain INTEGER NOT NULL, at INTEGER NOT NULL, cluster TEXT NOT NULL, tier TEXT NOT NULL,
            up INTEGER NOT NULL, down INTEGER NOT NULL, lost INTEGER NOT NULL, failures INTEGER NOT NULL,
            PRIMARY KEY (grain, at, cluster, tier)) WITHOUT ROWID;
        """;

    private static readonly string[] AddedColumns =
    [
        "bad",
        "by_retry",
        "by_hedge",
        "by_buffered_response",
        "by_other_tier",
        "by_resume",
        "by_last_good",
        "by_file"
    ];

    private static readonly TimeSpan JournalKept = TimeSpan.FromDays(90);

    private readonly SqliteConnection _connection;

    /// <summary>Opens the file and makes what is missing in it.</summary>
    public RecordDatabase(string file)
    {
        // Pooling would keep the file open after the last user is gone. Without a timeout of its own the beginning of a transaction waits
        // 30 s for a locked file, and the ledger's seconds with it.
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = file,
            Pooling = false,
            DefaultTimeout = 2
        }.ToString());
        try
        {
            _connection.Open();
            _connection.Run(Schema);
            _connection.Run(ForecastTable.Schema);
            _connection.Run(RunbookTable.Schema);
            Forecasts = new ForecastTable(_connection);
            Runbooks = new RunbookTable(_connection);
            Incidents = new JsonTable<Incident>(_connection, "incidents", static one => one.IsWhole).Make();
            Proofs = new JsonTable<Proof>(_connection, "proofs", static one => one.Text is not null).Make();
            Drills = new JsonTable<ScheduledDrill>(_connection, "drills", static one => one is { Name: not null, Text: not null }).Make();
            AddMissingColumns();
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    /// <summary>Forecasts that are over.</summary>
    public ForecastTable Forecasts { get; }

    /// <summary>Cases of runbooks.</summary>
    public RunbookTable Runbooks { get; }

    /// <summary>Incidents.</summary>
    public JsonTable<Incident> Incidents { get; }

    /// <summary>Proofs of promises.</summary>
    public JsonTable<Proof> Proofs { get; }

    /// <summary>Runs of scheduled drills.</summary>
    public JsonTable<ScheduledDrill> Drills { get; }

    /// <summary>Writes all of it or nothing.</summary>
    public void Write(IReadOnlyList<JournalEntry> entries, Ledger ledger)
    {
        using var transaction = _connection.BeginTransaction();
        foreach (var e in entries)
        {
            _connection.Run("INSERT OR REPLACE INTO journal VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8)",
                e.Id, e.At.ToUnixTimeMilliseconds(), e.Kind, e.Text, e.Cluster, e.From, e.To, e.Reason, e.Who);
        }

        foreach (var ((grain, at, route, cluster), s) in ledger.Requests)
        {
            _connection.Run("""
                INSERT INTO requests VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
                ON CONFLICT DO UPDATE SET live = live + excluded.live, degraded = degraded + excluded.degraded, failed = failed + excluded.failed,
                    refused = refused + excluded.refused, aborted = aborted + excluded.aborted, bad = bad + excluded.bad, by_retry = by_retry + excluded.by_retry,
                    by_hedge = by_hedge + excluded.by_hedge, by_buffered_response = by_buffered_response + excluded.by_buffered_response,
                    by_other_tier = by_other_tier + excluded.by_other_tier, by_resume = by_resume + excluded.by_resume,
                    by_last_good = by_last_good + excluded.by_last_good, by_file = by_file + excluded.by_file
                """, grain, at, cluster, route, s.Live, s.Degraded, s.Failed, s.Refused, s.Aborted, s.Bad,
                s.Saved.Retry, s.Saved.Hedge, s.Saved.BufferedResponse, s.Saved.OtherTier, s.Saved.Resume, s.Saved.LastGood, s.Saved.File);
        }

        foreach (var ((grain, at, cluster, tier), t) in ledger.Times)
        {
            _connection.Run("""
                INSERT INTO times VALUES ($0, $1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT DO UPDATE SET up = up + excluded.up, down = down + excluded.down, lost = lost + excluded.lost,
                    failures = failures + excluded.failures
                """, grain, at, cluster, tier, t.Up, t.Down, t.Lost, t.Failures);
        }

        transaction.Commit();
    }

    /// <summary>Removes what is older than is kept.</summary>
    public void Trim(DateTimeOffset now)
    {
        _connection.Run("DELETE FROM journal WHERE at < $0", (now - JournalKept).ToUnixTimeMilliseconds());
        foreach (var (seconds, kept) in Ledger.Grains)
        {
            _connection.Run("DELETE FROM requests WHERE grain = $0 AND at < $1", seconds, (now - kept).ToUnixTimeSeconds());
            _connection.Run("DELETE FROM times WHERE grain = $0 AND at < $1", seconds, (now - kept).ToUnixTimeSeconds());
        }
    }

    /// <summary>Entries, newest first.</summary>
    public IReadOnlyList<JournalEntry> Journal(JournalQuery query)
    {
        using var command = _connection.Statement(
            "SELECT id, at, kind, text, cluster, source, target, reason, who FROM journal WHERE id < $1 AND ($2 IS NULL OR cluster IS NULL "
                + "OR cluster = $2) AND ($3 = 0 OR who IS NOT NULL) ORDER BY id DESC LIMIT $0",
            query.Count, query.Before, query.Cluster, query.ActsOnly ? 1 : 0);
        using var rows = command.ExecuteReader();
        var entries = new List<JournalEntry>();
        while (rows.Read())
        {
            entries.Add(new(DateTimeOffset.FromUnixTimeMilliseconds(rows.Number(1)), rows.Text(2), rows.Text(3))
            {
                Id = rows.Number(0),
                Cluster = rows.TextOrNull(4),
                From = rows.TextOrNull(5),
                To = rows.TextOrNull(6),
                Reason = rows.TextOrNull(7),
                Who = rows.TextOrNull(8),
            });
        }

        return entries;
    }

    /// <summary>The sums of a cluster over the last <paramref name="window"/>, to the minute up to a day, else to the hour.</summary>
    public LedgerWindow Window(string cluster, TimeSpan window, DateTimeOffset now)
    {
        var grain = window <= TimeSpan.FromHours(25) ? 60 : window <= TimeSpan.FromDays(31) ? 3600 : 86400;
        var from = (now - window).ToUnixTimeSeconds();
        RequestSums requests;
        using (var command = _connection.Statement(
            """
            SELECT total(live), total(degraded), total(failed), total(refused), total(aborted), total(bad), total(by_retry), total(by_hedge), total(by_buffered_response),
                total(by_other_tier), total(by_resume), total(by_last_good), total(by_file)
            FROM requests WHERE grain = $0 AND at > $1 - $0 AND cluster = $2
            """,
            grain, from, cluster))
        using (var rows = command.ExecuteReader())
        {
            rows.Read();
            requests = new(Sum(0), Sum(1), Sum(2), Sum(3), Sum(4))
            {
                Bad = Sum(5),
                Saved = new(Sum(6), Sum(7), Sum(8), Sum(9), Sum(10), Sum(11), Sum(12))
            };

            long Sum(int column) => (long)rows.Real(column);
        }

        var times = new Dictionary<string, TimeSums>(StringComparer.Ordinal);
        using (var command = _connection.Statement(
            "SELECT tier, sum(up), sum(down), sum(lost), sum(failures) FROM times WHERE grain = $0 AND at > $1 - $0 AND cluster = $2 GROUP "
                + "BY tier",
            grain, from, cluster))
        using (var rows = command.ExecuteReader())
        {
            while (rows.Read())
            {
                times[rows.Text(0)] = new(rows.Number(1), rows.Number(2), rows.Number(3), rows.Number(4));
            }
        }

        return new(requests, times);
    }

    /// <summary>How many requests each route had in the last minutes or hours, by its name.</summary>
    public IReadOnlyDictionary<string, long> Routes(TimeSpan window, DateTimeOffset now)
    {
        var routes = new Dictionary<string, long>(StringComparer.Ordinal);
        using var command = _connection.Statement(
            "SELECT route, sum(live + degraded + failed) FROM requests WHERE grain = 60 AND at > $0 - 60 GROUP BY route",
            (now - window).ToUnixTimeSeconds());
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            routes[rows.Text(0)] = rows.Number(1);
        }

        return routes;
    }

    /// <summary>
    /// True: the file is damaged, and refuses for ever. SQLite says so itself (corrupt, no database), or what it reads makes no sense: a
    /// schema, a constraint, a type, a number that no gateway has written, or none in a column that has one.
    /// False: the disk, the memory or another process refuses.
    /// </summary>
    public static bool IsDamage(Exception e) => e is SqliteException { SqliteErrorCode: 1 or 11 or 17 or 18 or 19 or 20 or 24 or 26 }
        or InvalidCastException or FormatException or OverflowException or ArgumentException;

    /// <summary>Why a write failed, for operators.</summary>
    public static string WhyRefused(Exception e) => e switch
    {
        SqliteException { SqliteErrorCode: 13 } => "the disk is full",
        _ when IsDamage(e) => "the file is damaged",
        SqliteException { SqliteErrorCode: 8 or 14 } or UnauthorizedAccessException => "no permission to write",
        SqliteException { SqliteErrorCode: 5 } => "another process holds the file",
        _ => "the disk answers with an error",
    };

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    // A file of an earlier build has fewer sums: they begin at zero, and what counted against the objective was every response that no tier
    // gave.
    private void AddMissingColumns()
    {
        using (var command = _connection.Statement("SELECT count(*) FROM pragma_table_info('requests') WHERE name = 'bad'"))
        {
            if (command.ExecuteScalar() is long and > 0)
            {
                return;
            }
        }

        using var transaction = _connection.BeginTransaction();
        foreach (var column in AddedColumns)
        {
            _connection.Run($"ALTER TABLE requests ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0");
        }

        _connection.Run("UPDATE requests SET bad = degraded + failed");
        transaction.Commit();
    }
}
