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

    /// <summary>The host of a destination's URL as programs take it: an IPv6 address without its brackets.</summary>
    public static string HostOf(Uri url) => UrlHost.Of(url);

    /// <summary>A URL with its names filled and escaped; null: what comes of it is no URL.</summary>
    /// <param name="text">A text without problems.</param>
    /// <param name="valueOf">The value of a name; that of <c>host</c> as <see cref="HostOf"/> gives it.</param>
    public static Uri? FillUrl(string text, Func<string, string> valueOf) =>
        Uri.TryCreate(Fill(text, name => InUrl(name, valueOf(name))), UriKind.Absolute, out var url)
            && url is { Scheme: "http" or "https", UserInfo.Length: 0, Fragment.Length: 0, Host.Length: > 0 }
            ? url
            : null;

    /// <summary>The text with its names filled.</summary>
    /// <param name="text">A text without problems.</param>
    /// <param name="valueOf">The value of a name.</param>
    public static string Fill(string text, Func<string, string> valueOf) =>
        TextTemplate.Parse(text) is { } parts
            ? string.Concat(parts.Select(part => part.IsName ? valueOf(part.Text) : part.Text))
            : text;

    // An IPv6 address stands in brackets, which no escape may take the place of.
    private static string InUrl(string name, string value) =>
        string.Equals(name, "host", StringComparison.Ordinal) && value.Contains(':', StringComparison.Ordinal)
            ? $"[{value.Replace("%", "%25", StringComparison.Ordinal)}]"
            : Uri.EscapeDataString(value);
}
