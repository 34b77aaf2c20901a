using System.Text;

namespace Gateway.Fallback;

/// <summary>
/// The response that is always there: it is part of the program, and needs no disk, network or configuration. Its words name no host, path
/// or stack, and promise nothing about what became of a write.
/// </summary>
internal static class BuiltInResponse
{
    private static readonly byte[] Problem =
        """{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"This service cannot answer right now. Please try again in a moment."}"""u8.ToArray();

    private static readonly byte[] Text = "This service cannot answer right now. Please try again in a moment.\n"u8.ToArray();

    private static readonly byte[] EventStream =
        """
        retry: 10000
        event: error
        data: {"type":"about:blank","title":"Service Unavailable","status":503,"detail":"This service cannot answer right now. Please try again in a moment."}


        """u8.ToArray();

    private static readonly byte[] Html = Encoding.UTF8.GetBytes(Page(
        "Back in a moment",
        "This service cannot answer right now. Please try again in a moment."));

    /// <summary>A page of one heading and one sentence, which loads nothing.</summary>
    internal static string Page(string title, string text) =>
        $$"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <title>{{title}}</title>
        <style>
        :root { color-scheme: light dark }
        body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 32rem; margin: 20vh auto; padding: 0 1.5rem }
        </style>
        </head>
        <body>
        <h1>{{title}}</h1>
        <p>{{text}}</p>
        </body>
        </html>

        """;

    private static readonly Dictionary<(BuiltInFormat Shape, bool TimedOut), byte[]> Unknown = Enum.GetValues<BuiltInFormat>()
        .SelectMany(static shape => new[] { (shape, true), (shape, false) })
        .ToDictionary(static key => key, static key => Encoding.UTF8.GetBytes(UnknownText(key.Item1, key.Item2)));

    /// <summary>The body for a write that was sent and has no response: it invites no retry.</summary>
    /// <param name="shape">In which shape.</param>
    /// <param name="timedOut">No response came in time; else the connection ended.</param>
    /// <param name="requestId">The request's id.</param>
    public static ReadOnlyMemory<byte> UnknownFate(BuiltInFormat shape, bool timedOut, string requestId) =>
        WithId(shape, Unknown[(shape, timedOut)], requestId);

    private static string UnknownText(BuiltInFormat shape, bool timedOut)
    {
        const string Detail = "No response came. The request may have been carried out: check before you send it again.";
        var (title, status) = timedOut ? ("Gateway Timeout", "504") : ("Bad Gateway", "502");
        var problem = $$"""{"type":"about:blank","title":"{{title}}","status":{{status}},"detail":"{{Detail}}"}""";
        return shape switch
        {
            BuiltInFormat.Html => Page("No response came", Detail),
            BuiltInFormat.Text => Detail + "\n",
            BuiltInFormat.EventStream => $"event: error\ndata: {problem}\n\n",
            _ => problem,
        };
    }

    /// <summary>The body in one shape.</summary>
    /// <param name="shape">In which shape.</param>
    /// <param name="requestId">The request's id.</param>
    public static ReadOnlyMemory<byte> Body(BuiltInFormat shape, string requestId) => WithId(
        shape,
        shape switch
        {
            BuiltInFormat.Html => Html,
            BuiltInFormat.Text => Text,
            BuiltInFormat.EventStream => EventStream,
            _ => Problem,
        },
        requestId);

    /// <summary>Pages and plain text are for readers, who have the response's header.</summary>
    private static ReadOnlyMemory<byte> WithId(BuiltInFormat shape, byte[] body, string requestId) =>
        shape is BuiltInFormat.Html or BuiltInFormat.Text ? body : RequestIdMember.AddTo(body, requestId);

    /// <summary>The Content-Type of one shape.</summary>
    public static string ContentType(BuiltInFormat shape) => shape switch
    {
        BuiltInFormat.Html => "text/html; charset=utf-8",
        BuiltInFormat.Text => "text/plain; charset=utf-8",
        BuiltInFormat.EventStream => "text/event-stream",
        _ => "application/problem+json",
    };
}
