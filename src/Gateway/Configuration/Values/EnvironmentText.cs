using System.Text;

namespace Gateway.Configuration.Values;

/// <summary>Fills <c>${NAME}</c> and <c>${NAME:-default}</c> from the environment; <c>$${</c> stands for a literal <c>${</c>.</summary>
internal static class EnvironmentText
{
    /// <summary>
    /// The filled text, or null with what is wrong in <paramref name="wrong"/>. Only values are filled, never keys, so a variable cannot
    /// change the file's structure.
    /// </summary>
    public static string? Fill(string text, Func<string, string?> environment, out bool filled, out string wrong)
    {
        filled = false;
        wrong = "";
        var at = text.IndexOf("${", StringComparison.Ordinal);
        if (at < 0)
        {
            return text;
        }

        var result = new StringBuilder();
        var from = 0;
        while (at >= 0)
        {
            if (at > 0 && text[at - 1] == '$')
            {
                result.Append(text, from, at - from).Append('{');
                from = at + 2;
            }
            else
            {
                var end = text.IndexOf('}', at);
                if (end < 0)
                {
                    wrong =
                        "The end of a variable is missing, given \"${\" without \"}\". Write \"${NAME}\", or \"$${\" where the text itself "
                            + "has \"${\".";
                    return null;
                }

                if (ValueOf(text[(at + 2)..end], environment, out wrong) is not { } value)
                {
                    return null;
                }

                filled = true;
                result.Append(text, from, at - from).Append(value);
                from = end + 1;
            }

            at = text.IndexOf("${", from, StringComparison.Ordinal);
        }

        return result.Append(text, from, text.Length - from).ToString();
    }

    private static string? ValueOf(string inside, Func<string, string?> environment, out string wrong)
    {
        wrong = "";
        var split = inside.IndexOf(":-", StringComparison.Ordinal);
        var name = split < 0 ? inside : inside[..split];
        if (!IsName(name))
        {
            wrong =
                "This is no name of a variable. Write \"${NAME}\" or \"${NAME:-default}\", the name of letters, digits and underscores.";
            return null;
        }

        // As in a shell: the default stands in for an empty variable too.
        var value = environment(name);
        if (string.IsNullOrEmpty(value) && split >= 0)
        {
            return inside[(split + 2)..];
        }

        if (value is null)
        {
            wrong = $"The environment has no variable of this name, given \"${{{name}}}\". Set {name}, or write \"${{{name}:-default}}\".";
        }

        return value;
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= 256
            && !char.IsAsciiDigit(name[0])
            && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');
}
