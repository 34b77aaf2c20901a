namespace Gateway.Configuration.Values;

/// <summary>Names of clusters, tiers, routes and destinations: they become labels of metrics and parts of the operators' URLs.</summary>
internal static class NameText
{
    public const string Rule = "Write letters, digits, dots, dashes and underscores, at most 64";
    public const string Pattern = "^[A-Za-z0-9._-]{1,64}$";

    /// <summary>True when <paramref name="text"/> keeps to <see cref="Rule"/>.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= 64 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_');
}
