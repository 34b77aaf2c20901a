using System.Globalization;
using Gateway.Observability.History;
using Microsoft.Data.Sqlite;

namespace Gateway.LastGood.Stores;

/// <summary>
/// The database file of <see cref="SqliteBacking"/>: its connection and settings, its schema, and what is done with a file that cannot be
/// used. Used by one thread.
/// </summary>
/// <param name="path">The file; it and its folder are made if they are not there, for this user alone.</param>
/// <param name="cap">Bytes of records.</param>
/// <param name="time">The clock.</param>
internal sealed class SqliteFile(string path, long cap, TimeProvider time)
{
    private const int SchemaVersion = 2;
    private const int BusyTimeoutMs = 2000;
    private const int SetAsideMost = 3;
    private volatile SqliteConnection? _connection;

    /// <summary>The file's name, without its folder.</summary>
    public string Name => Path.GetFileName(path);

    /// <summary>It is open. Any thread may ask.</summary>
    public bool IsOpen => _connection is not null;

    /// <summary>It is open, and was not deleted meanwhile: SQLite would go on writing into nothing.</summary>
    public bool IsThere => IsOpen && File.Exists(path);

    /// <summary>Opens the file, and makes it if it is not there.</summary>
    /// <exception cref="SqliteException">It cannot be used.</exception>
    public void Open()
    {
        Close();
        StateFolder.Prepare(path);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Pooling = false,
            DefaultTimeout = (BusyTimeoutMs / 1000)
        }.ToString());
        try
        {
            connection.Open();
            Run(connection, $"PRAGMA busy_timeout={BusyTimeoutMs}");
            Run(connection, "PRAGMA journal_mode=WAL");
            Run(connection, "PRAGMA synchronous=NORMAL");
            Run(connection, "PRAGMA journal_size_limit=16777216");
            Run(connection, "PRAGMA wal_autocheckpoint=1000");

            // A hard end beside the count of our own, so that the file cannot grow without bound even if that count is wrong.
            Run(connection, $"PRAGMA max_page_count={Math.Max(1024, (cap * 2 / 4096) + 1024)}");
            PrepareSchema(connection);
            _connection = connection;
        }
        catch (Exception)
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Closes it.</summary>
    public void Close()
    {
        _connection?.Dispose();
        _connection = null;
    }

    /// <summary>Gives a corrupt or foreign file another name; the last few of them are kept as evidence.</summary>
    /// <returns>That name, without its folder.</returns>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public string SetAside()
    {
        var aside = $"{path}.corrupt-{time.GetUtcNow().ToString("yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture)}";
        File.Move(path, aside, overwrite: true);
        File.Delete(path + "-wal");
        File.Delete(path + "-shm");
        return Path.GetFileName(aside);
    }

    /// <summary>Deletes all but the last few files that were set aside.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public void DeleteOldEvidence()
    {
        var all = Directory.GetFiles(Path.GetDirectoryName(path)!, Name + ".corrupt-*");
        Array.Sort(all, StringComparer.Ordinal);
        foreach (var old in all.AsSpan(0, Math.Max(0, all.Length - SetAsideMost)))
        {
            File.Delete(old);
        }
    }

    /// <summary>Begins a transaction.</summary>
    public SqliteTransaction Begin() => Connection.BeginTransaction();

    /// <summary>A statement to fill in and run.</summary>
    public SqliteCommand Command(string text)
    {
        var command = Connection.CreateCommand();
        command.CommandText = text;
        return command;
    }

    /// <summary>The one number that a statement gives.</summary>
    public long Number(string text) => Number(Connection, text);

    private SqliteConnection Connection => _connection ?? throw new InvalidOperationException("The file is not open");

    private static void PrepareSchema(SqliteConnection connection)
    {
        var version = Number(connection, "PRAGMA user_version");
        if (version == 0 && Number(connection, "SELECT count(*) FROM sqlite_master") == 0)
        {
            Run(connection, $"""
                BEGIN IMMEDIATE;
                CREATE TABLE responses(key TEXT PRIMARY KEY, base TEXT NOT NULL, place TEXT NOT NULL, began INTEGER NOT NULL, expires INTEGER NOT NULL, size INTEGER NOT NULL, record BLOB NOT NULL);
                CREATE INDEX responses_base ON responses(base);
                CREATE INDEX responses_place ON responses(place);
                CREATE INDEX responses_began ON responses(began);
                PRAGMA user_version={SchemaVersion};
                COMMIT;
                """);
        }
        else if (version != SchemaVersion)
        {
            throw new SqliteException($"The file has the version {version}, and this gateway knows only {SchemaVersion}", 26);
        }
    }

    private static void Run(SqliteConnection connection, string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    private static long Number(SqliteConnection connection, string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        return command.ExecuteScalar() as long? ?? 0;
    }
}
