using Gateway.Configuration.Reading;

namespace Gateway.Configuration.Including;

/// <summary>
/// Merges the keys of included files into those of the main one: names under <c>clusters</c>, <c>routes</c> and <c>levels</c> come
/// together, items of <c>listen</c> and <c>notify</c> are appended, and whatever else is written in two files is a problem.
/// </summary>
internal sealed class IncludeMerge
{
    /// <summary>The key that names the included files.</summary>
    public const string Key = "include";

    private readonly MappingNode _main;
    private readonly Reader _reader;
    private readonly List<(ScalarNode Key, ConfigNode Value)> _entries = [];
    private readonly Dictionary<string, int> _first = new(StringComparer.Ordinal);

    private IncludeMerge(MappingNode main, Reader reader)
    {
        (_main, _reader) = (main, reader);
        foreach (var entry in main.Entries)
        {
            Add(entry);
        }
    }

    /// <summary>One mapping of all keys, each value with its own file's place. Problems are in <paramref name="reader"/>.</summary>
    public static MappingNode Of(MappingNode main, IEnumerable<MappingNode> included, Reader reader)
    {
        var merge = new IncludeMerge(main, reader);
        foreach (var file in included)
        {
            foreach (var entry in file.Entries)
            {
                merge.Take(entry);
            }
        }

        return main with { Entries = [.. merge._entries] };
    }

    private static string Place(ConfigNode node) => $"{node.File}:{node.Line}:{node.Column}";

    private void Add((ScalarNode Key, ConfigNode Value) entry)
    {
        _first.TryAdd(entry.Key.Text, _entries.Count);
        _entries.Add(entry);
    }

    private void Take((ScalarNode Key, ConfigNode Value) entry)
    {
        var name = entry.Key.Text;
        if (name is Key)
        {
            var where = $"under \"{Key}\" of {_main.File}";
            Problem(entry.Key, $"An included file cannot include further files, given \"{Key}\". Write its files {where}.");
            return;
        }

        // A key that one file has twice is told by what reads the keys.
        if (!_first.TryGetValue(name, out var at) || string.Equals(_entries[at].Key.File, entry.Key.File, StringComparison.Ordinal))
        {
            Add(entry);
            return;
        }

        var (key, value) = _entries[at];
        switch (name)
        {
            case "clusters" or "routes" or "levels":
                if (value is MappingNode names && entry.Value is MappingNode more)
                {
                    _entries[at] = (key, Together(names, more, name[..^1]));
                }
                else
                {
                    NotMerged(at, entry, value is MappingNode, "a mapping of names");
                }

                break;
            case "listen" or "notify":
                if (value is ListNode one && entry.Value is ListNode other)
                {
                    _entries[at] = (key, one with { Items = [.. one.Items, .. other.Items] });
                }
                else
                {
                    NotMerged(at, entry, value is ListNode, "a list");
                }

                break;
            default:
                Problem(entry.Key, $"The key {Reader.Quote(name)} is written twice, here and at {Place(key)}. Remove one of the two.");
                break;
        }
    }

    private MappingNode Together(MappingNode names, MappingNode more, string what)
    {
        var known = names.Entries.Where(entry => !string.Equals(entry.Key.File, more.File, StringComparison.Ordinal))
            .DistinctBy(static entry => entry.Key.Text, StringComparer.Ordinal)
            .ToDictionary(static entry => entry.Key.Text, static entry => entry.Key, StringComparer.Ordinal);
        var all = names.Entries.ToBuilder();
        foreach (var entry in more.Entries)
        {
            if (known.TryGetValue(entry.Key.Text, out var before))
            {
                var given = $"The {what} {Reader.Quote(entry.Key.Text)}";
                Problem(entry.Key, $"{given} is defined twice, here and at {Place(before)}. Remove one of the two, or write another name.");
            }
            else
            {
                all.Add(entry);
            }
        }

        return names with { Entries = all.ToImmutable() };
    }

    private void NotMerged(int at, (ScalarNode Key, ConfigNode Value) entry, bool firstIsRight, string kind)
    {
        var first = _entries[at];
        var (wrong, beside) = firstIsRight ? (entry.Value, first.Key) : (first.Value, entry.Key);
        // One mistake gives one problem: the value that is wrong is not judged again.
        if (!firstIsRight)
        {
            _entries[at] = entry;
        }

        var given = wrong switch
        {
            ScalarNode { IsNull: true } => "nothing",
            ScalarNode => "a text",
            ListNode => "a list",
            _ => "a mapping"
        };
        var rule = $"\"{entry.Key.Text}\" stands at {Place(beside)} too and must be {kind} in both files";
        Problem(wrong, $"{rule}, given {given}. Write {kind}, or remove the key here.");
    }

    private void Problem(ConfigNode node, string message) => _reader.Problem(node.File, node.Line, node.Column, message);
}
