using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Data.Sqlite;

namespace Gateway.Observability.History;

/// <summary>The SQL of things that are kept as JSON, beside journal and ledger. It throws what SQLite throws.</summary>
/// <param name="connection">The database.</param>
/// <param name="name">The table's name.</param>
/// <param name="isWhole">Whether what was read has all of its parts. One that no gateway of this kind wrote is left out.</param>
internal sealed class JsonTable<T>(SqliteConnection connection, string name, Func<T, bool> isWhole) : IKeptTable<T>
    where T : class, IKept<T>
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Makes the table when it is missing.</summary>
    public JsonTable<T> Make()
    {
        connection.Run(
            $"CREATE TABLE IF NOT EXISTS {name} (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, cluster TEXT NOT NULL, body TEXT NOT NULL);");
        return this;
    }

    /// <inheritdoc/>
    public void Write(IReadOnlyList<T> entries)
    {
        using var transaction = connection.BeginTransaction();
        foreach (var one in entries)
        {
            connection.Run(
                $"INSERT OR REPLACE INTO {name} VALUES ($0, $1, $2, $3)",
                one.Id,
                one.At.ToUnixTimeMilliseconds(),
                one.Cluster,
                JsonSerializer.Serialize(one, Json));
        }

        transaction.Commit();
    }

    /// <inheritdoc/>
    public IReadOnlyList<T> Read(int most)
    {
        using var command = connection.Statement($"SELECT id, body FROM {name} ORDER BY id DESC LIMIT $0", most);
        using var rows = command.ExecuteReader();
        var entries = new List<T>();
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
        connection.Run($"DELETE FROM {name} WHERE id < (SELECT id FROM {name} ORDER BY id DESC LIMIT 1 OFFSET $0)", most - 1);

    private T? Read(long id, string body)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(body, Json) is { Cluster: not null } one && isWhole(one) ? one.WithId(id) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
