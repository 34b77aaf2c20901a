namespace Gateway.Health.Kubernetes;

/// <summary>Names and messages of an API server as they may stand in a log, on a page and on a terminal. Pure.</summary>
internal static class ApiText
{
    private const int Longest = 300;

    /// <summary>Without control characters, and not longer than a few lines; null: there is none.</summary>
    public static string? Clean(string? text) => string.IsNullOrWhiteSpace(text)
        ? null
        : string.Concat(text.Take(Longest).Select(static letter => char.IsControl(letter) ? ' ' : letter));
}
