using System.Reflection;

namespace Gateway.Cli;

/// <summary>What <c>--version</c> prints: the version, the commit it was built from, and for a release its date.</summary>
internal static class VersionText
{
    /// <summary>The name of the assembly's metadata that holds a release's date.</summary>
    public const string DateKey = "ReleaseDate";

    private static readonly string Informational =
        typeof(VersionText).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    /// <summary>The version alone.</summary>
    public static string Number { get; } = Informational.Split('+')[0];

    /// <summary>Of this program.</summary>
    public static string Current { get; } = Of(
        Informational,
        typeof(VersionText).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(static data => string.Equals(
            data.Key,
            DateKey,
            StringComparison.Ordinal))?.Value);

    /// <summary>In one line.</summary>
    /// <param name="informational">The version; the build adds the commit after a plus sign where it knows one.</param>
    /// <param name="date">Of a release; null or empty: the build is not one.</param>
    public static string Of(string informational, string? date)
    {
        var plus = informational.IndexOf('+', StringComparison.Ordinal);
        var (version, commit) = plus < 0 ? (informational, "unknown") : (informational[..plus], informational[(plus + 1)..]);
        return $"gateway {version} (commit {commit[..Math.Min(commit.Length, 12)]}{(string.IsNullOrEmpty(date) ? "" : $", {date}")})";
    }
}
