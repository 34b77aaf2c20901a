using System.Buffers;
using System.IO.Compression;
using System.Text.Json;

namespace Gateway.LastGood.Policy;

/// <summary>Whether a body is valid for its type: JSON must parse to its end, compressed or not. Pure.</summary>
/// <remarks>What cannot be unfolded here (zstd) is taken as it is: its length and framing were checked.</remarks>
internal static class BodyCheck
{
    /// <summary>A compressed body that unfolds to more is not kept: it could not be checked at a fair price.</summary>
    public const int MaxUnfolded = 8 * 1024 * 1024;

    private const int MaxDepth = 256;

    /// <summary>Whether checking is cheap enough for the request's own thread: 32 KiB of JSON take about 50 us.</summary>
    public static bool IsCheap(string? contentType, string? contentEncoding, int length) =>
        !IsJson(contentType) || (IsPlain(contentEncoding) && length <= 32 * 1024);

    /// <summary>Why the body is refused for its type.</summary>
    public static StoreRejection Judge(string? contentType, string? contentEncoding, ReadOnlyMemory<byte> body)
    {
        if (!IsJson(contentType))
        {
            return StoreRejection.None;
        }

        return IsPlain(contentEncoding)
            ? (Parses(body.Span) ? StoreRejection.None : StoreRejection.Invalid)
            : JudgeUnfolded(contentEncoding!, body);
    }

    private static bool IsPlain(string? encoding) =>
        string.IsNullOrEmpty(encoding) || encoding.Equals("identity", StringComparison.OrdinalIgnoreCase);

    private static bool IsJson(string? contentType)
    {
        var type = contentType.AsSpan();
        var end = type.IndexOf(';');
        type = (end < 0 ? type : type[..end]).Trim();
        return type.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || type.Equals("text/json", StringComparison.OrdinalIgnoreCase)
            || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }

    private static bool Parses(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json.StartsWith("\uFEFF"u8) ? json[3..] : json, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            var any = false;
            while (reader.Read())
            {
                any = true;
            }

            return any;
        }
        catch (JsonException)
        {
            // This is the response to the question, not a failure.
            return false;
        }
    }

    private static StoreRejection JudgeUnfolded(string encoding, ReadOnlyMemory<byte> body)
    {
        var unfolded = ArrayPool<byte>.Shared.Rent(Math.Clamp(body.Length * 8, 64 * 1024, MaxUnfolded));
        try
        {
            using var folded = new MemoryStream(body.ToArray(), writable: false);
            using Stream? stream = encoding.Trim().ToLowerInvariant() switch
            {
                "gzip" or "x-gzip" => new GZipStream(folded, CompressionMode.Decompress),
                "br" => new BrotliStream(folded, CompressionMode.Decompress),
                "deflate" => new ZLibStream(folded, CompressionMode.Decompress),
                _ => null,
            };
            if (stream is null)
            {
                return StoreRejection.None;
            }

            var length = 0;
            while (true)
            {
                if (length == unfolded.Length)
                {
                    if (length >= MaxUnfolded)
                    {
                        return StoreRejection.TooLarge;
                    }

                    var bigger = ArrayPool<byte>.Shared.Rent(Math.Min(MaxUnfolded, length * 2));
                    unfolded.AsSpan(0, length).CopyTo(bigger);
                    ArrayPool<byte>.Shared.Return(unfolded);
                    unfolded = bigger;
                }

                var read = stream.Read(unfolded, length, unfolded.Length - length);
                if (read == 0)
                {
                    return Parses(unfolded.AsSpan(0, length)) ? StoreRejection.None : StoreRejection.Invalid;
                }

                length += read;
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or InvalidOperationException)
        {
            // A body that does not unfold is invalid; that is what was asked.
            return StoreRejection.Invalid;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(unfolded);
        }
    }
}
