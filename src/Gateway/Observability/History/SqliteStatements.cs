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

    /// <summary>A whole number of a row.</summary>
    /// <exception cref="FormatException">There is none, which no gateway has written: the file is damaged.</exception>
    public static long Number(this SqliteDataReader rows, int column) => rows.There(column).GetInt64(column);

    /// <summary>A number of a row.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static double Real(this SqliteDataReader rows, int column) => rows.There(column).GetDouble(column);

    /// <summary>A text of a row.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static string Text(this SqliteDataReader rows, int column) => rows.There(column).GetString(column);

    /// <summary>The same where there need not be one.</summary>
    public static string? TextOrNull(this SqliteDataReader rows, int column) => rows.IsDBNull(column) ? null : rows.GetString(column);

    // SQLite's own exception for it says as well that a connection is closed, or a program is wrong.
    private static SqliteDataReader There(this SqliteDataReader rows, int column) =>
        rows.IsDBNull(column) ? throw new FormatException($"The column {rows.GetName(column)} of a row is empty.") : rows;
}
