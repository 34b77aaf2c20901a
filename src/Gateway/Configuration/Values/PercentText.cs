using System.Globalization;

namespace Gateway.Configuration.Values;

/// <summary>Shares as people write them: <c>20%</c> or <c>99.95%</c>; read as a ratio from 0 to 1.</summary>
internal static class PercentText
{
    public const string Rule = "Write a percentage, like 20% or 99.95%";
    public const string Pattern = @"^[0-9]+(\.[0-9]+)?%$|\$\{";

    /// <summary>
    /// Null with the remedy in <paramref name="instead"/> when <paramref name="text"/> is no percentage from 0 % to 100 %.
    /// </summary>
    public static double? Parse(string text, out string instead)
    {
        instead = Rule;
        var hasSign = text.EndsWith('%');
        if (text.Length > 16
            || !decimal.TryParse(
                hasSign ? text.AsSpan(0, text.Length - 1) : text,
                NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out var number))
        {
            return null;
        }

        if (!hasSign)
        {
            instead = number <= 1 ? $"Write {Format((double)number)}" : $"Write {text}%";
            return null;
        }

        if (number > 100)
        {
            instead = "Write a percentage from 0% to 100%";
            return null;
        }

        return (double)(number / 100);
    }

    /// <summary><c>0.9995</c> as <c>99.95%</c>.</summary>
    public static string Format(double ratio) => ((decimal)ratio * 100).ToString("0.######", CultureInfo.InvariantCulture) + "%";
}
