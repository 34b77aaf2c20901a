using Microsoft.Data.Sqlite;

namespace Gateway.Observability.History;

/// <summary>The SQL of runbooks' cases, beside journal and ledger. It throws what SQLite throws.</summary>
internal sealed class RunbookTable(SqliteConnection connection) : IKeptTable<RunbookCase>
{
    /// <summary>Makes the table.</summary>
    public const string Schema = """
        CREATE TABLE IF NOT EXISTS runbooks (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, runbook TEXT NOT NULL, cluster TEXT NOT NULL,
            tier TEXT NOT NULL, destination TEXT NOT NULL, lost INTEGER NOT NULL, outcome INTEGER NOT NULL, text TEXT NOT NULL,
            ended INTEGER, well INTEGER);
        """;

    /// <inheritdoc/>
    public void Write(IReadOnlyList<RunbookCase> cases)
    {
        using var transaction = connection.BeginTransaction();
        foreach (var one in cases)
        {
            connection.Run(
                "INSERT OR REPLACE INTO runbooks VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                one.Id,
                one.At.ToUnixTimeMilliseconds(),
                one.Runbook,
                one.Cluster,
                one.Tier,
                one.Destination,
                one.LostAt.ToUnixTimeMilliseconds(),
                (int)one.Outcome,
                one.Text,
                one.EndedAt?.ToUnixTimeMilliseconds(),
                one.WellAt?.ToUnixTimeMilliseconds());
        }

        transaction.Commit();
    }

    /// <inheritdoc/>
    public IReadOnlyList<RunbookCase> Read(int most)
    {
        using var command = connection.Statement(
            "SELECT id, at, runbook, cluster, tier, destination, lost, outcome, text, ended, well FROM runbooks ORDER BY id DESC LIMIT $0",
            most);
        using var rows = command.ExecuteReader();
        var cases = new List<RunbookCase>();
        while (rows.Read())
        {
            cases.Add(new RunbookCase(
                Time(rows, 1),
                rows.Text(2),
                rows.Text(3),
                rows.Text(4),
                rows.Text(5),
                Time(rows, 6),
                (RunbookOutcome)rows.Number(7))
            {
                Id = rows.Number(0),
                Text = rows.Text(8),
                EndedAt = rows.IsDBNull(9) ? null : Time(rows, 9),
                WellAt = rows.IsDBNull(10) ? null : Time(rows, 10),
            });
        }

        cases.Reverse();
        return cases;
    }

    /// <inheritdoc/>
    public void Trim(int most) =>
        connection.Run("DELETE FROM runbooks WHERE id < (SELECT id FROM runbooks ORDER BY id DESC LIMIT 1 OFFSET $0)", most - 1);

    private static DateTimeOffset Time(SqliteDataReader rows, int column) =>
        DateTimeOffset.FromUnixTimeMilliseconds(rows.Number(column));
}
