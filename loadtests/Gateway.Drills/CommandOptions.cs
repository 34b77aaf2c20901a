using System.CommandLine;

namespace Gateway.Drills;

/// <summary>Options that several commands have, and how their values are read.</summary>
internal static class CommandOptions
{
    /// <summary><c>--rate</c>.</summary>
    public static Option<double> Rate(double otherwise) =>
        new("--rate") { Description = "Requests a second.", DefaultValueFactory = _ => otherwise };

    /// <summary><c>--warm</c>.</summary>
    public static Option<double> Warm() =>
        new("--warm") { Description = "Seconds of load before anything is counted.", DefaultValueFactory = _ => 10 };

    /// <summary><c>--count</c>.</summary>
    public static Option<int> Count(int otherwise) => new("--count") { Description = "How many.", DefaultValueFactory = _ => otherwise };

    /// <summary><c>--only</c>.</summary>
    public static Option<string[]> Only() =>
        new("--only") { Description = "Only these faults, by name.", AllowMultipleArgumentsPerToken = true };

    /// <summary>An address as it was typed.</summary>
    public static Uri ToUri(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url)
        ? url
        : throw new ArgumentException($"'{text}' is not a URL. Write it like http://127.0.0.1:8080/guide/about.", nameof(text));

    /// <summary>Seconds as they were typed.</summary>
    public static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
