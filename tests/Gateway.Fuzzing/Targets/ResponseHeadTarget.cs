using System.Text;
using Gateway.Fuzzing.Engine;
using Gateway.Upstream.Http1;

namespace Gateway.Fuzzing.Targets;

/// <summary>
/// Heads of HTTP/1.1 responses, one after the other on a connection, and trailers: the end is found in the same place however the bytes
/// arrive, a head that shares lines with the one before it says the same as one that does not, and nothing that goes further could split
/// a response.
/// </summary>
internal sealed class ResponseHeadTarget : IFuzzTarget
{
    private const int MostHeads = 4;

    /// <inheritdoc/>
    public string Name => "response-head";

    /// <inheritdoc/>
    public int MostBytes => 2048;

    /// <inheritdoc/>
    public IEnumerable<byte[]> Seeds =>
    [
        .. HttpSeeds.Responses,
        .. HttpSeeds.Responses.Select(static response => (byte[])[.. response, .. response]),
        "A: b\r\nServer-Timing: x;dur=3\r\n\r\n"u8.ToArray(),
    ];

    /// <inheritdoc/>
    public IEnumerable<string> Words => HttpSeeds.Words;

    /// <inheritdoc/>
    public long MemoryFor(int length) => 256 * 1024 + (200L * length);

    /// <inheritdoc/>
    public void Run(ReadOnlyMemory<byte> input)
    {
        ResponseHead? last = null;
        var rest = input;
        for (var i = 0; i < MostHeads; i++)
        {
            var end = EndOf(rest);
            if (end < 0)
            {
                break;
            }

            var head = rest.Span[..end];
            Invariant.Same(Shown(head, null), Shown(head, last), "a head is read the same beside the one before it");
            last = Parsed(head, null) ?? last;
            rest = rest[end..];
        }

        Trailers(input.Span);
    }

    // The end of a head, however it arrives.
    private static int EndOf(ReadOnlyMemory<byte> input)
    {
        var whole = default(int?);
        foreach (var ends in Splits.Of(input))
        {
            var (scanned, end) = (0, -1);
            foreach (var received in ends)
            {
                end = HeadSyntax.EndOf(input.Span[..received], ref scanned);
                if (end >= 0)
                {
                    break;
                }
            }

            Invariant.Same(whole ??= end, end, "a head ends in the same place however it arrives");
        }

        return whole!.Value;
    }

    private static ResponseHead? Parsed(ReadOnlySpan<byte> head, ResponseHead? last)
    {
        try
        {
            return ResponseHead.Parse(head, last);
        }
        catch (HttpIOException)
        {
            return null;
        }
    }

    private static string Shown(ReadOnlySpan<byte> bytes, ResponseHead? last)
    {
        if (Parsed(bytes, last) is not { } head)
        {
            return "invalid";
        }

        Invariant.Holds(head.Status is >= 100 and <= 999, "a status has three digits");
        Invariant.Holds(head.Length is null or >= 0, "a length is not negative");
        Invariant.Holds(!head.IsChunked || head.Length is null, "chunks win over a length");
        Invariant.Holds(head.IsPrefixOf(bytes) && head.Size == bytes.Length, "a head is its bytes");
        var shown = new StringBuilder().Append(head.Status).Append(head.Version).Append(head.Reason).Append('|').Append(head.Length)
            .Append(head.IsChunked).Append(head.KeepsAlive);
        foreach (var (name, values) in head.Fields)
        {
            Check(name, values);
            shown.Append('|').Append(name).Append(':').AppendJoin('\n', (IEnumerable<string?>)values);
        }

        return shown.ToString();
    }

    private static void Trailers(ReadOnlySpan<byte> section)
    {
        try
        {
            foreach (var (name, values) in ResponseHead.ParseTrailers(section))
            {
                Check(name, values);
            }
        }
        catch (HttpIOException)
        {
            // No trailers.
        }
    }

    private static void Check(string name, IEnumerable<string?> values)
    {
        Invariant.Holds(name.Length > 0 && name.All(HttpSeeds.IsTokenLetter), "a header's name is a token");
        Invariant.Holds(values.All(static value => value?.AsSpan().IndexOfAny('\r', '\n', '\0') < 0), "a header's value is one line");
    }
}
