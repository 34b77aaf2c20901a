using System.Globalization;

namespace Gateway.Configuration.Values;

/// <summary>Sizes as people write them: a whole number and B, KiB, MiB or GiB.</summary>
internal static class SizeText
{
    public const string Rule = "Write a whole number and a unit, like 64KiB or 10MiB";
    public const string Pattern = @"^(0|[0-9]+(B|KiB|MiB|GiB))$|\$\{";

    private static readonly (string Unit, long Bytes)[] Units = [("B", 1), ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30)];

    /// <summary>Null with the remedy in <paramref name="instead"/> when <paramref name="text"/> is no size.</summary>
    public static long? Parse(string text, out string instead)
    {
        instead = Rule;
        if (string.Equals(text, "0", StringComparison.Ordinal))
        {
            return 0;
        }

        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits < 0 && text.Length is > 0 and < 12)
        {
            instead = $"Write the unit too, {text}B or {text}KiB";
            return null;
        }

        if (digits is <= 0 or > 9)
        {
            return null;
        }

        var number = long.Parse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture);
        var given = text.AsSpan(digits);
        foreach (var (unit, bytes) in Units)
        {
            if (given.SequenceEqual(unit))
            {
                return number * bytes;
            }
        }

        foreach (var (unit, _) in Units)
        {
            // 64KB, 64K, 64kib: the first letter says what was meant.
            if (char.ToUpperInvariant(given.TrimStart()[0]) == unit[0])
            {
                instead = $"Write {number}{unit}";
            }
        }

        return null;
    }

    /// <summary>In the largest unit that leaves a whole number.</summary>
    public static string Format(long bytes) => bytes switch
    {
        0 => "0",
        _ when bytes % (1L << 30) == 0 => $"{bytes >> 30}GiB",
        _ when bytes % (1L << 20) == 0 => $"{bytes >> 20}MiB",
        _ when bytes % (1L << 10) == 0 => $"{bytes >> 10}KiB",
        _ => $"{bytes}B",
    };
}
