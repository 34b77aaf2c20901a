using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Gateway.LastGood.Stores;

/// <summary>The embedded store: one SQLite file in the state folder, written in batches by a thread of its own.</summary>
/// <remarks>
/// WAL with <c>synchronous=NORMAL</c>: a killed process loses nothing that was committed, a power cut the last moments, and neither leaves
/// a torn file; each record has its own checksum besides. A file that SQLite calls corrupt, or that another program wrote, is set aside
/// under another name and a new one is begun.
/// </remarks>
internal sealed partial class SqliteBacking : ILastGoodStore
{
    private readonly SqliteFile _file;
    private readonly long _cap;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly DedicatedThreadQueue _thread = new("last-good store");
    private long _size;
    private long _corrupt;
    private long _purgeAt;

    /// <param name="file">The file; it and its folder are made if they are not there, for this user alone.</param>
    /// <param name="cap">Bytes of records; the oldest leave beyond it.</param>
    public SqliteBacking(string file, long cap, TimeProvider time, ILogger<SqliteBacking> logger)
    {
        _file = new SqliteFile(file, cap, time);
        _cap = cap;
        _time = time;
        _logger = logger;
    }

    /// <inheritdoc/>
    public string Name => $"the file \"{_file.Name}\"";

    /// <inheritdoc/>
    public bool IsShared => false;

    /// <inheritdoc/>
    public bool IsUp => _file.IsOpen;

    /// <inheritdoc/>
    public int MaxRecord => LastGoodRecord.MaxSize / 2;

    /// <inheritdoc/>
    public long CorruptTotal => Interlocked.Read(ref _corrupt);

    /// <inheritdoc/>
    public Task OpenAsync(CancellationToken cancellationToken) => OnThread(Open);

    /// <inheritdoc/>
    public Task ReadAheadAsync(Func<StoredResponse, bool> admit, CancellationToken cancellationToken) =>
        OnThread(() => ReadAhead(admit, cancellationToken));

    /// <inheritdoc/>
    public Task WriteAsync(IReadOnlyList<BackingChange> changes, CancellationToken cancellationToken) => OnThread(() => Write(changes));

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredResponse>> LookAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<StoredResponse>>([]);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _thread.RunAsync(_file.Close);
        _thread.Dispose();
    }

    private async Task OnThread(Action work) => await _thread.RunAsync(() =>
    {
        try
        {
            work();
        }
        catch (SqliteException exception)
        {
            // Result codes, never texts. 11 CORRUPT, 26 NOTADB: the file is lost; anything else may pass.
            _file.Close();
            if (exception.SqliteErrorCode is 11 or 26)
            {
                SetAside(exception);
            }

            throw;
        }
    });

    private void Open()
    {
        _file.Open();
        _size = _file.Number("SELECT coalesce(sum(size), 0) FROM responses");
    }

    private void ReadAhead(Func<StoredResponse, bool> admit, CancellationToken cancellationToken)
    {
        var bad = new List<string>();
        using (var select = _file.Command("SELECT key, record FROM responses WHERE expires > $now ORDER BY began DESC"))
        {
            var now = ClockReading.Of(_time);
            select.Parameters.AddWithValue("$now", now.UnixMs);
            using var rows = select.ExecuteReader();
            while (rows.Read() && !cancellationToken.IsCancellationRequested)
            {
                // A row's type is what a foreign hand made it; anything but a text and a blob is no record.
                if (rows.GetValue(0) is not string key)
                {
                    Interlocked.Increment(ref _corrupt);
                    continue;
                }

                if (rows.GetValue(1) is not byte[] record
                    || !LastGoodRecord.TryDecode(record, now, out var stored)
                    || !string.Equals(stored.Key, key, StringComparison.Ordinal))
                {
                    Interlocked.Increment(ref _corrupt);
                    bad.Add(key);
                }
                else if (!admit(stored))
                {
                    break;
                }
            }
        }

        foreach (var key in bad)
        {
            Delete("key = $text", key, long.MaxValue);
        }

        if (bad.Count > 0)
        {
            DroppedCorrupt(bad.Count, Name);
        }
    }

    private void Write(IReadOnlyList<BackingChange> changes)
    {
        if (!_file.IsThere)
        {
            Open();
        }

        using var transaction = _file.Begin();
        foreach (var change in changes)
        {
            switch (change.Kind)
            {
                case ChangeKind.Put:
                    Put(change.Response!);
                    break;
                case ChangeKind.Evict:
                    Delete("base = $text", change.Text, change.AtUnixMs);
                    break;
                case ChangeKind.Invalidate:
                    Delete("place = $text", change.Text, change.AtUnixMs);
                    break;
                case ChangeKind.PurgeKey:
                    Delete("key = $text", change.Text, change.AtUnixMs);
                    break;
                case ChangeKind.PurgeRoute:
                    PurgeRoute(change.Text, change.AtUnixMs);
                    break;
                default:
                    Delete(
                        """
                        (substr(key, 1, length($text)) = $text OR substr(place, 1, length($text)) = $text
                            OR substr(place, instr(place, '/'), length($text)) = $text
                            OR (instr(place, '/') > 0 AND instr(key, $text) > 0
                                AND substr($text, 1, length(place) - instr(place, '/') + 1) = substr(place, instr(place, '/'))
                                AND substr($text, length(place) - instr(place, '/') + 2, 1) IN ('?', ' ')))
                        """,
                        change.Text,
                        change.AtUnixMs);
                    break;
            }
        }

        MakeRoom();
        transaction.Commit();
    }

    private void Put(StoredResponse stored)
    {
        var record = LastGoodRecord.Encode(stored);
        using var put = _file.Command("""
            INSERT INTO responses(key, base, place, began, expires, size, record) VALUES($key, $base, $place, $began, $expires, $size, $record)
            ON CONFLICT(key) DO UPDATE SET base=excluded.base, place=excluded.place, began=excluded.began, expires=excluded.expires, size=excluded.size, record=excluded.record
            """);
        put.Parameters.AddWithValue("$key", stored.Key);
        put.Parameters.AddWithValue("$base", stored.BaseKey);
        put.Parameters.AddWithValue("$place", stored.Place);
        put.Parameters.AddWithValue("$began", stored.BeganUnixMs);
        put.Parameters.AddWithValue("$expires", stored.BeganUnixMs + (long)stored.KeepFor.TotalMilliseconds);
        put.Parameters.AddWithValue("$size", record.Length + stored.Key.Length);
        put.Parameters.AddWithValue("$record", record);
        using (var old = _file.Command("SELECT size FROM responses WHERE key = $key"))
        {
            old.Parameters.AddWithValue("$key", stored.Key);
            _size -= old.ExecuteScalar() as long? ?? 0;
        }

        put.ExecuteNonQuery();
        _size += record.Length + stored.Key.Length;
    }

    // Every key tells its route at its end; the record tells it exactly ("a" is not "a.b").
    private void PurgeRoute(string route, long began)
    {
        var keys = new List<string>();
        using (var select =
            _file.Command("SELECT key, record FROM responses WHERE instr(key, ' ~' || $route || '.') > 0 AND began <= $began"))
        {
            select.Parameters.AddWithValue("$route", route);
            select.Parameters.AddWithValue("$began", began);
            using var rows = select.ExecuteReader();
            var now = ClockReading.Of(_time);
            while (rows.Read())
            {
                if (rows.GetValue(0) is string key
                    && (rows.GetValue(1) is not byte[] record
                        || !LastGoodRecord.TryDecode(record, now, out var stored)
                        || string.Equals(stored.Route, route, StringComparison.Ordinal)))
                {
                    keys.Add(key);
                }
            }
        }

        foreach (var key in keys)
        {
            Delete("key = $text", key, began);
        }
    }

    private void Delete(string where, string text, long began)
    {
        using var delete = _file.Command($"DELETE FROM responses WHERE {where} AND began <= $began RETURNING size");
        delete.Parameters.AddWithValue("$text", text);
        delete.Parameters.AddWithValue("$began", began);
        using var sizes = delete.ExecuteReader();
        while (sizes.Read())
        {
            _size -= sizes.GetInt64(0);
        }
    }

    // Over the cap the oldest leave, and once a minute those beyond their maxAge.
    private void MakeRoom()
    {
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        if (now >= _purgeAt)
        {
            _purgeAt = now + 60_000;
            Delete("expires <= cast($text AS INTEGER)", now.ToString(CultureInfo.InvariantCulture), long.MaxValue);
        }

        while (_size > _cap)
        {
            var before = _size;
            Delete("key IN (SELECT key FROM responses WHERE $text = '' ORDER BY began LIMIT 64)", "", long.MaxValue);
            if (_size >= before)
            {
                _size = _file.Number("SELECT coalesce(sum(size), 0) FROM responses");
                return;
            }
        }
    }

    private void SetAside(SqliteException exception)
    {
        try
        {
            var aside = _file.SetAside();
            Interlocked.Increment(ref _corrupt);
            FileSetAside(exception, Name, aside);
            _file.DeleteOldEvidence();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The folder cannot be written either: the alarm that follows says so, and it is tried again.
            CannotSetAside(failure, Name);
        }
    }

    [LoggerMessage(5020, LogLevel.Error, "The store of last-good responses ({Store}) was corrupt or foreign and was set aside as "
        + "\"{Aside}\"; a new one is begun. Responses are kept in memory meanwhile.")]
    private partial void FileSetAside(Exception exception, string store, string aside);

    [LoggerMessage(5021, LogLevel.Error, "The store of last-good responses ({Store}) is corrupt and cannot be set aside: make its folder "
        + "writable, or delete the file.")]
    private partial void CannotSetAside(Exception exception, string store);

    [LoggerMessage(5022, LogLevel.Warning, "{Count} corrupt or foreign records were dropped from the store of last-good responses "
        + "({Store}).")]
    private partial void DroppedCorrupt(int count, string store);
}
