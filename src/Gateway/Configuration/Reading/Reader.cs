using System.Collections.Immutable;
using System.Globalization;

namespace Gateway.Configuration.Reading;

/// <summary>
/// What one reading of a configuration has found: problems, and where each key stands so that later checks can point at it.
/// </summary>
/// <remarks>Paths are keys and item numbers joined by slashes: <c>clusters/ai-guide/tiers/0/name</c>.</remarks>
internal sealed class Reader(string file, Func<string, string?> environment)
{
    private const int MostVisits = 200_000;
    private const int MostProblems = 100;

    private readonly List<ConfigProblem> _problems = [];
    private readonly List<ConfigProblem> _warnings = [];
    private readonly Dictionary<string, ConfigNode> _places = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _bad = new(StringComparer.Ordinal);
    private int _visits;

    /// <summary>Looks a variable up; null when it is not set.</summary>
    public Func<string, string?> Environment { get; } = environment;

    /// <summary>True when any problem was found.</summary>
    public bool HasProblems => _problems.Count > 0;

    /// <summary>The main file's first, each file's in its order, the same one never twice, and bounded.</summary>
    public ImmutableArray<ConfigProblem> Problems => Ordered(_problems);

    /// <summary>The main file's first, each file's in its order.</summary>
    public ImmutableArray<ConfigProblem> Warnings => Ordered(_warnings);

    /// <summary>Counts a visit; false once a file unfolds, by aliases of aliases, into more than anyone writes.</summary>
    public bool Visit(ConfigNode node, string path)
    {
        _places[path] = node;
        if (++_visits < MostVisits)
        {
            return true;
        }

        if (_visits == MostVisits)
        {
            Problem(node, path, "The file unfolds into too many values by its aliases. Write fewer of them.");
        }

        return false;
    }

    /// <summary>Notes a problem at a node. <paramref name="path"/> counts as not read from then on.</summary>
    public void Problem(ConfigNode node, string path, string message)
    {
        _bad.Add(path);
        _problems.Add(new ConfigProblem(node.File, node.Line, node.Column, message));
    }

    /// <summary>Notes a key of an older version that has another name now.</summary>
    public void Renamed(ConfigNode node, string path, string message)
    {
        _bad.Add(path);
        _problems.Add(new ConfigProblem(node.File, node.Line, node.Column, message) { IsOfOlderVersion = true });
    }

    /// <summary>Notes a problem at a place of the main file as a whole.</summary>
    public void Problem(int line, int column, string message) => Problem(file, line, column, message);

    /// <summary>Notes a problem at a place of a file as a whole.</summary>
    public void Problem(string inFile, int line, int column, string message) =>
        _problems.Add(new ConfigProblem(inFile, line, column, message));

    /// <summary>
    /// Notes a problem at a key that was read, or where its nearest written ancestor stands. Silent when <paramref name="path"/> or one of
    /// <paramref name="also"/> was itself not readable: one mistake gives one problem.
    /// </summary>
    public void ProblemAt(string path, string message, params ReadOnlySpan<string> also)
    {
        if (IsBad(path))
        {
            return;
        }

        foreach (var other in also)
        {
            if (IsBad(other))
            {
                return;
            }
        }

        var (inFile, line, column) = PlaceOf(path);
        _problems.Add(new ConfigProblem(inFile, line, column, message));
    }

    /// <summary>Notes something an operator may leave as it is.</summary>
    public void WarningAt(string path, string message) => _warnings.Add(NoteAt(path, message));

    /// <summary>A message about a key, which is neither a problem nor a warning.</summary>
    public ConfigProblem NoteAt(string path, string message)
    {
        var (inFile, line, column) = PlaceOf(path);
        return new ConfigProblem(inFile, line, column, message);
    }

    /// <summary>The paths of all keys of this name that are written.</summary>
    public IEnumerable<string> Written(string key) =>
        _places.Keys.Where(path => path.EndsWith("/" + key, StringComparison.Ordinal)
            || string.Equals(path, key, StringComparison.Ordinal));

    /// <summary>True when the key is written.</summary>
    public bool IsWritten(string path) => _places.ContainsKey(path);

    /// <summary>True when the key, or something below it, could not be read.</summary>
    public bool IsBad(string path) =>
        _bad.Contains(path) || _bad.GetViewBetween(path + "/", path + "0").Min is not null;

    /// <summary>Where a key's value stands, or that of its nearest written ancestor.</summary>
    public (string File, int Line, int Column) PlaceOf(string path)
    {
        for (var at = path; ; at = at[..at.LastIndexOf('/')])
        {
            if (_places.TryGetValue(at, out var node))
            {
                return (node.File, node.Line, node.Column);
            }

            if (!at.Contains('/', StringComparison.Ordinal))
            {
                return _places.TryGetValue("", out var root) ? (file, root.Line, root.Column) : (file, 1, 1);
            }
        }
    }

    /// <summary>The path of a key inside the mapping at <paramref name="path"/>.</summary>
    public static string Below(string path, string key) => path.Length == 0 ? key : $"{path}/{key}";

    /// <summary>A key's name for a message: its last part, or the list that the item stands in.</summary>
    public static string NameOf(string path)
    {
        if (path.Length == 0)
        {
            return "The file";
        }

        var parts = path.Split('/');
        var last = parts.Length - 1;
        while (last > 0 && int.TryParse(parts[last], NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            last--;
        }

        return last == parts.Length - 1 ? Quote(parts[last]) : $"An item of {Quote(parts[last])}";
    }

    /// <summary>A given text in quotes, on one line and not longer than a line.</summary>
    public static string Quote(string text)
    {
        var shown = text.Length > 80 ? text[..80] + "..." : text;
        return $"\"{string.Concat(shown.Select(letter => char.IsControl(letter) ? ' ' : letter))}\"";
    }

    private ImmutableArray<ConfigProblem> Ordered(List<ConfigProblem> found)
    {
        var all = found.Distinct().OrderBy(problem => !string.Equals(problem.File, file, StringComparison.Ordinal))
            .ThenBy(problem => problem.File, StringComparer.Ordinal)
            .ThenBy(problem => problem.Line).ThenBy(problem => problem.Column).ToList();
        if (all.Count <= MostProblems)
        {
            return [.. all];
        }

        var next = all[MostProblems];
        return
        [
            .. all.Take(MostProblems),
            next with { Message = $"There are {all.Count - MostProblems} more problems from here on. Solve those above first." }
        ];
    }
}
