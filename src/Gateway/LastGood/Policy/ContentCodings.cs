using Microsoft.Extensions.Primitives;

namespace Gateway.LastGood.Policy;

/// <summary>
/// The content codings that responses are stored in, and which of them a request accepts (RFC 9110, section 12.5.3). Pure.
/// </summary>
internal static class ContentCodings
{
    /// <summary>By index.</summary>
    public static readonly string[] Names = ["identity", "gzip", "deflate", "br", "zstd"];

    /// <summary>The set of <c>identity</c> alone.</summary>
    public const int IdentityOnly = 1;

    private const int All = (1 << 5) - 1;

    /// <summary>The index of a response's coding; -1: one that no request can be matched with, or several.</summary>
    public static int Of(StringValues contentEncoding)
    {
        if (contentEncoding.Count == 0)
        {
            return 0;
        }

        var coding = contentEncoding.ToString().AsSpan().Trim();
        return coding.IsEmpty ? 0 : IndexOf(coding);
    }

    /// <summary>The codings that a request accepts, a bit for each index.</summary>
    /// <remarks>A request without <c>Accept-Encoding</c> accepts any by the letter, yet its client often decodes none: it gets
    /// <c>identity</c>.</remarks>
    public static int Accepted(StringValues acceptEncoding)
    {
        if (acceptEncoding.Count == 0)
        {
            return IdentityOnly;
        }

        int accepted = 0, refused = 0;
        bool? others = null;
        for (var i = 0; i < acceptEncoding.Count; i++)
        {
            var line = acceptEncoding[i].AsSpan();
            foreach (var part in line.Split(','))
            {
                var item = line[part];
                var semicolon = item.IndexOf(';');
                var name = (semicolon < 0 ? item : item[..semicolon]).Trim();
                var isRefused = semicolon >= 0 && IsZero(item[(semicolon + 1)..]);
                if (name is "*")
                {
                    others = !isRefused;
                }
                else if (IndexOf(name) is >= 0 and var index)
                {
                    accepted |= isRefused ? 0 : 1 << index;
                    refused |= isRefused ? 1 << index : 0;
                }
            }
        }

        // What is not named follows "*"; without it, identity alone is acceptable.
        var unnamed = others switch { true => All, false => 0, null => IdentityOnly };
        return accepted | (unnamed & ~refused);
    }

    private static int IndexOf(ReadOnlySpan<char> name)
    {
        for (var i = 0; i < Names.Length; i++)
        {
            if (name.Equals(Names[i], StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return name.Equals("x-gzip", StringComparison.OrdinalIgnoreCase) ? 1 : -1;
    }

    // "q=0", "q=0.", "q=0.000".
    private static bool IsZero(ReadOnlySpan<char> parameters)
    {
        var parameter = parameters.Trim();
        if (parameter.IsEmpty || (parameter[0] | 0x20) != 'q')
        {
            return false;
        }

        var value = parameter[1..].TrimStart();
        return value.Length > 1
            && value[0] == '='
            && value[1..].Trim() is var weight
            && !weight.IsEmpty
            && weight[0] == '0'
            && !weight.ContainsAnyExcept('0', '.');
    }
}
