using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Gateway.Tests.Deploy;

/// <summary>
/// Executes the part of Helm's template language that our chart uses: values, <c>if</c>, <c>with</c>, <c>range</c> over a mapping,
/// and the functions <c>default</c>, <c>quote</c>, <c>required</c>, <c>toYaml</c> and <c>nindent</c>. Anything else is an error, so
/// that the chart stays within it.
/// </summary>
internal sealed partial class HelmTemplate
{
    private readonly List<(string Text, bool IsAction)> _parts = [];
    private readonly StringBuilder _output = new();
    private readonly YamlNode _root;
    private int _at;

    private HelmTemplate(string text, YamlNode root)
    {
        _root = root;
        var end = 0;
        foreach (Match action in Action().Matches(text))
        {
            var before = text[end..action.Index];
            _parts.Add((end > 0 && text[end - 3] == '-' ? before.TrimStart() : before, false));
            if (action.Value.StartsWith("{{-", StringComparison.Ordinal))
            {
                _parts[^1] = (_parts[^1].Text.TrimEnd(), false);
            }

            _parts.Add((action.Groups["code"].Value.Trim(), true));
            end = action.Index + action.Length;
        }

        _parts.Add((text[end..], false));
    }

    /// <summary>The text of a template.</summary>
    /// <param name="text">The template.</param>
    /// <param name="root">What <c>.</c> is: a mapping with Values, Release and Chart.</param>
    public static string Render(string text, YamlNode root)
    {
        var template = new HelmTemplate(text, root);
        template.Block(new Scope(root, []), isShown: true);
        return template._at == template._parts.Count
            ? template._output.ToString()
            : throw new FormatException("An {{ end }} without a beginning.");
    }

    private void Block(Scope scope, bool isShown)
    {
        for (; _at < _parts.Count; _at++)
        {
            var (text, isAction) = _parts[_at];
            if (!isAction)
            {
                _output.Append(isShown ? text : "");
                continue;
            }

            if (text is "end")
            {
                return;
            }

            var (word, rest) = text.Split(' ', 2) is [var first, var tail] ? (first, tail) : (text, "");
            if (word is not ("if" or "with" or "range"))
            {
                _output.Append(isShown ? Text(Pipeline(text, scope)) : "");
                continue;
            }

            var begin = ++_at;
            var inner = isShown ? Inner(word, rest, scope) : [];
            foreach (var each in inner)
            {
                _at = begin;
                Block(each, isShown: true);
            }

            if (inner.Count == 0)
            {
                Block(scope, isShown: false);
            }
        }
    }

    private List<Scope> Inner(string word, string rest, Scope scope)
    {
        if (word is "range")
        {
            var parts = RangeOf().Match(rest);
            var over = Pipeline(parts.Groups["over"].Value, scope) as YamlMappingNode;
            return [.. (over?.Children.ToArray()
                ?? [])
                    .OrderBy(static e => e.Key.ToString(), StringComparer.Ordinal)
                    .Select(e => new Scope(
                        e.Value,
                        new(scope.Variables, StringComparer.Ordinal)
                        {
                            [parts.Groups["key"].Value] = e.Key,
                            [parts.Groups["value"].Value] = e.Value
                        }))];
        }

        var value = Pipeline(rest, scope);
        return !IsTrue(value) ? [] : [word is "with" ? scope with { Dot = value! } : scope];
    }

    private YamlNode? Pipeline(string code, Scope scope)
    {
        YamlNode? value = null;
        var isFirst = true;
        foreach (var step in code.Split('|'))
        {
            var words = Word().Matches(step).Select(static m => m.Value).ToList();
            var arguments = words.Skip(1).Select(w => Value(w, scope)).Concat(isFirst ? [] : [value]).ToList();
            value = words[0] switch
            {
                "default" => IsTrue(arguments[1]) ? arguments[1] : arguments[0],
                "quote" => Raw(JsonSerializer.Serialize(Text(arguments[0]))),
                "required" => IsTrue(arguments[1]) ? arguments[1] : throw new InvalidOperationException(Text(arguments[0])),
                "toYaml" => Raw(Block(arguments[0])),
                "nindent" => Raw(string.Concat(Text(arguments[1])
                    .TrimEnd('\n')
                    .Split('\n')
                    .Select(line => "\n" + (line.Length > 0 ? new string(' ', int.Parse(Text(arguments[0]))) + line : "")))),
                _ when isFirst && words.Count == 1 => Value(words[0], scope),
                var other => throw new FormatException($"The function {other} is not known to this test: {code}"),
            };
            isFirst = false;
        }

        return value;
    }

    private YamlNode? Value(string word, Scope scope)
    {
        if (word[0] is '"' || char.IsDigit(word[0]))
        {
            return Raw(word.Trim('"'));
        }

        var steps = word.Split('.');
        var node = steps[0] switch
        {
            "" => scope.Dot,
            "$" => _root,
            var name => scope.Variables[name],
        };
        foreach (var step in steps.Skip(1).Where(static s => s.Length > 0))
        {
            node = node is YamlMappingNode mapping && mapping.Children.TryGetValue(step, out var child)
                ? child
                : throw new KeyNotFoundException($"{word}: the values have no \"{step}\".");
        }

        return node;
    }

    private static string Block(YamlNode? node) => node switch
    {
        YamlSequenceNode list => string.Join('\n', list.Children.Select(static item => "- " + Flow(item))),
        YamlMappingNode mapping => string.Join('\n', mapping.Children.Select(static e => $"{Flow(e.Key)}: {Flow(e.Value)}")),
        _ => Text(node),
    };

    private static string Flow(YamlNode node) => node switch
    {
        YamlSequenceNode list => $"[ {string.Join(", ", list.Children.Select(Flow))} ]",
        YamlMappingNode mapping => $"{{ {string.Join(", ", mapping.Children.Select(static e => $"{Flow(e.Key)}: {Flow(e.Value)}"))} }}",
        YamlScalarNode { Style: ScalarStyle.Plain } plain => plain.Value!,
        _ => JsonSerializer.Serialize(node.ToString()),
    };

    private static bool IsTrue(YamlNode? node) => node switch
    {
        YamlMappingNode mapping => mapping.Children.Count > 0,
        YamlSequenceNode list => list.Children.Count > 0,
        _ => node is not null && node.ToString() is not ("" or "false" or "0" or "null"),
    };

    private static string Text(YamlNode? node) => node?.ToString() ?? "";

    private static YamlScalarNode Raw(string text) => new(text);

    [GeneratedRegex(@"\{\{-?(?<code>[^}]*?)-?\}\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Action();

    [GeneratedRegex(@"^(?<key>\$\w+), (?<value>\$\w+) := (?<over>.+)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex RangeOf();

    [GeneratedRegex("\"[^\"]*\"|[^ ]+", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Word();

    /// <summary>What a block sees.</summary>
    private sealed record Scope(YamlNode Dot, Dictionary<string, YamlNode> Variables);
}
