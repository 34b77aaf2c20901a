using System.Buffers;
using System.Collections.Frozen;
using Gateway.Configuration.Model;
using Gateway.LastGood.Keys;
using Microsoft.Extensions.Primitives;

namespace Gateway.LastGood.Policy;

/// <summary>
/// The headers of a request's own kind: those that set its sender apart, and that the route's rules neither name nor ignore.
/// </summary>
/// <param name="config">The route's rules.</param>
/// <param name="hidden">Headers of which no destination sees what the client says.</param>
internal sealed class OwnHeaders(LastGoodConfig config, IReadOnlySet<string> hidden)
{
    private const int Most = 32;

    private readonly FrozenSet<string> _settled = config.Key
        .Where(static part => part.Kind == KeyPartKind.Header)
        .Select(static part => part.Name!)
        .Concat(config.IgnoreHeaders)
        .Concat(hidden)
        .ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the route's rules settle what a header means for the key.</summary>
    public bool IsSettled(string name) => _settled.Contains(name);

    /// <summary>Whether a header sets its sender apart from everyone else.</summary>
    public bool IsOwn(string name, bool trustsForwarded) =>
        RequestHeaderRoles.Of(name) is var role
            && (role == HeaderRole.Own || (role == HeaderRole.Forwarded && trustsForwarded))
            && !_settled.Contains(name);

    /// <summary>Writes a digest of them.</summary>
    /// <returns>False: there are too many, or they are too long.</returns>
    public bool TryAppend(IHeaderDictionary headers, bool trustsForwarded, ref KeyBuilder key)
    {
        var own = ArrayPool<KeyValuePair<string, StringValues>>.Shared.Rent(Most);
        var count = 0;
        try
        {
            foreach (var header in headers)
            {
                if (!IsOwn(header.Key, trustsForwarded))
                {
                    continue;
                }

                if (count == Most)
                {
                    return false;
                }

                own[count++] = header;
            }

            own.AsSpan(0, count).Sort(static (a, b) => string.Compare(a.Key, b.Key, StringComparison.OrdinalIgnoreCase));
            var text = new KeyBuilder(stackalloc char[256]);
            foreach (var (name, values) in own.AsSpan(0, count))
            {
                text.AppendLower(name);
                foreach (var value in values)
                {
                    text.Append('\n');
                    text.AppendEscaped(value);
                }

                text.Append('\r');
            }

            var fits = !text.TooLong;
            if (fits)
            {
                key.Append(" own=");
                key.AppendDigest(text.Text);
            }

            text.Dispose();
            return fits;
        }
        finally
        {
            own.AsSpan(0, count).Clear();
            ArrayPool<KeyValuePair<string, StringValues>>.Shared.Return(own);
        }
    }
}
