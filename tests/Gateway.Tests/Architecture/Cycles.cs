namespace Gateway.Tests.Architecture;

/// <summary>Groups of nodes that all reach one another: the strongly connected components of more than one node.</summary>
/// <remarks>R. Tarjan, "Depth-first search and linear graph algorithms", SIAM Journal on Computing 1 (1972).</remarks>
internal sealed class Cycles
{
    private readonly IReadOnlyDictionary<string, HashSet<string>> _edges;
    private readonly Dictionary<string, int> _index = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _low = new(StringComparer.Ordinal);
    private readonly Stack<string> _path = new();
    private readonly HashSet<string> _onPath = new(StringComparer.Ordinal);
    private readonly List<string[]> _found = [];

    private Cycles(IReadOnlyDictionary<string, HashSet<string>> edges) => _edges = edges;

    /// <summary>The groups, each sorted by name.</summary>
    public static IReadOnlyList<string[]> Of(IReadOnlyDictionary<string, HashSet<string>> edges)
    {
        var search = new Cycles(edges);
        foreach (var node in edges.Keys.Order(StringComparer.Ordinal))
        {
            if (!search._index.ContainsKey(node))
            {
                search.Visit(node);
            }
        }

        return search._found;
    }

    private void Visit(string node)
    {
        _index[node] = _low[node] = _index.Count;
        _path.Push(node);
        _onPath.Add(node);
        foreach (var next in _edges.GetValueOrDefault(node) ?? [])
        {
            if (!_index.TryGetValue(next, out var index))
            {
                Visit(next);
                _low[node] = Math.Min(_low[node], _low[next]);
            }
            else if (_onPath.Contains(next))
            {
                _low[node] = Math.Min(_low[node], index);
            }
        }

        if (_low[node] != _index[node])
        {
            return;
        }

        var group = new List<string>();
        string member;
        do
        {
            member = _path.Pop();
            _onPath.Remove(member);
            group.Add(member);
        }
        while (!string.Equals(member, node, StringComparison.Ordinal));

        if (group.Count > 1)
        {
            _found.Add([.. group.Order(StringComparer.Ordinal)]);
        }
    }
}
