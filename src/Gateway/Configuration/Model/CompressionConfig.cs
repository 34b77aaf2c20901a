using System.Collections.Immutable;

namespace Gateway.Configuration.Model;

/// <summary>How responses are compressed for users.</summary>
internal sealed record CompressionConfig
{
    /// <summary>No response is compressed.</summary>
    public static readonly CompressionConfig Off = new() { Codings = [] };

    /// <summary>
    /// Codings in the order in which they are preferred where a client likes several alike. Empty: none. Default: zstd, br, gzip.
    /// </summary>
    public ImmutableArray<string> Codings { get; init; } = ["zstd", "br", "gzip"];

    /// <summary>A response that says to be shorter is not compressed, in bytes. Default: 1 KiB.</summary>
    public long MinSize { get; init; } = 1024;

    /// <summary>
    /// Media types: <c>text/html</c>, <c>text/*</c>, <c>*/*+json</c>. Default: text, JSON, XML, scripts, WebAssembly, SVG and font formats
    /// without a compression of their own.
    /// </summary>
    public ImmutableArray<string> Types { get; init; } =
    [
        "text/*", "application/json", "*/*+json", "application/xml", "*/*+xml", "application/javascript", "application/x-javascript",
        "application/x-ndjson", "application/wasm",
        "application/manifest+json", "application/vnd.ms-fontobject", "font/ttf", "font/otf", "image/bmp", "image/x-icon",
    ];

    /// <summary>Event streams are compressed, too, each event by itself. Default: false.</summary>
    public bool EventStreams { get; init; }

    /// <summary>
    /// Destinations are asked without <c>Accept-Encoding</c>: each response is stored once, and compressed here for each user. Default:
    /// true.
    /// </summary>
    public bool Offload { get; init; } = true;
}
