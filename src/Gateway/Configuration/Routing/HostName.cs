namespace Gateway.Configuration.Routing;

/// <summary>The name in a <c>Host</c> header, and the names that a route may be for.</summary>
internal static class HostName
{
    /// <summary>Longest name that is looked up (RFC 1035, section 2.3.4); no route is for a longer one.</summary>
    public const int Longest = 253;

    /// <summary>What a name below another begins with in a pattern.</summary>
    public const string Below = "*.";

    /// <summary>
    /// The name without its port and without the dot that ends a fully qualified name; empty: there is none that a route could be for.
    /// </summary>
    public static ReadOnlySpan<char> Of(string? host)
    {
        var name = host.AsSpan();
        if (name is ['[', ..])
        {
            var end = name.IndexOf(']');
            return end < 0 ? default : name[..(end + 1)];
        }

        var colon = name.IndexOf(':');
        if (colon >= 0)
        {
            name = name[..colon];
        }

        if (name is [.., '.'])
        {
            name = name[..^1];
        }

        return name.Length <= Longest ? name : default;
    }

    /// <summary>True for a name, <c>*.</c> and a name, or an IPv6 address in brackets.</summary>
    public static bool IsPattern(string text)
    {
        if (text is ['[', .., ']'])
        {
            return System.Net.IPAddress.TryParse(text.AsSpan(1, text.Length - 2), out var address)
                && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        }

        var name = text.StartsWith(Below, StringComparison.Ordinal) ? text[Below.Length..] : text;
        return name.Length is > 0 and <= Longest
            && name.Split('.').All(static label => label.Length is > 0 and <= 63
                && label.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_'));
    }
}
