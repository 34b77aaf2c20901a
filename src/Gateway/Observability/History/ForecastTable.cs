using Microsoft.Data.Sqlite;

namespace Gateway.Observability.History;

/// <summary>The SQL of forecasts, beside journal and ledger. It throws what SQLite throws.</summary>
internal sealed class ForecastTable(SqliteConnection connection)
{
    /// <summary>Makes the table.</summary>
    public const string Schema = """
        CREATE TABLE IF NOT EXISTS forecasts (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, cluster TEXT NOT NULL, destination TEXT NOT NULL,
            probability REAL NOT NULL, outcome INTEGER NOT NULL, after INTEGER NOT NULL, routine INTEGER NOT NULL, alarm INTEGER NOT NULL,
            acted INTEGER NOT NULL, reason TEXT NOT NULL);
        CREATE INDEX IF NOT EXISTS forecasts_routine ON forecasts (routine, id);
        """;

    /// <summary>Writes all of them or none.</summary>
    public void Write(IReadOnlyList<ForecastRecord> records)
    {
        using var transaction = connection.BeginTransaction();
        foreach (var record in records)
        {
            connection.Run(
                "INSERT OR REPLACE INTO forecasts VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                record.Id,
                record.MadeAt.ToUnixTimeMilliseconds(),
                record.Cluster,
                record.Destination,
                record.Probability,
                (int)record.Outcome,
                (long)record.After.TotalMilliseconds,
                record is { IsAlarm: false, Outcome: not ForecastOutcome.Missed } ? 1 : 0,
                record.IsAlarm ? 1 : 0,
                record.IsActedOn ? 1 : 0,
                record.Reason);
        }

        transaction.Commit();
    }

    /// <summary>The last ones, oldest first.</summary>
    public IReadOnlyList<ForecastRecord> Read(int alarms, int routine) => [.. ReadKind(0, alarms), .. ReadKind(1, routine)];

    /// <summary>Removes all but the last ones.</summary>
    public void Trim(int alarms, int routine)
    {
        foreach (var (kind, most) in new[] { (0, alarms), (1, routine) })
        {
            connection.Run(
                "DELETE FROM forecasts WHERE routine = $0"
                + " AND id < (SELECT id FROM forecasts WHERE routine = $0 ORDER BY id DESC LIMIT 1 OFFSET $1)",
                kind,
                most - 1);
        }
    }

    private List<ForecastRecord> ReadKind(int kind, int most)
    {
        using var command = connection.Statement(
            "SELECT id, at, cluster, destination, probability, outcome, after, alarm, acted, reason"
            + " FROM forecasts WHERE routine = $0 ORDER BY id DESC LIMIT $1",
            kind,
            most);
        using var rows = command.ExecuteReader();
        var records = new List<ForecastRecord>();
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        while (rows.Read())
        {
            records.Add(new ForecastRecord(
                DateTimeOffset.FromUnixTimeMilliseconds(rows.Number(1)),
                Once(rows.Text(2)),
                Once(rows.Text(3)),
                rows.Real(4),
                (ForecastOutcome)rows.Number(5),
                TimeSpan.FromMilliseconds(rows.Number(6)))
            {
                Id = rows.Number(0),
                IsAlarm = rows.Number(7) != 0,
                IsActedOn = rows.Number(8) != 0,
                Reason = rows.Text(9),
            });
        }

        records.Reverse();
        return records;

        // Thousands of rows share a few names.
        string Once(string name) => names.TryGetValue(name, out var known) ? known : names[name] = name;
    }
}
