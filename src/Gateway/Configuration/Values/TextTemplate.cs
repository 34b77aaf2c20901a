using System.Collections.Immutable;

namespace Gateway.Configuration.Values;

/// <summary>One piece of a text with values: literal text, or the name of a value.</summary>
/// <param name="Text">The text, or the name.</param>
/// <param name="IsName">True: a value stands here.</param>
internal readonly record struct TemplatePart(string Text, bool IsName);

/// <summary>Reads texts with values, <c>/v1/{rest}</c>; <c>{{</c> and <c>}}</c> stand for braces.</summary>
internal static class TextTemplate
{
    /// <summary>The parts in order; null: the braces do not match, or a name is empty.</summary>
    public static ImmutableArray<TemplatePart>? Parse(string text)
    {
        var parts = ImmutableArray.CreateBuilder<TemplatePart>();
        var literal = new System.Text.StringBuilder();
        for (var at = 0; at < text.Length; at++)
        {
            var letter = text[at];
            if (letter is '{' or '}' && at + 1 < text.Length && text[at + 1] == letter)
            {
                literal.Append(letter);
                at++;
                continue;
            }

            if (letter == '}')
            {
                return null;
            }

            if (letter != '{')
            {
                literal.Append(letter);
                continue;
            }

            var end = text.AsSpan(at).IndexOf('}');
            var name = end < 0 ? "" : text[(at + 1)..(at + end)];
            if (name.Length == 0 || name.Contains('{', StringComparison.Ordinal))
            {
                return null;
            }

            if (literal.Length > 0)
            {
                parts.Add(new TemplatePart(literal.ToString(), IsName: false));
            }

            literal.Clear();
            parts.Add(new TemplatePart(name, IsName: true));
            at += end;
        }

        if (literal.Length > 0)
        {
            parts.Add(new TemplatePart(literal.ToString(), IsName: false));
        }

        return parts.ToImmutable();
    }
}
