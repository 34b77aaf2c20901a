using System.Globalization;
using System.Text.RegularExpressions;

namespace Gateway.Cli.Migration.HaProxy;

/// <summary>HAProxy's times and formats.</summary>
internal static partial class HaProxyValues
{
    /// <summary><c>500</c> (ms), <c>2s</c>, <c>1m</c>; null: it is no time.</summary>
    public static TimeSpan? Time(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits < 0)
        {
            digits = text.Length;
        }

        if (digits is 0 or > 9)
        {
            return null;
        }

        var number = long.Parse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture);
        double? unit = text[digits..] switch
        {
            "" or "ms" => 0.001,
            "us" => 0.000001,
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86400,
            _ => null
        };
        return unit is { } seconds && number * seconds <= 315_360_000 ? TimeSpan.FromSeconds(number * seconds) : null;
    }

    /// <summary>A whole number; null: it is none.</summary>
    public static int? Whole(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>A log format as a text of the gateway's; null: something in it has no counterpart.</summary>
    public static string? Text(string format)
    {
        var braces = format.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);
        var known = Sample().Replace(braces, static match => match.Value switch
        {
            "%[src]" or "%ci" => "{client}",
            "%[req.hdr(host)]" or "%[hdr(host)]" or "%[req.hdr(Host)]" => "{host}",
            "%[path]" or "%HP" => "{path}",
            _ => match.Value,
        });
        return known.Replace("%%", "", StringComparison.Ordinal).Contains('%', StringComparison.Ordinal) ? null : known.Replace(
            "%%",
            "%",
            StringComparison.Ordinal);
    }

    [GeneratedRegex(@"%\[[^\]]{1,200}\]|%[A-Za-z]{2}", RegexOptions.NonBacktracking)]
    private static partial Regex Sample();
}
