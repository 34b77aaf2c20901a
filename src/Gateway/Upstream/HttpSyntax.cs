using System.Buffers;

namespace Gateway.Upstream;

/// <summary>The characters of which a message's head is made (RFC 9110, section 5; RFC 9112, section 3).</summary>
internal static class HttpSyntax
{
    private const string TokenCharacters = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly SearchValues<char> Token = SearchValues.Create(TokenCharacters);

    private static readonly SearchValues<byte> TokenBytes = SearchValues.Create(System.Text.Encoding.ASCII.GetBytes(TokenCharacters));

    /// <summary>What no header value may hold: control characters other than a tab.</summary>
    private static readonly SearchValues<char> Controls = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Where(static c => c != '\t').Select(static c => (char)c), '\x7F']);

    private static readonly SearchValues<byte> ControlBytes = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Where(static c => c != '\t').Select(static c => (byte)c), 0x7F]);

    /// <summary>True: every character is one of a token, and there is one at least.</summary>
    public static bool IsToken(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExcept(Token);

    /// <summary>As above.</summary>
    public static bool IsToken(ReadOnlySpan<byte> text) => !text.IsEmpty && !text.ContainsAnyExcept(TokenBytes);

    /// <summary>
    /// True: visible ASCII without <c>#</c>, which begins what never belongs to a request (RFC 9112, section 3.2; RFC 3986, section 3.5).
    /// </summary>
    public static bool IsTarget(ReadOnlySpan<char> target) =>
        !target.IsEmpty && !target.ContainsAnyExceptInRange('!', '~') && !target.Contains('#');

    /// <summary>True: it can stand in the value of a header.</summary>
    public static bool IsValue(ReadOnlySpan<char> value) => !value.ContainsAny(Controls);

    /// <summary>As above.</summary>
    public static bool IsValue(ReadOnlySpan<byte> value) => !value.ContainsAny(ControlBytes);
}
