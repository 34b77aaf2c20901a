using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Gateway.Cli.Migration.Nginx;

/// <summary>A block inside its outer blocks, whose directives hold in it where it has none of its own.</summary>
internal sealed partial record NginxScope(NginxDirective Block, NginxScope? Outer)
{
    /// <summary>The directive of a name that holds here; null: none.</summary>
    public NginxDirective? Find(string name) => Block.Last(name) ?? Outer?.Find(name);

    /// <summary>All directives of a name that hold here: those of the innermost block that has any.</summary>
    public ImmutableArray<NginxDirective> FindAll(params ReadOnlySpan<string> names)
    {
        var here = ImmutableArray.CreateBuilder<NginxDirective>();
        foreach (var directive in Block.Inside)
        {
            if (names.Contains(directive.Name))
            {
                here.Add(directive);
            }
        }

        return here.Count > 0 || Outer is null ? here.ToImmutable() : Outer.FindAll(names);
    }

    /// <summary>A text with the variables that are set to fixed values put in.</summary>
    public string Fill(string text)
    {
        for (var round = 0; round < 8 && text.Contains('$', StringComparison.Ordinal); round++)
        {
            var before = text;
            text = Variable().Replace(text, match => Value(match.Groups["name"].Value) ?? match.Value);
            if (text.Length > 8192 || string.Equals(before, text, StringComparison.Ordinal))
            {
                break;
            }
        }

        return text;
    }

    private string? Value(string name)
    {
        var set = Block.All("set").LastOrDefault(set => set.Arguments.Length == 2 && string.Equals(
            set.First.TrimStart('$'),
            name,
            StringComparison.Ordinal));
        return set?.Arguments[1] is { Length: <= 1024 } value ? value : Outer?.Value(name);
    }

    [GeneratedRegex(@"\$\{?(?<name>[A-Za-z0-9_]{1,64})\}?", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Variable();
}
