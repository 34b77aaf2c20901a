using System.Globalization;
using System.Net;
using Gateway.Configuration.Values;

namespace Gateway.Cli.Migration.Nginx;

/// <summary>nginx's times, sizes, rates and networks.</summary>
internal static class NginxValues
{
    /// <summary><c>60</c>, <c>500ms</c>, <c>1m30s</c>; null: it is no time.</summary>
    public static TimeSpan? Time(string text)
    {
        var total = 0d;
        for (var at = 0; at < text.Length;)
        {
            var digits = at;
            while (digits < text.Length && char.IsAsciiDigit(text[digits]))
            {
                digits++;
            }

            if (digits == at || digits - at > 9)
            {
                return null;
            }

            var number = int.Parse(text.AsSpan(at, digits - at), NumberStyles.None, CultureInfo.InvariantCulture);
            var end = digits;
            while (end < text.Length && char.IsAsciiLetter(text[end]))
            {
                end++;
            }

            double? unit = text[digits..end] switch
            {
                "" or "s" => 1,
                "ms" => 0.001,
                "m" => 60,
                "h" => 3600,
                "d" => 86400,
                "w" => 604800,
                _ => null
            };
            if (unit is null)
            {
                return null;
            }

            total += number * unit.Value;
            at = end;
        }

        return text.Length > 0 && total <= 315_360_000 ? TimeSpan.FromSeconds(total) : null;
    }

    /// <summary><c>1024</c>, <c>8k</c>, <c>10m</c>, <c>1g</c> as the gateway writes sizes; null: it is no size.</summary>
    public static string? Size(string text)
    {
        if (text.Length == 0)
        {
            return null;
        }

        var factor = char.ToLowerInvariant(text[^1]) switch { 'k' => 1L << 10, 'm' => 1L << 20, 'g' => 1L << 30, _ => 1L };
        var digits = factor == 1 ? text : text[..^1];
        if (digits.Length is 0 or > 9 || !long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }

        return SizeText.Format(number == 0 ? 100L << 30 : Math.Min(number * factor, 100L << 30));
    }

    /// <summary>A network with the bits beyond its length cleared; <c>all</c> is null, as is what is no network.</summary>
    public static string? Network(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!IPAddress.TryParse(slash < 0 ? text : text[..slash], out var address))
        {
            return null;
        }

        var bits = address.GetAddressBytes().Length * 8;
        var length = bits;
        if (slash >= 0
            && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > bits))
        {
            return null;
        }

        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] &= (byte)(0xFF << (8 - Math.Clamp(length - (i * 8), 0, 8)));
        }

        return $"{new IPAddress(bytes)}/{length.ToString(CultureInfo.InvariantCulture)}";
    }

    /// <summary>The value of an argument <c>name=value</c>; null: it is not there.</summary>
    public static string? Argument(NginxDirective directive, string name)
    {
        foreach (var argument in directive.Arguments)
        {
            if (argument.StartsWith(name, StringComparison.Ordinal) && argument.Length > name.Length && argument[name.Length] == '=')
            {
                return argument[(name.Length + 1)..];
            }
        }

        return null;
    }
}
