using System.Buffers;
using System.Runtime.CompilerServices;
using Gateway.Configuration.Model;
using Microsoft.Extensions.Primitives;

namespace Gateway.LastGood.Keys;

/// <summary>How the parts of a key are written: what the operator chose, and what frameworks negotiate by.</summary>
internal static class KeyPartText
{
    /// <summary>Writes the parts that the operator chose, in their order.</summary>
    /// <returns>False: a value is beyond all measure.</returns>
    public static bool AppendAll(HttpRequest request, in TargetText target, ReadOnlySpan<KeyPart> parts, ref KeyBuilder key)
    {
        for (var i = 0; i < parts.Length; i++)
        {
            var start = key.Text.Length;
            if (!Append(request, target, parts[i], ref key))
            {
                return false;
            }

            if (parts[i].Kind != KeyPartKind.Path && RunsOn(key.Text[start..], parts[(i + 1)..]))
            {
                key.Append(' ');
            }
        }

        return true;
    }

    // Path and query follow without a blank: "header:x=3/a" before "/b" must not read like "header:x=3" before "/a/b".
    private static bool RunsOn(ReadOnlySpan<char> text, ReadOnlySpan<KeyPart> next)
    {
        text = text.IsEmpty ? text : text[1..];
        foreach (var part in next)
        {
            if (part.Kind is not (KeyPartKind.Path or KeyPartKind.Query))
            {
                return false;
            }

            if (text.Contains(part.Kind == KeyPartKind.Path ? '/' : '?'))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Writes a part that the operator chose.</summary>
    /// <returns>False: its value is beyond all measure.</returns>
    public static bool Append(HttpRequest request, in TargetText target, KeyPart part, ref KeyBuilder key)
    {
        switch (part.Kind)
        {
            case KeyPartKind.Path:
                target.AppendPathTo(ref key);
                return true;
            case KeyPartKind.Query:
                return AppendQuery(target.Query, null, ref key);
            case KeyPartKind.QueryParameter:
                return AppendQuery(target.Query, part.Name, ref key);
            case KeyPartKind.Header:
                key.Append(" header:");
                key.AppendLower(part.Name);
                AppendHeader(part.Name!, request.Headers[part.Name!], ref key);
                return true;
            default:
                KeyedCookies.Append(request.Headers.Cookie, part.Name!, ref key);
                return true;
        }
    }

    // Nothing is read that was not written; clearing the room took longer than the rest.
    [SkipLocalsInit]
    private static bool AppendQuery(scoped ReadOnlySpan<char> raw, string? only, ref KeyBuilder key)
    {
        if (raw.Length > KeyBuilder.MaxLength)
        {
            return false;
        }

        var room = QueryText.RoomFor(raw.Length);
        var rented = room > 768 ? ArrayPool<char>.Shared.Rent(room) : null;
        Span<char> text = rented ?? stackalloc char[768];
        Span<Range> parameters = stackalloc Range[QueryText.MaxParameters];
        var count = QueryText.Normalise(raw, text, parameters);
        var any = false;
        if (only is not null)
        {
            key.Append(" query:");
            key.AppendEscaped(only);
        }

        for (var i = 0; i < count; i++)
        {
            var parameter = text[parameters[i]];
            if (only is null)
            {
                key.Append(any ? '&' : '?');
                QueryText.Append(parameter, 0, ref key);
                any = true;
            }
            else if (QueryText.IsNamed(parameter, only))
            {
                // "query:page=2&=3": the second value of one name cannot look like another name; another spelling of the name stays to be
                // seen.
                key.Append(any ? "&" : default);
                QueryText.Append(parameter, QueryText.NameOf(parameter).SequenceEqual(only) ? only.Length : 0, ref key);
                any = true;
            }
        }

        if (only is not null && !any)
        {
            key.Append('!');
        }

        if (rented is not null)
        {
            ArrayPool<char>.Shared.Return(rented);
        }

        return count >= 0;
    }

    /// <summary>Writes the value of a header, or its digest where it may be a secret.</summary>
    public static void AppendHeader(string name, StringValues values, ref KeyBuilder key)
    {
        if (values.Count == 0)
        {
            return;
        }

        key.Append('=');
        var value = values.Count == 1 ? values[0] : values.ToString();
        if (SecretNames.IsSecretHeader(name))
        {
            key.AppendDigest(value);
        }
        else
        {
            key.AppendEscaped(value.AsSpan().Trim(" \t"));
        }
    }

    /// <summary>Writes the media types that a request accepts.</summary>
    public static void AppendAccept(StringValues values, ref KeyBuilder key)
    {
        if (values.Count == 0)
        {
            return;
        }

        var before = key.Text.Length;
        key.Append(" accept=");
        var start = key.Text.Length;
        NegotiationText.AppendAccept(values, ref key);
        if (!key.TooLong && key.Text[start..] is ("" or "*/*"))
        {
            // Anything, which is what a request without the header wishes for.
            key.CutTo(before);
        }
    }

    /// <summary>Writes the languages that a request accepts.</summary>
    public static void AppendLanguages(StringValues values, ref KeyBuilder key)
    {
        if (values.Count == 0)
        {
            return;
        }

        var before = key.Text.Length;
        key.Append(" language=");
        var start = key.Text.Length;
        NegotiationText.AppendLanguages(values, ref key);
        if (!key.TooLong && key.Text[start..] is ("" or "*"))
        {
            key.CutTo(before);
        }
    }
}
