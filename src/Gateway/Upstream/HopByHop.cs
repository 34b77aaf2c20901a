using System.Collections.Frozen;
using Microsoft.Extensions.Primitives;

namespace Gateway.Upstream;

/// <summary>The headers that belong to one connection and do not go further.</summary>
internal static class HopByHop
{
    /// <summary>RFC 9110, section 7.6.1, and <c>Expect</c>, which each hop says for itself.</summary>
    private static readonly FrozenSet<string> Names = new[]
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Authentication-Info",
        "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Expect", "HTTP2-Settings", "Upgrade-Insecure-Connection",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> NamesBySpan =
        Names.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>True: the header never goes further, whatever <c>Connection</c> names.</summary>
    public static bool Contains(ReadOnlySpan<char> name) => NamesBySpan.Contains(name);

    /// <summary>True: the header does not go further.</summary>
    /// <param name="name">The header's name.</param>
    /// <param name="connection">The value of <c>Connection</c>, which may name more.</param>
    public static bool Contains(string name, StringValues connection) =>
        Names.Contains(name) || (connection.Count > 0 && IsNamedBy(name, connection));

    /// <summary>True: one of the tokens of <paramref name="list"/> is this name.</summary>
    public static bool IsNamedBy(string name, StringValues list)
    {
        foreach (var value in list)
        {
            foreach (var token in value.AsSpan().Split(','))
            {
                if (value.AsSpan()[token].Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
