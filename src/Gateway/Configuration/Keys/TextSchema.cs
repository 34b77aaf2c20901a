using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Keys;

/// <summary>A value that was understood, or what to write instead.</summary>
internal readonly record struct Parsed<T>(bool Ok, T? Value, string? Instead)
{
    public static implicit operator Parsed<T>(T value) => new(Ok: true, value, Instead: null);

    /// <summary>Not understood; <paramref name="instead"/> may repeat what was given, and is then not shown for secrets.</summary>
    public static Parsed<T> Bad(string? instead = null) => new(Ok: false, default, instead);
}

/// <summary>A single text, filled from the environment and then parsed.</summary>
/// <param name="what">"a duration"</param>
/// <param name="rule">"Write a whole number and a unit, like 2s", without a full stop.</param>
/// <param name="schema">Makes a fresh schema each time, for JSON nodes have one parent.</param>
/// <param name="parse">Pure.</param>
/// <param name="secret">Never repeated in a message.</param>
internal sealed class TextSchema<T>(string what, string rule, Func<JsonObject> schema, Func<string, Parsed<T>> parse, bool secret = false)
    : Schema<T>
{
    public override string What => what;

    public override bool HoldsSecrets => secret;

    public override JsonObject ToSchema() => schema();

    public override bool TryRead(ConfigNode node, string path, Reader reader, [MaybeNullWhen(false)] out T value)
    {
        value = default;
        if (!reader.Visit(node, path))
        {
            return false;
        }

        if (node is not ScalarNode { IsNull: false } scalar)
        {
            WrongKind(node, path, reader, rule);
            return false;
        }

        if (EnvironmentText.Fill(scalar.Text, reader.Environment, out var filled, out var wrong) is not { } text)
        {
            reader.Problem(node, path, wrong);
            return false;
        }

        var parsed = parse(text);
        if (!parsed.Ok)
        {
            // A variable's value may be anybody's secret, whatever key it was put at: only its name is repeated.
            var given = secret
                ? "a secret that is not shown"
                : filled ? $"{Reader.Quote(scalar.Text)} (the variable's value is not shown)"
                : Reader.Quote(Masked(text));
            reader.Problem(
                node,
                path,
                $"{Reader.NameOf(path)} must be {what}, given {given}. {(secret || filled ? rule : parsed.Instead ?? rule)}.");
            return false;
        }

        value = parsed.Value!;
        return true;
    }

    /// <summary>Passwords in URLs are secrets too.</summary>
    private static string Masked(string text)
    {
        var at = text.LastIndexOf('@');
        var slashes = text.IndexOf("//", StringComparison.Ordinal);
        return slashes >= 0 && at > slashes ? string.Concat(text.AsSpan(0, slashes + 2), "***", text.AsSpan(at)) : text;
    }
}
