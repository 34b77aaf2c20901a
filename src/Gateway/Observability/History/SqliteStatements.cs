using Microsoft.Data.Sqlite;

namespace Gateway.Observability.History;

/// <summary>Statements with numbered values (<c>$0</c>, <c>$1</c>, …) on a connection. They throw what SQLite throws.</summary>
internal static class SqliteStatements
{
    // A locked file must not hold up the thread that keeps the ledger.
    private const int DeadlineSeconds = 2;

    /// <summary>Runs a statement that gives nothing back.</summary>
    public static void Run(this SqliteConnection connection, string sql, params ReadOnlySpan<object?> values)
    {
        using var command = connection.Statement(sql, values);
        command.ExecuteNonQuery();
    }

    /// <summary>A statement to be run; null values are NULL.</summary>
    public static SqliteCommand Statement(this SqliteConnection connection, string sql, params ReadOnlySpan<object?> values)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = DeadlineSeconds;
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters.AddWithValue($"${i}", values[i] ?? DBNull.Value);
        }

        return command;
    }
}
