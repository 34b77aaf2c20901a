namespace Gateway.Fallback;

/// <summary>One prepared file as it stands in memory.</summary>
/// <param name="Name">Its path below the folder, with slashes, exactly as it is spelt there.</param>
/// <param name="Content">All of its bytes.</param>
/// <param name="Type">What it is.</param>
internal sealed record FallbackFile(string Name, ReadOnlyMemory<byte> Content, FallbackFileType Type);

/// <summary>What a file is, by its extension.</summary>
/// <param name="ContentType">The header's value.</param>
/// <param name="IsPage">True: a page for people, answered with 503 so that no crawler takes it for the real one; false: data, answered with
/// 200 so that programs use it.</param>
internal sealed record FallbackFileType(string ContentType, bool IsPage)
{
    private static readonly FallbackFileType Unknown = new("application/octet-stream", IsPage: false);

    /// <summary>The type of a file, by its extension in any case.</summary>
    public static FallbackFileType Of(string name) => Path.GetExtension(name).ToLowerInvariant() switch
    {
        ".json" => Json,
        ".sse" => EventStream,
        ".html" or ".htm" => Html,
        ".xhtml" => Xhtml,
        ".txt" => Text,
        ".md" => Markdown,
        ".csv" => Csv,
        ".xml" => Xml,
        ".svg" => Svg,
        ".css" => Css,
        ".js" or ".mjs" => Script,
        ".png" => Png,
        ".jpg" or ".jpeg" => Jpeg,
        ".webp" => Webp,
        ".gif" => Gif,
        ".ico" => Icon,
        ".ndjson" or ".jsonl" => JsonLines,
        _ => Unknown,
    };

    public static readonly FallbackFileType Json = new("application/json", IsPage: false);
    public static readonly FallbackFileType EventStream = new("text/event-stream", IsPage: false);
    public static readonly FallbackFileType Html = new("text/html; charset=utf-8", IsPage: true);
    private static readonly FallbackFileType Xhtml = new("application/xhtml+xml", IsPage: true);
    private static readonly FallbackFileType Text = new("text/plain; charset=utf-8", IsPage: false);
    private static readonly FallbackFileType Markdown = new("text/markdown; charset=utf-8", IsPage: false);
    private static readonly FallbackFileType Csv = new("text/csv; charset=utf-8", IsPage: false);
    private static readonly FallbackFileType Xml = new("application/xml", IsPage: false);
    private static readonly FallbackFileType Svg = new("image/svg+xml", IsPage: false);
    private static readonly FallbackFileType Css = new("text/css; charset=utf-8", IsPage: false);
    private static readonly FallbackFileType Script = new("text/javascript; charset=utf-8", IsPage: false);
    private static readonly FallbackFileType Png = new("image/png", IsPage: false);
    private static readonly FallbackFileType Jpeg = new("image/jpeg", IsPage: false);
    private static readonly FallbackFileType Webp = new("image/webp", IsPage: false);
    private static readonly FallbackFileType Gif = new("image/gif", IsPage: false);
    private static readonly FallbackFileType Icon = new("image/x-icon", IsPage: false);
    private static readonly FallbackFileType JsonLines = new("application/x-ndjson", IsPage: false);
}
