using Gateway.Fuzzing.Engine;
using Gateway.Upstream.Http1;

namespace Gateway.Fuzzing.Targets;

/// <summary>Chunked bodies: the same content and the same end however the bytes arrive, and never more content than bytes.</summary>
internal sealed class ChunksTarget : IFuzzTarget
{
    private static readonly string[] Texts =
    [
        "5\r\nhello\r\n0\r\n\r\n", "3;a=b\r\nabc\r\n4\r\ndefg\r\n0\r\nX: 1\r\n\r\n", "1\na\n0\n\n", "0000a \r\n0123456789\r\n0\r\n",
        "ffffffff\r\nab",
    ];

    private readonly MemoryStream _content = new();

    /// <inheritdoc/>
    public string Name => "chunks";

    /// <inheritdoc/>
    public int MostBytes => 8192;

    /// <inheritdoc/>
    public IEnumerable<byte[]> Seeds => Texts.Select(System.Text.Encoding.Latin1.GetBytes);

    /// <inheritdoc/>
    public IEnumerable<string> Words => HttpSeeds.Words;

    /// <inheritdoc/>
    public long MemoryFor(int length) => 64 * 1024 + (64L * length);

    /// <inheritdoc/>
    public void Run(ReadOnlyMemory<byte> input)
    {
        var whole = default((string Content, string End, int Used)?);
        foreach (var ends in Splits.Of(input))
        {
            var read = Read(input.Span, ends);
            Invariant.Same(whole ??= read, read, "chunks are read the same however they arrive");
        }
    }

    private (string Content, string End, int Used) Read(ReadOnlySpan<byte> input, int[] ends)
    {
        var reader = default(ChunkReader);
        var used = 0;
        _content.SetLength(0);
        try
        {
            foreach (var received in ends)
            {
                // As Http1Response reads it: what stands between is taken away, then the content behind it.
                int ready;
                do
                {
                    ready = reader.Next(input[used..received], out var skip);
                    Invariant.Holds(skip >= 0 && ready >= 0 && used + skip + ready <= received, "what is read was received");
                    used += skip;
                    _content.Write(input.Slice(used, ready));
                    if (ready > 0)
                    {
                        reader.Consume(ready);
                    }

                    used += ready;
                }
                while (ready > 0);

                if (reader.IsAtTrailers)
                {
                    return Result("trailers", used);
                }
            }

            return Result("more", 0);
        }
        catch (HttpIOException)
        {
            return Result("invalid", 0);
        }
    }

    private (string Content, string End, int Used) Result(string end, int used) =>
        (Convert.ToBase64String(_content.GetBuffer().AsSpan(0, (int)_content.Length)), end, used);
}
