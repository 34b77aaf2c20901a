using Gateway.Configuration.Model;

namespace Gateway.Configuration.Keys;

/// <summary>The keys of <c>compression</c>, which stands at the top of the file for every route, or at a route.</summary>
internal static class CompressionKeys
{
    /// <summary>How responses are compressed for users.</summary>
    public static Schema<CompressionConfig> Compression { get; } = new EitherSchema<CompressionConfig>(
        Schemas.Enum(("off", CompressionConfig.Off), ("on", new CompressionConfig())),
        new RecordSchema<CompressionConfig>("a mapping of how responses are compressed", static () => new CompressionConfig())
            .Key(
                "codings",
                new ListSchema<string>(Schemas.Enum(("zstd", "zstd"), ("br", "br"), ("gzip", "gzip")), atLeast: 1),
                static (compression, value) => compression with { Codings = [.. value.Distinct(StringComparer.Ordinal)] },
                "Codings that may be used, the preferred one first; a client's own preference (Accept-Encoding) goes before.",
                "[zstd, br, gzip]")
            .Key(
                "minSize",
                Schemas.Size("0", "16MiB"),
                static (compression, value) => compression with { MinSize = value },
                "A response that is shorter is sent as it is. One without a length is compressed.",
                "1KiB")
            .Key(
                "types",
                new ListSchema<string>(MediaType(), atLeast: 1, atMost: 100),
                static (compression, value) => compression with { Types = [.. value.Distinct(StringComparer.OrdinalIgnoreCase)] },
                "Media types that are compressed, like application/json, text/* or \"*/*+json\"; text, JSON, XML, scripts, WebAssembly, "
                    + "SVG and plain fonts when left out.")
            .Key(
                "eventStreams",
                Schemas.Boolean(),
                static (compression, value) => compression with { EventStreams = value },
                "Whether event streams are compressed, too, each event by itself.",
                "false")
            .Key(
                "offload",
                Schemas.Boolean(),
                static (compression, value) => compression with { Offload = value },
                "Whether destinations are asked without Accept-Encoding: each response is then stored once and compressed here for each "
                    + "user; false: what a destination has compressed is passed on as it is.",
                "true"));

    private static TextSchema<string> MediaType() => Schemas.Text(
        "a media type",
        "Write a media type without parameters, like application/json, text/* or \"*/*+json\"",
        @"^[A-Za-z0-9!#$&^_.+-]{1,64}/(\*|[A-Za-z0-9!#$&^_.+-]{1,96})$|^\*/\*\+[A-Za-z0-9.-]{1,32}$|\$\{",
        static text => text.StartsWith("*/*+", StringComparison.Ordinal)
            ? Schemas.IsToken(text[4..])
            : text.Split('/') is [{ Length: <= 64 } type, var subtype]
                && type is not "*"
                && Schemas.IsToken(type)
                && (subtype is "*" || (Schemas.IsToken(subtype) && !subtype.Contains('*', StringComparison.Ordinal))));
}
