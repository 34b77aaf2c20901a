using System.IO.Compression;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Gateway.Forwarding.Compression;

/// <summary>A content coding that responses are compressed with.</summary>
/// <param name="Name">As <c>Content-Encoding</c> says it.</param>
/// <param name="Begin">
/// Compresses into a stream that it leaves open. Levels are chosen for speed; windows of 256 KiB bound the memory that each response holds
/// until its client has taken it.
/// </param>
internal sealed record Coding(string Name, Func<Stream, Stream> Begin)
{
    private const int Window = 18;

    /// <summary>In the order of preference.</summary>
    public static readonly Coding[] All =
    [
        new("zstd", Zstd),
        new("br", static output => new BrotliOutput(output, quality: 4, Window)),
        new("gzip", static output => new GZipStream(output, new ZLibCompressionOptions { CompressionLevel = 5 }, leaveOpen: true)),
    ];

    /// <summary>By its name.</summary>
    public static Coding Of(string name) =>
        Array.Find(All, coding => string.Equals(coding.Name, name, StringComparison.Ordinal))
        ?? throw new ArgumentException($"There is no coding '{name}'.", nameof(name));

    private static CompressionStream Zstd(Stream output)
    {
        var stream = new CompressionStream(output, level: 3, bufferSize: 16 * 1024, leaveOpen: true);
        stream.SetParameter(ZSTD_cParameter.ZSTD_c_windowLog, Window);
        return stream;
    }
}
