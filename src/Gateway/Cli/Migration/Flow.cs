using System.Text;

namespace Gateway.Cli.Migration;

/// <summary>Values as YAML on one line.</summary>
internal static class Flow
{
    private static readonly string[] Words = ["null", "Null", "NULL", "~", "true", "false"];

    /// <summary>A text: plain where YAML cannot misread it, else in double quotes.</summary>
    public static string Text(string text)
    {
        // To the gateway "${" begins a variable of the environment.
        var escaped = text.Replace("${", "$${", StringComparison.Ordinal);
        return IsPlain(escaped) ? escaped : Quoted(escaped);
    }

    /// <summary>A list.</summary>
    public static string List(IEnumerable<string> items)
    {
        var list = string.Join(", ", items.Select(Text));
        return list.Length == 0 ? "[]" : $"[ {list} ]";
    }

    /// <summary>A mapping of texts.</summary>
    public static string Map(IEnumerable<KeyValuePair<string, string>> entries) =>
        Raw(entries.Select(static entry => KeyValuePair.Create(entry.Key, Text(entry.Value))));

    /// <summary>A mapping whose values are YAML already.</summary>
    public static string Raw(IEnumerable<KeyValuePair<string, string>> entries)
    {
        var map = string.Join(", ", entries.Select(static entry => $"{Text(entry.Key)}: {entry.Value}"));
        return map.Length == 0 ? "{}" : $"{{ {map} }}";
    }

    private static bool IsPlain(string text) =>
        text.Length > 0 && !Words.Contains(text, StringComparer.Ordinal)
        && (char.IsAsciiLetterOrDigit(text[0]) || text[0] is '/' or '.' or '_')
        && text.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '.' or '_' or '-' or '%' or '+');

    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var letter in text)
        {
            if (letter is '"' or '\\')
            {
                quoted.Append('\\').Append(letter);
            }
            else if (char.IsControl(letter) || letter is '\u2028' or '\u2029' or '\uFEFF')
            {
                quoted.Append($"\\u{(int)letter:X4}");
            }
            else
            {
                quoted.Append(letter);
            }
        }

        return quoted.Append('"').ToString();
    }
}
