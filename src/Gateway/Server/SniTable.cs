using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Gateway.Server;

/// <summary>
/// Which of several certificates is for a name: the one that has exactly this name, else the one with <c>*.</c> in place of its first
/// label, else the first. Of two with the same name the one that comes first has it.
/// </summary>
internal sealed class SniTable
{
    private const string Below = "*.";

    private readonly FrozenDictionary<string, int> _exact;
    private readonly FrozenDictionary<string, int> _below;

    /// <param name="hosts">The names of each certificate.</param>
    public SniTable(params IEnumerable<ImmutableArray<string>> hosts)
    {
        var exact = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        var below = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        var index = 0;
        foreach (var names in hosts)
        {
            foreach (var name in names)
            {
                _ = name.StartsWith(Below, StringComparison.Ordinal)
                    ? below.TryAdd(name[Below.Length..], index)
                    : exact.TryAdd(name, index);
            }

            index++;
        }

        _exact = exact.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        _below = below.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The certificate's place in the list.</summary>
    /// <param name="serverName">As the client wrote it (RFC 6066, section 3); null or empty: it asks for none.</param>
    public int Find(string? serverName)
    {
        if (string.IsNullOrEmpty(serverName))
        {
            return 0;
        }

        // Some clients send the dot that ends a fully qualified name.
        var name = serverName is [.., '.'] ? serverName[..^1] : serverName;
        if (_exact.TryGetValue(name, out var index))
        {
            return index;
        }

        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && _below.TryGetValue(name[(dot + 1)..], out index) ? index : 0;
    }
}
