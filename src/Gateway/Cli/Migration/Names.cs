using System.Globalization;
using Gateway.Configuration.Values;

namespace Gateway.Cli.Migration;

/// <summary>Names of clusters and routes out of what stood in the other configuration.</summary>
internal static class Names
{
    private const int Longest = 60;

    /// <summary>A valid name; <paramref name="otherwise"/> when nothing of the text can stand in one.</summary>
    public static string Of(string text, string otherwise)
    {
        var letters = string.Concat(text.Select(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' ? letter : '-'));
        while (letters.Contains("--", StringComparison.Ordinal))
        {
            letters = letters.Replace("--", "-", StringComparison.Ordinal);
        }

        letters = letters.Trim('-', '.');
        if (letters.Length > Longest)
        {
            letters = letters[..Longest];
        }

        return NameText.IsName(letters) && letters is not "unmatched" ? letters : otherwise;
    }

    /// <summary>The name, with a number behind it if it is taken.</summary>
    public static string Unique(string name, Func<string, bool> isTaken)
    {
        if (!isTaken(name))
        {
            return name;
        }

        for (var number = 2; ; number++)
        {
            var other = $"{name}-{number.ToString(CultureInfo.InvariantCulture)}";
            if (!isTaken(other))
            {
                return other;
            }
        }
    }
}
