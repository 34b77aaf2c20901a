using Gateway.Configuration.Model;
using Gateway.LastGood.Policy;
using Microsoft.Extensions.Primitives;

namespace Gateway.LastGood.Keys;

/// <summary>The cookies that a route's key names, and what a request's cookies mean to it.</summary>
internal sealed class KeyedCookies(LastGoodConfig config)
{
    private readonly bool _ignored = config.IgnoreCookies;
    private readonly string[] _names = [.. config.Key
        .Where(static part => part.Kind == KeyPartKind.Cookie)
        .Select(static part => part.Name!)
        .Distinct(StringComparer.Ordinal)];

    /// <summary>Adds every cookie of a name to a key, as a digest.</summary>
    public static void Append(StringValues header, string name, ref KeyBuilder key)
    {
        key.Append(" cookie:");
        key.AppendEscaped(name);
        foreach (var line in header)
        {
            foreach (var part in line.AsSpan().Split(';'))
            {
                var pair = line.AsSpan()[part].Trim(" \t");
                if (CookieName(pair).SequenceEqual(name))
                {
                    // Every cookie of that name: services differ in which one they read.
                    key.Append('=');
                    key.AppendDigest(pair);
                }
            }
        }
    }

    /// <summary>What the cookies of a request mean to its key.</summary>
    // Cookies count as keyed when the key holds every cookie sent, or when every cookie that the key names was sent.
    // A request that carries only others (a session the key does not know) would share its responses with all such requests.
    // A cookie without a name is never keyed: services read "=sid=1" as nothing, as a value, or as the cookie "sid".
    public CookieStanding StandingOf(StringValues header)
    {
        if (_ignored)
        {
            return CookieStanding.Ignored;
        }

        if (_names.Length == 0)
        {
            return CookieStanding.Unkeyed;
        }

        var allSentAreKeyed = true;
        ulong seen = 0;
        foreach (var line in header)
        {
            foreach (var part in line.AsSpan().Split(';'))
            {
                var pair = line.AsSpan()[part].Trim(" \t");
                if (pair.IsEmpty)
                {
                    continue;
                }

                var name = CookieName(pair);
                if (name.IsEmpty)
                {
                    return CookieStanding.Unkeyed;
                }

                var index = IndexOf(name);
                allSentAreKeyed &= index >= 0;
                seen |= index >= 0 ? 1UL << (index & 63) : 0;
            }
        }

        var allKeyedWereSent = System.Numerics.BitOperations.PopCount(seen) == _names.Length;
        return allSentAreKeyed || allKeyedWereSent ? CookieStanding.Keyed : CookieStanding.Unkeyed;
    }

    private int IndexOf(ReadOnlySpan<char> cookie)
    {
        for (var i = 0; i < _names.Length; i++)
        {
            if (cookie.SequenceEqual(_names[i]))
            {
                return i;
            }
        }

        return -1;
    }

    // Without blanks of any alphabet, as some services read it; the digest is one of the pair as it was sent.
    private static ReadOnlySpan<char> CookieName(ReadOnlySpan<char> pair)
    {
        var equals = pair.IndexOf('=');
        return (equals < 0 ? pair : pair[..equals]).Trim();
    }
}
