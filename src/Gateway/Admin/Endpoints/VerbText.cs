using System.Globalization;
using Gateway.Configuration.Values;

namespace Gateway.Admin.Endpoints;

/// <summary>What operators sent, as it may stand in a sentence.</summary>
internal static class VerbText
{
    private const int Longest = 500;

    /// <summary>
    /// The text, cut. It is shown in terminals and logs: nothing in it may steer them, nor turn the direction of writing.
    /// </summary>
    public static string Shown(string text, int most = Longest) => string.Concat(text.Take(most).Select(static c => Steers(c) ? ' ' : c));

    /// <summary>The name that was probably meant, as a sentence behind a blank; empty: none is near enough.</summary>
    public static string Meant(string given, IEnumerable<string> known) =>
        DidYouMean.Of(given, known) is { } near ? $" Did you mean \"{near}\"?" : "";

    /// <summary>Names in quotes.</summary>
    public static string List(IEnumerable<string> names) => string.Join(", ", names.Select(static n => $"\"{n}\""));

    private static bool Steers(char c) =>
        char.IsControl(c)
        || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
