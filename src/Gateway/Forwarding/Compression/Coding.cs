using System.IO.Compression;
using ZstdSharp;

namespace Gateway.Forwarding.Compression;

/// <summary>A content coding that responses are compressed with.</summary>
/// <param name="Name">As <c>Content-Encoding</c> says it.</param>
/// <param name="Begin">Compresses into a stream that it leaves open. Levels are those at which a core still makes about 100 MB a
/// second.</param>
internal sealed record Coding(string Name, Func<Stream, Stream> Begin)
{
    /// <summary>In the order of preference.</summary>
    public static readonly Coding[] All =
    [
        new("zstd", static output => new CompressionStream(output, level: 3, bufferSize: 16 * 1024, leaveOpen: true)),
        new("br", static output => new BrotliStream(output, new BrotliCompressionOptions { Quality = 4 }, leaveOpen: true)),
        new("gzip", static output => new GZipStream(output, new ZLibCompressionOptions { CompressionLevel = 5 }, leaveOpen: true)),
    ];

    /// <summary>By its name.</summary>
    public static Coding Of(string name) => Array.Find(All, coding => string.Equals(coding.Name, name, StringComparison.Ordinal)) ?? throw new ArgumentException($"There is no coding '{name}'.", nameof(name));
}
