using System.Collections.Immutable;

namespace Gateway.Cli.Migration;

/// <summary>What a location takes, and the route pattern for it.</summary>
/// <param name="Kind">How it is compared.</param>
/// <param name="Text">The path or the expression.</param>
internal sealed record SourcePath(SourcePathKind Kind, string Text)
{
    /// <summary>The arguments of a location, whose modifier may stand apart or not.</summary>
    public static SourcePath Of(ImmutableArray<string> arguments)
    {
        var (modifier, text) = arguments.Length > 1 ? (arguments[0], arguments[1]) : ("", arguments.IsEmpty ? "/" : arguments[0]);
        if (arguments.Length == 1)
        {
            foreach (var sign in (ReadOnlySpan<string>)["=", "^~", "~*", "~"])
            {
                if (!text.StartsWith(sign, StringComparison.Ordinal))
                {
                    continue;
                }

                (modifier, text) = (sign, text[sign.Length..]);
                break;
            }
        }

        return new SourcePath(
            modifier switch
            {
                "=" => SourcePathKind.Exact,
                "~" or "~*" => SourcePathKind.Expression,
                _ when text.StartsWith('@') => SourcePathKind.Named,
                _ => SourcePathKind.Prefix,
            },
            text);
    }

    /// <summary>The route pattern.</summary>
    public string Pattern => Kind switch
    {
        SourcePathKind.Exact => Literal(Text),
        SourcePathKind.Expression => Expression(),
        _ => Text.TrimEnd('/') is { Length: > 0 } prefix ? $"{Literal(prefix)}/{{**rest}}" : "/{**rest}",
    };

    /// <summary>
    /// True: the prefix ends inside a segment, so that nginx takes longer names too (<c>/api</c> takes <c>/apiary</c>).
    /// </summary>
    public bool EndsInsideASegment => Kind == SourcePathKind.Prefix && !Text.EndsWith('/') && Text.LastIndexOf('.') < Text.LastIndexOf('/');

    private static string Literal(string path) => path.Replace("{", "{{", StringComparison.Ordinal).Replace(
        "}",
        "}}",
        StringComparison.Ordinal);

    /// <summary>
    /// The whole path as one value that the expression has to match. Segments that are plain text at its beginning stay text: a route is
    /// the more exact for them.
    /// </summary>
    private string Expression()
    {
        var (expression, folder) = (Text, "");
        if (expression.StartsWith("^/", StringComparison.Ordinal))
        {
            expression = expression[2..];
            while (expression.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash
                && expression[..slash].All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_'))
            {
                folder += "/" + expression[..slash];
                expression = expression[(slash + 1)..];
            }

            expression = "^" + expression;
        }
        else if (expression.StartsWith('/'))
        {
            // The value has no slash at its beginning.
            expression = "(^|/)" + expression[1..];
        }

        return expression is "^" or "" ? $"{folder}/{{**rest}}" : $"{folder}/{{**path:regex({Literal(expression)})}}";
    }
}
