using System.Text;

namespace Gateway.Conformance.Hostile;

/// <summary>Pieces of requests that make two parsers read one message differently. The same seed gives the same cases.</summary>
/// <param name="withLineEnds">Whether CR LF is evil: in HTTP/1.1 it is a plain line end, and what follows is a line
/// that the client made.</param>
internal abstract class Generator(int seed, bool withLineEnds)
{
    /// <summary>What a successful attack leaves behind at the destination: a request of its own, or a header of this name.</summary>
    public const string Smuggled = "smuggled";

    /// <summary>A whole request, hidden where only a body or a value may be.</summary>
    protected const string HiddenRequest = "GET /" + Smuggled + " HTTP/1.1\r\nHost: x\r\nX-Smuggled: 1\r\n\r\n";

    private static readonly string[] Controls =
    [
        "\0",
        "\r",
        "\n",
        "\t",
        "\v",
        "\f",
        " ",
        ":",
        "\x7f",
        "\u0080",
        "\u00ff",
        "\u00e9",
        "\x01",
        "\x1b",
        "\u00a0",
        "\u0085",
        "\"",
        "/",
        "(",
        "@",
        ",",
        "\n\n"
    ];

    private static readonly string[] LineEnds = ["\r\n", "\r\n ", "\r\n\r\n", "\r\nX-Smuggled: 1\r\nX: "];

    protected Random Random { get; } = new(seed);

    /// <summary>Bytes as Latin-1, one character each.</summary>
    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    protected T Pick<T>(params T[] from) => from[Random.Next(from.Length)];

    protected bool Chance(int percent) => Random.Next(100) < percent;

    /// <summary>A control, a separator or a byte above 127.</summary>
    protected string Evil() => withLineEnds && Chance(30) ? Pick(LineEnds) : Pick(Controls);

    /// <summary>The text with something evil put before, behind or into it.</summary>
    protected string Spoil(string text)
    {
        var at = Random.Next(text.Length + 1);
        return text[..at] + Evil() + text[at..];
    }

    /// <summary>A value that tries to end its line and go on with something else.</summary>
    protected string EvilValue(string id) => withLineEnds && Chance(40)
        ? Pick("a\r\nX-Smuggled: 1", "a\r\n\r\n" + HiddenRequest, "a\r\n b", "\r\n")
        : Pick("a\nX-Smuggled: 1", "a\rX-Smuggled: 1", "a\0b", "a\u0085X-Smuggled: 1", Spoil("plain ")
            + id, " lead", "trail ", "\t", "", "é\u00ff" + id, "\x7f");
}
