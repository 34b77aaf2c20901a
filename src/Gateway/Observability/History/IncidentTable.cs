using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Gateway.Observability.History;

/// <summary>The SQL of incidents, beside journal and ledger. It throws what SQLite throws.</summary>
internal sealed class IncidentTable(SqliteConnection connection) : IKeptTable<Incident>
{
    /// <summary>Makes the table.</summary>
    public const string Schema =
        "CREATE TABLE IF NOT EXISTS incidents (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, cluster TEXT NOT NULL, body TEXT NOT NULL);";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <inheritdoc/>
    public void Write(IReadOnlyList<Incident> entries)
    {
        using var transaction = connection.BeginTransaction();
        foreach (var one in entries)
        {
            connection.Run(
                "INSERT OR REPLACE INTO incidents VALUES ($0, $1, $2, $3)",
                one.Id,
                one.At.ToUnixTimeMilliseconds(),
                one.Cluster,
                JsonSerializer.Serialize(one, Json));
        }

        transaction.Commit();
    }

    /// <inheritdoc/>
    /// <remarks>One that no gateway of this kind wrote is left out.</remarks>
    public IReadOnlyList<Incident> Read(int most)
    {
        using var command = connection.Statement("SELECT id, body FROM incidents ORDER BY id DESC LIMIT $0", most);
        using var rows = command.ExecuteReader();
        var entries = new List<Incident>();
        while (rows.Read())
        {
            if (Read(rows.Number(0), rows.Text(1)) is { } one)
            {
                entries.Add(one);
            }
        }

        entries.Reverse();
        return entries;
    }

    /// <inheritdoc/>
    public void Trim(int most) =>
        connection.Run("DELETE FROM incidents WHERE id < (SELECT id FROM incidents ORDER BY id DESC LIMIT 1 OFFSET $0)", most - 1);

    private static Incident? Read(long id, string body)
    {
        try
        {
            return JsonSerializer.Deserialize<Incident>(body, Json) is { Cluster: not null, Users: not null } one
                && !one.Routes.IsDefault && !one.Tiers.IsDefault && !one.Losses.IsDefault && !one.Timeline.IsDefault
                    ? one with { Id = id }
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
