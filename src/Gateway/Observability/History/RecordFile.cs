using Microsoft.Data.Sqlite;

namespace Gateway.Observability.History;

/// <summary>The file of journal and ledger: opened, read beside its writer, and set aside when it is damaged.</summary>
/// <param name="folder">The state folder; made when it is missing.</param>
/// <param name="log">Where a disk that refuses is told.</param>
internal sealed partial class RecordFile(string folder, ILogger log)
{
    private const string Name = "records.db";

    private readonly ILogger _log = log;
    private RecordDatabase? _database;
    private bool _toldOpen;

    /// <summary>The state folder.</summary>
    public string Folder => folder;

    private string PathOfFile => Path.Combine(folder, Name);

    /// <summary>The writer's connection; opened when it is not.</summary>
    public RecordDatabase Open()
    {
        if (_database is not null)
        {
            return _database;
        }

        var file = PathOfFile;
        if (!StateFolder.Prepare(file) && !_toldOpen)
        {
            _toldOpen = true;
            LogReadableByOthers(folder);
        }

        return _database = new RecordDatabase(file);
    }

    /// <summary>Closes the writer's connection.</summary>
    public void Close()
    {
        try
        {
            _database?.Dispose();
        }
        catch (SqliteException e)
        {
            LogNotClosed(folder, e);
        }

        _database = null;
    }

    /// <summary>
    /// Reads; null: there is no file, or it cannot be read. Readers have a connection of their own each: SQLite's connections are not for
    /// several threads, and WAL lets them read beside the writer.
    /// </summary>
    public T? Read<T>(Func<RecordDatabase, T> read)
        where T : class
    {
        try
        {
            if (!File.Exists(PathOfFile))
            {
                return null;
            }

            using var database = new RecordDatabase(PathOfFile);
            return read(database);
        }
        catch (Exception e) when (e is SqliteException || RecordDatabase.IsDamage(e))
        {
            LogNotRead(folder, e);
            return null;
        }
    }

    /// <summary>A damaged file would refuse for ever; kept beside, a person can still look into it.</summary>
    public void SetAside()
    {
        try
        {
            var file = PathOfFile;
            File.Move(file, file + ".damaged", overwrite: true);
            File.Delete(file + "-wal");
            File.Delete(file + "-shm");
            LogSetAside(file + ".damaged");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TellRefused(e);
        }
    }

    /// <summary>Says in the log that the disk refuses.</summary>
    public void TellRefused(Exception e) => LogRefused(folder, e);

    [LoggerMessage(1010, LogLevel.Error, "Journal and ledger cannot be written to \"{Folder}\" and are kept in memory. Free space or "
        + "repair the folder; writing is tried again every 5 s.")]
    private partial void LogRefused(string folder, Exception exception);

    [LoggerMessage(1016, LogLevel.Warning, "The state folder \"{Folder}\" can be read by other users of this machine and could not be made "
        + "private. Give it to the gateway's user, with mode 0700.")]
    private partial void LogReadableByOthers(string folder);

    [LoggerMessage(1012, LogLevel.Warning, "Journal and ledger could not be read from \"{Folder}\"; what is in memory is shown.")]
    private partial void LogNotRead(string folder, Exception exception);

    [LoggerMessage(1013, LogLevel.Warning, "Journal and ledger in \"{Folder}\" were not closed cleanly; the next start repairs them.")]
    private partial void LogNotClosed(string folder, Exception exception);

    [LoggerMessage(1015, LogLevel.Error, "The file of journal and ledger was damaged and is kept as \"{File}\"; a new one is begun.")]
    private partial void LogSetAside(string file);
}
