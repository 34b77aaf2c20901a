using System.Collections.Immutable;
using System.Globalization;

namespace Gateway.Cli.Migration.Yarp;

/// <summary>A value of the settings with its place. .NET reads keys in any case.</summary>
/// <param name="Key">The key it stands at; empty for items of a list.</param>
/// <param name="At">Where it begins.</param>
/// <param name="Text">A single value as text; null: it is a mapping, a list or null.</param>
/// <param name="Items">What stands in a mapping or a list.</param>
/// <param name="IsList">True: a list.</param>
internal sealed record YarpNode(string Key, SourcePlace At, string? Text, ImmutableArray<YarpNode> Items, bool IsList)
{
    /// <summary>The value at a key; null: there is none. Of several, the last one counts.</summary>
    public YarpNode? this[string key] => IsList ? null : Items.LastOrDefault(item => item.Key.Equals(
        key,
        StringComparison.OrdinalIgnoreCase));

    /// <summary>The text at a key; null: there is none.</summary>
    public string? TextOf(string key) => this[key]?.Text;

    /// <summary>The duration at a key, as .NET writes it: above zero, at most a year; null: there is none.</summary>
    public TimeSpan? TimeOf(string key) =>
        TimeSpan.TryParse(TextOf(key), CultureInfo.InvariantCulture, out var time) && time > TimeSpan.Zero && time <= TimeSpan.FromDays(365)
            ? time
            : null;

    /// <summary>True when the text at a key is true.</summary>
    public bool Is(string key) => TextOf(key) is { } text && text.Equals("true", StringComparison.OrdinalIgnoreCase);

    /// <summary>The texts of a list at a key.</summary>
    public IEnumerable<string> TextsOf(string key) => this[key]?.Items.Select(static item => item.Text).OfType<string>() ?? [];

    /// <summary>Key and value, for a note.</summary>
    public override string ToString() => Text is null ? Key : $"{Key}: {Text}";
}
