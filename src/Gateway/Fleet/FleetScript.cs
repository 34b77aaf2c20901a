using System.Globalization;
using System.Text;

namespace Gateway.Fleet;

/// <summary>
/// One exchange with Redis: our sign of life and what we have to say goes in, what everyone said comes out; in one script, so that all of
/// it is of one moment.
/// </summary>
internal static class FleetScript
{
    /// <summary>More gateways than this are no fleet but a fault.</summary>
    public const int MostGateways = 256;

    /// <summary>So many purges are kept for those who were away.</summary>
    public const int MostPurges = 64;

    // text(): '' for nothing, '?' for what is of another type or too long. A value is replaced only if it is still the one that was read.
    // Time is that of Redis, once for all gateways.
    public const string Text = """
        local function text(k)
          local n = redis.pcall('STRLEN', k)
          if type(n) ~= 'number' or n > 16384 then return '?' end
          return redis.call('GET', k) or ''
        end
        local index, own, purges = KEYS[1], KEYS[2], KEYS[3]
        local id, life, ttl, names = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
        local at = 5
        local function nextArg() local v = ARGV[at] at = at + 1 return v end
        local t = redis.call('TIME')
        local ms = string.format('%.0f', t[1] * 1000 + math.floor(t[2] / 1000))
        local out = { ms, redis.call('EXISTS', own) == 1 and '1' or '0' }
        local n = redis.pcall('SCARD', index)
        if type(n) ~= 'number' or n > 256 then redis.call('DEL', index) end
        redis.call('SADD', index, id)
        redis.call('PEXPIRE', index, 86400000)
        redis.call('SET', own, life, 'PX', ttl)
        for i = 1, tonumber(nextArg()) do
          local k, expected, value, px = KEYS[tonumber(nextArg())], nextArg(), nextArg(), nextArg()
          if text(k) == expected then
            if value == '' then redis.call('DEL', k) else redis.call('SET', k, value, 'PX', px) end
          end
        end
        n = redis.pcall('LLEN', purges)
        if type(n) ~= 'number' then redis.call('DEL', purges) end
        for i = 1, tonumber(nextArg()) do
          redis.call('RPUSH', purges, ms .. ' ' .. nextArg())
          redis.call('LTRIM', purges, -64, -1)
          redis.call('PEXPIRE', purges, 86400000)
        end
        local living = {}
        for _, other in ipairs(redis.call('SMEMBERS', index)) do
          local v = #other <= 64 and text(names .. other) or ''
          if v == '' then redis.call('SREM', index, other) else living[#living + 1] = other living[#living + 1] = v end
        end
        out[#out + 1] = tostring(#living / 2)
        for _, v in ipairs(living) do out[#out + 1] = v end
        for i = 4, #KEYS do
          out[#out + 1] = text(KEYS[i])
          out[#out + 1] = tostring(redis.call('PTTL', KEYS[i]))
        end
        for _, v in ipairs(redis.call('LRANGE', purges, -64, -1)) do out[#out + 1] = #v <= 16384 and v or '?' end
        return out
        """;

    /// <summary>A value to set; empty: to delete. <paramref name="Place"/> counts the slots from 0.</summary>
    public readonly record struct Write(int Place, byte[] Expected, byte[] Value, TimeSpan KeepFor);

    /// <summary>The arguments of the script.</summary>
    public static List<byte[]> ArgumentsOf(
        string id,
        byte[] life,
        TimeSpan keepFor,
        string lives,
        IReadOnlyList<Write> writes,
        IReadOnlyList<byte[]> purges)
    {
        List<byte[]> all = [Bytes(id), life, Number(keepFor.TotalMilliseconds), Bytes(lives), Number(writes.Count)];
        foreach (var write in writes)
        {
            // The slots' keys stand behind three others, and Lua counts from 1.
            all.AddRange([Number(write.Place + 4), write.Expected, write.Value, Number(Math.Max(1, write.KeepFor.TotalMilliseconds))]);
        }

        all.Add(Number(purges.Count));
        all.AddRange(purges);
        return all;
    }

    /// <summary>What came out; null: it is not what the script gives.</summary>
    public static FleetReply? Read(byte[]?[] reply, int slots)
    {
        var at = 0;
        byte[] Next() => at < reply.Length ? reply[at++] ?? [] : [];
        if (!long.TryParse(Next(), CultureInfo.InvariantCulture, out var ms))
        {
            return null;
        }

        var known = Next() is [(byte)'1'];
        if (!int.TryParse(Next(), CultureInfo.InvariantCulture, out var living)
            || living < 0
            || living > (reply.Length - at - (2 * slots)) / 2)
        {
            return null;
        }

        var lives = new List<(string, byte[])>(living);
        for (var i = 0; i < living; i++)
        {
            lives.Add((Encoding.UTF8.GetString(Next()), Next()));
        }

        var values = new (byte[], TimeSpan)[slots];
        for (var i = 0; i < slots; i++)
        {
            values[i] = (Next(), long.TryParse(
                Next(),
                CultureInfo.InvariantCulture,
                out var left) ? TimeSpan.FromMilliseconds(Math.Clamp(left, -1, 1e12)) : TimeSpan.FromMilliseconds(-1));
        }

        var purges = new List<(TimeSpan, byte[])>();
        while (at < reply.Length)
        {
            var line = Next();
            var space = Array.IndexOf(line, (byte)' ');
            purges.Add(space > 0
                && long.TryParse(
                    line.AsSpan(0, space),
                    CultureInfo.InvariantCulture,
                    out var then) ? (TimeSpan.FromMilliseconds(Math.Clamp(ms - then, 0, 1e12)), line[(space
                        + 1)..]) : (TimeSpan.Zero, line));
        }

        return new FleetReply(known, lives, values, purges);
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Number(double number) => Bytes(number.ToString("0", CultureInfo.InvariantCulture));
}

/// <summary>What everyone said.</summary>
/// <param name="Known">Redis still held our last sign of life.</param>
/// <param name="Lives">Each living gateway's identity and sign of life, ours too.</param>
/// <param name="Values">The slots' values (empty: none) and how long each stays.</param>
/// <param name="Purges">The last purges, oldest first, and how long ago each was told.</param>
internal sealed record FleetReply(
    bool Known,
    List<(string Id, byte[] Life)> Lives,
    (byte[] Value, TimeSpan Remaining)[] Values,
    List<(TimeSpan Age, byte[] Payload)> Purges);
