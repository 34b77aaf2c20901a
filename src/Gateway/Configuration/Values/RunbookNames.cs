namespace Gateway.Configuration.Values;

/// <summary>
/// The names in braces that stand in a runbook's arguments and URLs. All of them come from the configuration or from DNS.
/// </summary>
internal static class RunbookNames
{
    /// <summary>Every name.</summary>
    public static readonly string[] All = ["runbook", "cluster", "tier", "destination", "host", "port"];

    /// <summary>What is wrong with a text, as a rule to follow; null: nothing.</summary>
    public static string? ProblemOf(string text)
    {
        if (TextTemplate.Parse(text) is not { } parts)
        {
            return "Write a name in each pair of braces; {{ and }} stand for braces themselves";
        }

        foreach (var part in parts)
        {
            if (part.IsName && !All.Contains(part.Text, StringComparer.Ordinal))
            {
                return DidYouMean.Of(part.Text, All) is { } nearest
                    ? $"Write \"{{{nearest}}}\" instead of \"{{{part.Text}}}\""
                    : $"There is no \"{{{part.Text}}}\". Write one of {string.Join(", ", All.Select(static name => $"{{{name}}}"))}";
            }
        }

        return null;
    }

    /// <summary>The text with its names filled.</summary>
    /// <param name="text">A text without problems.</param>
    /// <param name="valueOf">The value of a name.</param>
    public static string Fill(string text, Func<string, string> valueOf) =>
        TextTemplate.Parse(text) is { } parts
            ? string.Concat(parts.Select(part => part.IsName ? valueOf(part.Text) : part.Text))
            : text;
}
