using System.Collections.Immutable;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Gateway.Configuration.Reading;

/// <summary>
/// Turns bytes into nodes with places. Bounded in depth and count, so that no file can hold the gateway up, and strict about what YAML
/// would guess.
/// </summary>
internal sealed class YamlComposer
{
    private const string Remedy = "Check that quotes and brackets are closed, that a space follows each colon, and the indentation.";
    private const int DeepestNesting = 32;
    private const int MostNodes = 100_000;

    private readonly string _file;
    private readonly string _whenEmpty;
    private readonly Parser _parser;
    private readonly Dictionary<string, ConfigNode> _anchors = new(StringComparer.Ordinal);
    private int _nodes;
    private (int Line, int Column) _last = (1, 1);

    private readonly bool _shielded;

    private YamlComposer(string text, string file, string whenEmpty)
    {
        (_file, _whenEmpty) = (file, whenEmpty);
        var shielded = VariableShield.Raise(text);
        _shielded = !ReferenceEquals(shielded, text);
        _parser = new Parser(new Scanner(new StringReader(shielded), skipComments: true));
    }

    /// <summary>The root of the file's one document, or null with one problem in <paramref name="report"/>. Never throws.</summary>
    /// <param name="content">The bytes.</param>
    /// <param name="report">Hears line, column and message.</param>
    /// <param name="file">The file as problems name it.</param>
    /// <param name="whenEmpty">What to do about an empty file.</param>
    public static ConfigNode? Compose(
        byte[] content,
        Action<int, int, string> report,
        string file = "",
        string whenEmpty = "Write a configuration, beginning with \"version: 1\".")
    {
        if (Decode(content, report) is not { } text)
        {
            return null;
        }

        var composer = default(YamlComposer);
        try
        {
            composer = new YamlComposer(text, file, whenEmpty);
            return composer.Document();
        }
        catch (Refusal refusal)
        {
            report(refusal.Line, refusal.Column, refusal.Message);
        }
        catch (YamlException failure)
        {
            if (TabIndentation(text) is { } tab)
            {
                report(tab.Line, tab.Column, "A tab indents this line. Write spaces: YAML knows no other indentation.");
                return null;
            }

            var (line, column) = Place(failure.Start);
            report(line, column, Explain(failure));
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // The parser is a library's: whatever else it may throw on hostile text, a configuration must be judged, not crash a reload.
            var (line, column) = composer?._last ?? (1, 1);
            report(line, column, $"This is not YAML from here on. {Remedy}");
        }

        return null;
    }

    private static string? Decode(byte[] content, Action<int, int, string> report)
    {
        ReadOnlySpan<byte> bytes = content;
        if (bytes.StartsWith<byte>([0xFF, 0xFE]) || bytes.StartsWith<byte>([0xFE, 0xFF]))
        {
            report(1, 1, "The file is encoded as UTF-16. Save it as UTF-8.");
            return null;
        }

        if (bytes.StartsWith<byte>([0xEF, 0xBB, 0xBF]))
        {
            bytes = bytes[3..];
        }

        string text;
        try
        {
            text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException failure)
        {
            var (line, column) = PlaceOf(bytes, Math.Max(0, failure.Index));
            report(line, column, "A byte here is not UTF-8. Save the file as UTF-8.");
            return null;
        }

        for (var i = 0; i < text.Length; i++)
        {
            // YAML forbids them, and the parser would take a NUL for the end of the file.
            if (char.IsControl(text[i]) && text[i] is not ('\t' or '\n' or '\r' or '\u0085'))
            {
                var (line, column) = PlaceOf(Encoding.UTF8.GetBytes(text[..i]), int.MaxValue);
                report(line, column, $"There is a control character here, U+{(int)text[i]:X4}. Remove it.");
                return null;
            }
        }

        return text;
    }

    private static (int Line, int Column) PlaceOf(ReadOnlySpan<byte> bytes, int index)
    {
        var before = bytes[..Math.Min(index, bytes.Length)];
        return (before.Count((byte)'\n') + 1, before.Length - before.LastIndexOf((byte)'\n'));
    }

    private ConfigNode Document()
    {
        Next<StreamStart>();
        if (_parser.Accept<StreamEnd>(out _))
        {
            throw new Refusal(1, 1, $"The file is empty. {_whenEmpty}");
        }

        Next<DocumentStart>();
        var root = Node(0);
        Next<DocumentEnd>();
        if (_parser.TryConsume<StreamEnd>(out _))
        {
            return root;
        }

        var (line, column) = Place(_parser.Current!.Start);
        throw new Refusal(line, column, "A second YAML document begins here. Write one document a file, without a further \"---\".");
    }

    private T Next<T>() where T : ParsingEvent => _parser.Consume<T>();

    private ConfigNode Node(int depth)
    {
        if (!_parser.Accept<ParsingEvent>(out var next))
        {
            throw new Refusal(1, 1, "The file ends too early. Write it to its end.");
        }

        var (line, column) = Place(next.Start);
        _last = (line, column);

        if (++_nodes > MostNodes)
        {
            throw new Refusal(line, column, $"The file has more than {MostNodes:N0} values. Split what it does over several gateways.");
        }

        if (depth > DeepestNesting)
        {
            throw new Refusal(
                line,
                column,
                $"The file is nested deeper than {DeepestNesting} levels here. Nothing in the configuration is: see the sample.");
        }

        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            return _anchors.TryGetValue(alias.Value.Value, out var shared)
                ? shared
                // The name is not repeated: a password that begins with an asterisk looks like an alias.
                : throw new Refusal(
                    line,
                    column,
                    "There is no anchor of this name before the alias, given a value that begins with \"*\". Put the value into quotes if "
                        + "the asterisk belongs to it, or write the anchor \"&NAME\" before the value it stands for.");
        }

        var nodeEvent = (NodeEvent)next;
        if (!nodeEvent.Tag.IsEmpty && nodeEvent is not Scalar { Tag.IsNonSpecific: true })
        {
            throw new Refusal(
                line,
                column,
                "Tags are not understood, given a value that begins with \"!\". Put the value into quotes if the exclamation mark belongs "
                    + "to it, or write the value alone.");
        }

        ConfigNode node = next switch
        {
            Scalar => Text(line, column),
            SequenceStart => List(line, column, depth),
            MappingStart => Mapping(line, column, depth),
            _ => throw new Refusal(line, column, "A value is missing here. Write one."),
        };

        if (!nodeEvent.Anchor.IsEmpty)
        {
            _anchors[nodeEvent.Anchor.Value] = node;
        }

        return node;
    }

    private ScalarNode Text(int line, int column)
    {
        var scalar = Next<Scalar>();
        return new ScalarNode(
            _file,
            line,
            column,
            _shielded ? VariableShield.Lower(scalar.Value) : scalar.Value,
            scalar.Style is ScalarStyle.Plain);
    }

    private ListNode List(int line, int column, int depth)
    {
        Next<SequenceStart>();
        var items = ImmutableArray.CreateBuilder<ConfigNode>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(Node(depth + 1));
        }

        return new ListNode(_file, line, column, items.ToImmutable());
    }

    private MappingNode Mapping(int line, int column, int depth)
    {
        var start = Next<MappingStart>();
        var entries = ImmutableArray.CreateBuilder<(ScalarNode, ConfigNode)>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var key = Node(depth + 1);
            if (key is not ScalarNode text)
            {
                throw new Refusal(key.Line, key.Column, "A key must be a text. Write \"name: value\".");
            }

            entries.Add((text, Node(depth + 1)));
        }

        // A pair alone in a list, [ name: value ], has no place of its own.
        var isAlone = depth > 0 && start.Style == MappingStyle.Flow && (line, column) == (1, 1) && entries.Count == 1;
        (line, column) = isAlone ? (entries[0].Item1.Line, entries[0].Item1.Column) : (line, column);
        return new MappingNode(_file, line, column, entries.ToImmutable());
    }

    private static (int Line, int Column) Place(in Mark mark) => ((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

    /// <summary>Where the first line begins that a tab indents; the parser itself points elsewhere. JSON may be indented by tabs.</summary>
    private static (int Line, int Column)? TabIndentation(string text)
    {
        if (text.AsSpan().TrimStart() is ['{', ..])
        {
            return null;
        }

        var line = 0;
        foreach (var row in text.AsSpan().EnumerateLines())
        {
            line++;
            var tab = row[..(row.Length - row.TrimStart().Length)].IndexOf('\t');
            if (tab >= 0 && !row.IsWhiteSpace())
            {
                return (line, tab + 1);
            }
        }

        return null;
    }

    /// <summary>The parser's own words are kept short and never quote values: a half-written secret must not reach a log.</summary>
    private static string Explain(YamlException failure)
    {
        var reason = failure.Message;
        var colon = reason.LastIndexOf("): ", StringComparison.Ordinal);
        if (colon >= 0)
        {
            reason = reason[(colon + 3)..];
        }

        reason = reason.Replace('\n', ' ').Replace('\r', ' ').TrimEnd('.', ' ');
        return $"This is not YAML: {reason}. {Remedy}";
    }

    private sealed class Refusal(int line, int column, string message) : Exception(message)
    {
        public int Line { get; } = line;

        public int Column { get; } = column;
    }
}
