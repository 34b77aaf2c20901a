namespace Gateway.Fallback;

/// <summary>
/// The answer that is always there: it is part of the program, and needs no disk, network or configuration. Its words name no host, path or stack, and
/// promise nothing about what became of a write.
/// </summary>
internal static class BuiltInAnswer
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

    private static readonly byte[] Html =
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <title>Back in a moment</title>
        <style>
        :root { color-scheme: light dark }
        body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 32rem; margin: 20vh auto; padding: 0 1.5rem }
        </style>
        </head>
        <body>
        <h1>Back in a moment</h1>
        <p>This service cannot answer right now. Please try again in a moment.</p>
        </body>
        </html>

        """u8.ToArray();

    /// <summary>The body in one shape.</summary>
    public static ReadOnlyMemory<byte> Body(BuiltInShape shape) => shape switch
    {
        BuiltInShape.Html => Html,
        BuiltInShape.Text => Text,
        BuiltInShape.EventStream => EventStream,
        _ => Problem,
    };

    /// <summary>The Content-Type of one shape.</summary>
    public static string ContentType(BuiltInShape shape) => shape switch
    {
        BuiltInShape.Html => "text/html; charset=utf-8",
        BuiltInShape.Text => "text/plain; charset=utf-8",
        BuiltInShape.EventStream => "text/event-stream",
        _ => "application/problem+json",
    };
}
