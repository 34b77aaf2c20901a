using System.Text;

namespace Gateway.Hosting.WarmUp;

/// <summary>The requests of a round: one for each path of the gateway's code that users take often.</summary>
internal static class WarmUpRequests
{
    /// <summary>Its last-good response is stored, and served once a query makes every attempt fail.</summary>
    public const string Kept = "/kept";

    /// <summary>The first destination responds with 503, another one as it should.</summary>
    public const string Retried = "/retried";

    /// <summary>The response has no length.</summary>
    public const string Chunked = "/chunked";

    /// <summary>An event stream.</summary>
    public const string Events = "/events";

    /// <summary>With a query, no attempt succeeds, and nothing is stored.</summary>
    public const string Failing = "/failing";

    /// <summary>A destination that speaks HTTP/2.</summary>
    public const string Http2 = "/http2";

    private const string Head =
        " HTTP/1.1\r\nHost: warm-up\r\nUser-Agent: gateway-warm-up\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate\r\n";

    /// <summary>What most users ask for: the larger part of a round.</summary>
    public static readonly byte[] Usual = Get(Kept);

    /// <summary>One each a round.</summary>
    public static readonly byte[][] Rare =
    [
        Get(Retried),
        Get(Chunked),
        Get(Events),
        Get(Kept + "?fail"),
        Get(Failing + "?fail"),
        Post("/write"),
        Get("/no-route/there")
    ];

    /// <summary>Through the client for HTTP/2.</summary>
    public static readonly byte[] OverHttp2 = Get(Http2);

    private static byte[] Get(string target) => Encoding.ASCII.GetBytes($"GET {target}{Head}\r\n");

    private static byte[] Post(string target)
    {
        const string Body = "{\"item\":\"warm\"}";
        return Encoding.ASCII.GetBytes($"POST {target}{Head}Content-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n{Body}");
    }
}
