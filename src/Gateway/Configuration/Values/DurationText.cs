using System.Globalization;

namespace Gateway.Configuration.Values;

/// <summary>Durations as people write them: a whole number and ms, s, m or h.</summary>
internal static class DurationText
{
    public const string Rule = "Write a whole number and a unit, like 250ms, 2s, 5m or 24h";

    /// <summary>For editors; a text from the environment is judged only at the start.</summary>
    public const string Pattern = @"^(0|[0-9]+(ms|s|m|h))$|\$\{";

    private static readonly (string Unit, double Milliseconds)[] Units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

    /// <summary>Null with the remedy in <paramref name="instead"/> when <paramref name="text"/> is no duration.</summary>
    public static TimeSpan? Parse(string text, out string instead)
    {
        instead = Rule;
        if (string.Equals(text, "0", StringComparison.Ordinal))
        {
            return TimeSpan.Zero;
        }

        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits < 0 && text.Length is > 0 and < 12)
        {
            instead = $"Write the unit too, {text}ms or {text}s";
            return null;
        }

        if (digits is <= 0 or > 12)
        {
            return null;
        }

        var number = long.Parse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture);
        foreach (var (unit, milliseconds) in Units)
        {
            if (!text.AsSpan(digits).SequenceEqual(unit))
            {
                continue;
            }

            var total = number * milliseconds;
            // Beyond 10 years nothing is a duration any more, and TimeSpan and timers overflow.
            return total <= 315_360_000_000d ? TimeSpan.FromMilliseconds(total) : null;
        }

        if (double.TryParse(text.AsSpan().TrimEnd("mshSMH"), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var fraction)
            && text.EndsWith('s')
            && fraction < 1e6)
        {
            instead =
                $"Write a whole number, "
                    + $"{Format(TimeSpan.FromMilliseconds(text.EndsWith("ms", StringComparison.Ordinal)
                        ? Math.Ceiling(fraction)
                        : Math.Round(fraction * 1000)))}";
        }

        return null;
    }

    /// <summary>The shortest way to write it: <c>90s</c>, not <c>1m30s</c>.</summary>
    public static string Format(TimeSpan duration)
    {
        var milliseconds = (long)Math.Round(duration.TotalMilliseconds);
        return milliseconds switch
        {
            0 => "0s",
            _ when milliseconds % 3_600_000 == 0 => $"{milliseconds / 3_600_000}h",
            _ when milliseconds % 60_000 == 0 => $"{milliseconds / 60_000}m",
            _ when milliseconds % 1_000 == 0 => $"{milliseconds / 1_000}s",
            _ => $"{milliseconds}ms",
        };
    }
}
