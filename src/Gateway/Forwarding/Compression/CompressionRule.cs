using System.Collections.Frozen;
using Gateway.Configuration.Model;
using Gateway.Upstream;
using Microsoft.Extensions.Primitives;

namespace Gateway.Forwarding.Compression;

/// <summary>Which responses of a route are compressed, and how. Pure.</summary>
internal sealed class CompressionRule
{
    private const string EventStream = "text/event-stream";

    private readonly Coding[] _codings;
    private readonly long _minSize;
    private readonly bool _eventStreams;
    private readonly FrozenSet<string> _types;
    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _typeOf;
    private readonly string[] _beginnings;
    private readonly string[] _ends;

    public CompressionRule(CompressionConfig config)
    {
        _codings = [.. config.Codings.Select(Coding.Of)];
        _minSize = config.MinSize;
        _eventStreams = config.EventStreams;
        _types =
            config.Types.Where(static type => !type.Contains('*', StringComparison.Ordinal)).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _typeOf = _types.GetAlternateLookup<ReadOnlySpan<char>>();
        _beginnings =
            [.. config.Types.Where(static type => type.EndsWith("/*", StringComparison.Ordinal)).Select(static type => type[..^1])];
        _ends = [.. config.Types.Where(static type => type.StartsWith("*/*", StringComparison.Ordinal)
            && type.Length > 3).Select(static type => type[3..])];
    }

    /// <summary>Decides about a response whose headers are final.</summary>
    /// <param name="request">The client's request.</param>
    /// <param name="status">The response's status.</param>
    /// <param name="response">The response's headers.</param>
    /// <returns><c>Varies</c>: the response depends on what the client accepts, and has to say so. <c>Coding</c>: how it is compressed;
    /// null: not at all.</returns>
    public (bool Varies, Coding? Coding) Decide(HttpRequest request, int status, IHeaderDictionary response)
    {
        if (status is < 200 or StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent
            or StatusCodes.Status206PartialContent or StatusCodes.Status304NotModified
            || !IsCompressible(response) || response.ContentLength < _minSize || HasDigest(response))
        {
            return (false, null);
        }

        // RFC 9111, sections 5.2.1.6 and 5.2.2.6.
        if (SaysNoTransform(response.CacheControl) || SaysNoTransform(request.Headers.CacheControl))
        {
            return (false, null);
        }

        // HTTP/1.0 knows no chunks, and the length of a compressed response is not known before its end.
        return (true, HttpProtocol.IsHttp10(request.Protocol) ? null : Choose(request.Headers.AcceptEncoding));
    }

    /// <summary>The coding that a client likes best (RFC 9110, section 12.5.3); null: none of ours.</summary>
    public Coding? Choose(StringValues acceptEncoding)
    {
        Coding? best = null;
        var most = 0;
        foreach (var coding in _codings)
        {
            var weight = WeightOf(coding.Name, acceptEncoding);
            if (weight > most)
            {
                (best, most) = (coding, weight);
            }
        }

        return most >= WeightOf("identity", acceptEncoding, ifUnnamed: 0) ? best : null;
    }

    private static int WeightOf(string name, StringValues acceptEncoding, int? ifUnnamed = null)
    {
        int? named = null, others = null;
        for (var i = 0; i < acceptEncoding.Count; i++)
        {
            var line = acceptEncoding[i].AsSpan();
            foreach (var part in line.Split(','))
            {
                var item = line[part];
                var semicolon = item.IndexOf(';');
                var coding = (semicolon < 0 ? item : item[..semicolon]).Trim();
                var weight = semicolon < 0 ? 1000 : Weight(item[(semicolon + 1)..]);
                if (coding.Equals(name, StringComparison.OrdinalIgnoreCase)
                    || (name is "gzip" && coding.Equals("x-gzip", StringComparison.OrdinalIgnoreCase)))
                {
                    named = Math.Max(named ?? 0, weight);
                }
                else if (coding is "*")
                {
                    others = weight;
                }
            }
        }

        return named ?? ifUnnamed ?? others ?? 0;
    }

    /// <summary>
    /// In thousandths, as finely as RFC 9110, section 12.4.2, allows. What cannot be read is 0: a client gets no coding that it may have
    /// refused.
    /// </summary>
    private static int Weight(ReadOnlySpan<char> parameters)
    {
        var parameter = parameters.Trim();
        if (parameter.Length < 3 || (parameter[0] | 0x20) != 'q' || parameter[1] != '=' || parameter.Length > 7)
        {
            return 0;
        }

        return decimal.TryParse(
            parameter[2..],
            System.Globalization.NumberStyles.AllowDecimalPoint,
            System.Globalization.CultureInfo.InvariantCulture,
            out var weight) && weight is >= 0 and <= 1
            ? (int)(weight * 1000)
            : 0;
    }

    private bool IsCompressible(IHeaderDictionary response)
    {
        if (response.ContentEncoding.Count > 0 || response.ContentRange.Count > 0 || response.ContentType.Count != 1)
        {
            return false;
        }

        var type = response.ContentType.ToString().AsSpan();
        var semicolon = type.IndexOf(';');
        type = (semicolon < 0 ? type : type[..semicolon]).Trim();
        return type.Equals(EventStream, StringComparison.OrdinalIgnoreCase) ? _eventStreams : IsListed(type);
    }

    private bool IsListed(ReadOnlySpan<char> type)
    {
        if (_typeOf.Contains(type))
        {
            return true;
        }

        foreach (var beginning in _beginnings)
        {
            if (type.StartsWith(beginning, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        foreach (var end in _ends)
        {
            if (type.EndsWith(end, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A digest is of the bytes as the destination sent them (RFC 9530): in another coding it would be wrong.</summary>
    private static bool HasDigest(IHeaderDictionary response) =>
        response.ContainsKey("Content-Digest")
            || response.ContainsKey("Repr-Digest")
            || response.ContainsKey("Digest")
            || response.ContentMD5.Count > 0;

    private static bool SaysNoTransform(StringValues cacheControl) =>
        cacheControl.Count > 0 && HopByHop.IsNamedBy("no-transform", cacheControl);
}
