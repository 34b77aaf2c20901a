using StackExchange.Redis;

namespace Gateway.Redis;

/// <summary>What is asked of Redis, in the client library's words.</summary>
internal static class RedisCommands
{
    /// <summary>The values of names; null where there is none, or none that is a text.</summary>
    public static async Task<byte[]?[]> GetAsync(IDatabase database, IReadOnlyList<string> names)
    {
        var values = await database.StringGetAsync([.. names.Select(static n => (RedisKey)n)]).ConfigureAwait(false);
        return Array.ConvertAll(values, static v => (byte[]?)v);
    }

    /// <summary>Sets values, each with its time to live; how many. No value: the name is deleted.</summary>
    public static async Task<int> SetAsync(IDatabase database, IReadOnlyList<(string Name, byte[]? Value, TimeSpan KeepFor)> values)
    {
        // All are sent before the first response is awaited.
        await Task.WhenAll(values.Select(v => v.Value is null
            ? database.KeyDeleteAsync(v.Name)
            : database.StringSetAsync(v.Name, v.Value, v.KeepFor))).ConfigureAwait(false);
        return values.Count;
    }

    /// <summary>Some names that match a pattern, and where to go on; the end is "0".</summary>
    public static async Task<(string Cursor, string[] Names)> ScanAsync(IDatabase database, string pattern, string cursor) =>
        await database.ExecuteAsync("SCAN", cursor, "MATCH", pattern, "COUNT", "200").ConfigureAwait(false) is { Length: 2 } page
        && (string?)page[0] is { } next
        && (string?[]?)page[1] is { } names
            ? (next, [.. names.OfType<string>()])
            : throw new RedisFailedException(RedisFault.Refused);

    /// <summary>Runs a script on the master; it gives a list of texts.</summary>
    public static async Task<byte[]?[]> ScriptAsync(
        IDatabase database, string script, IReadOnlyList<string> keys, IReadOnlyList<byte[]> values)
    {
        List<object> arguments = [script, keys.Count, .. keys.Select(static k => (object)(RedisKey)k), .. values];
        var reply = (RedisResult[]?)await database.ExecuteAsync("EVAL", arguments, CommandFlags.DemandMaster).ConfigureAwait(false);
        return Array.ConvertAll(reply ?? throw new RedisFailedException(RedisFault.Refused), static r => (byte[]?)r);
    }
}
