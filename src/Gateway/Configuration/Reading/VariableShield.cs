using System.Text.RegularExpressions;

namespace Gateway.Configuration.Reading;

/// <summary>
/// Lets <c>{ token: ${NAME} }</c> stand as people write it. To YAML the braces of a variable are braces of a mapping there; they pass the
/// parser as other characters, one for one, so that columns stay right.
/// </summary>
internal static partial class VariableShield
{
    private const string Special = "{},[]:#";
    private const char First = '\uE000';

    /// <summary>Hides the special characters of every <c>${NAME}</c> and <c>${NAME:-default}</c>.</summary>
    public static string Raise(string text)
    {
        // A file that uses these private characters itself is left alone: it then quotes such values, as YAML asks for.
        if (!text.Contains("${", StringComparison.Ordinal) || text.AsSpan().ContainsAnyInRange(First, (char)(First + Special.Length)))
        {
            return text;
        }

        return Variable().Replace(text, match => string.Create(match.Length, match.ValueSpan.ToString(), static (shielded, original) =>
        {
            for (var i = 0; i < original.Length; i++)
            {
                var at = Special.IndexOf(original[i], StringComparison.Ordinal);
                shielded[i] = at < 0 ? original[i] : (char)(First + at);
            }
        }));
    }

    /// <summary>Shows them again.</summary>
    public static string Lower(string text) =>
        !text.AsSpan().ContainsAnyInRange(First, (char)(First + Special.Length - 1)) ? text
        : string.Create(text.Length, text, static (lowered, shielded) =>
        {
            for (var i = 0; i < shielded.Length; i++)
            {
                var at = shielded[i] - First;
                lowered[i] = at >= 0 && at < Special.Length ? Special[at] : shielded[i];
            }
        });

    // Bounded in length: a file full of openings without an end must not cost its square.
    [GeneratedRegex(@"\$\{[A-Za-z_][A-Za-z0-9_]{0,255}(:-[^}\r\n]{0,1024})?\}", RegexOptions.NonBacktracking
        | RegexOptions.ExplicitCapture)]
    private static partial Regex Variable();
}
