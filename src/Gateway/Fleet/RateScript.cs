namespace Gateway.Fleet;

/// <summary>One exchange of what senders took, in one script.</summary>
internal static class RateScript
{
    /// <summary>
    /// Reads the stream behind what was read last (a new gateway begins at its end), then adds what was taken here. The first gateway
    /// gives the seed. Redis 5 or newer.
    /// </summary>
    public const string Text = """
        local stream, seeds = KEYS[1], KEYS[2]
        local id, from, seed = ARGV[1], ARGV[2], ARGV[3]
        local known = redis.pcall('GET', seeds)
        if type(known) == 'string' and #known == 16 then seed = known else redis.call('SET', seeds, seed) end
        redis.call('PEXPIRE', seeds, 86400000)
        local kind = redis.call('TYPE', stream).ok
        if kind ~= 'stream' and kind ~= 'none' then redis.call('DEL', stream) end
        local out = { seed, from }
        if from == '' then
          local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)
          out[2] = last[1] and last[1][1] or '0-0'
        else
          local read = redis.pcall('XREAD', 'COUNT', 1000, 'STREAMS', stream, from)
          if read and read.err then out[2] = '' end
          if read and not read.err then
            for _, entry in ipairs(read[1][2]) do
              out[2] = entry[1]
              local f = entry[2]
              if #f == 6 and f[2] ~= id and #f[6] <= 32768 then out[#out + 1] = f[4] out[#out + 1] = f[6] end
            end
          end
        end
        for i = 4, #ARGV - 1, 2 do
          redis.call('XADD', stream, 'MAXLEN', '~', 4000, '*', 'g', id, 'n', ARGV[i], 'd', ARGV[i + 1])
        end
        redis.call('PEXPIRE', stream, 60000)
        return out
        """;
}
