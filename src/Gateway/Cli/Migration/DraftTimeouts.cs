using Gateway.Configuration.Values;

namespace Gateway.Cli.Migration;

/// <summary>The deadlines of a cluster or a route, made to fit into each other.</summary>
internal sealed class DraftTimeouts
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);
    private static readonly TimeSpan UsualTotal = TimeSpan.FromSeconds(60);

    /// <summary>To a connection; clusters only.</summary>
    public TimeSpan? Connect { get; set; }

    /// <summary>To the response's head.</summary>
    public TimeSpan? FirstByte { get; set; }

    /// <summary>Between two pieces of a body.</summary>
    public TimeSpan? Idle { get; set; }

    /// <summary>For the whole request.</summary>
    public TimeSpan? Total { get; set; }

    /// <summary>The value of the key; null: nothing is set.</summary>
    /// <param name="attempts">How many attempts the whole request should have room for.</param>
    /// <param name="connect">The cluster's, for a route.</param>
    public string? ToYaml(int attempts, TimeSpan? connect = null)
    {
        if (Connect is null && FirstByte is null && Idle is null && Total is null)
        {
            return null;
        }

        var keys = new List<KeyValuePair<string, string>>();
        Append("connect", Clamp(Connect, TimeSpan.FromMinutes(10)));
        var first = Clamp(FirstByte, Longest);
        Append("firstByte", first);
        // The other proxies give writes as long as reads.
        Append("firstByteWrites", first);
        Append("idle", Clamp(Idle, TimeSpan.FromHours(24)));
        var attempt = (Clamp(Connect, TimeSpan.FromMinutes(10))
            ?? connect ?? TimeSpan.FromMilliseconds(500)) + (first ?? TimeSpan.FromSeconds(5));
        var total = Total ?? attempt * attempts;
        if (total < attempt)
        {
            total = attempt;
        }

        // Rounded up: a deadline of 902 s only looks precise.
        if (Total is not null || total > UsualTotal)
        {
            Append("total", Clamp(TimeSpan.FromSeconds(Math.Ceiling(total.TotalSeconds / 10) * 10), TimeSpan.FromHours(24)));
        }

        return Flow.Map(keys);

        void Append(string key, TimeSpan? value)
        {
            if (value is { } time)
            {
                keys.Add(new(key, DurationText.Format(time)));
            }
        }
    }

    private static TimeSpan? Clamp(TimeSpan? time, TimeSpan longest) =>
        time is not { } given
            ? null
            : given < TimeSpan.FromMilliseconds(10) ? TimeSpan.FromMilliseconds(10)
            : given > longest ? longest
            : given;
}
