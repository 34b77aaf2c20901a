using System.Security.Cryptography;
using System.Text;
using Gateway.Fuzzing.Engine;
using Gateway.LastGood;
using Gateway.LastGood.Stores;

namespace Gateway.Fuzzing.Targets;

/// <summary>
/// Records of last-good responses, as the disk holds them and, with their signature, Redis: what is accepted is written again and read
/// again as the same, holds no header that could split a response, and without its signature is never opened. The first byte says
/// whether the record gets its magic and its checksum, which chance would not find.
/// </summary>
internal sealed class LastGoodTarget : IFuzzTarget
{
    private const int ChecksumSize = 16;
    private const string Place = "place";
    private static readonly ClockReading Now = new(1_000_000_000, 1_790_000_000_000, 1_000_000_000);
    private readonly RecordSeal _seal = new("a secret of 32 characters or more");

    /// <inheritdoc/>
    public string Name => "last-good";

    /// <inheritdoc/>
    public int MostBytes => 4096;

    /// <inheritdoc/>
    public IEnumerable<byte[]> Seeds
    {
        get
        {
            var plain = LastGoodRecord.Encode(new StoredResponse
            {
                Key = "GET http://a/b?c=1|v",
                BaseKey = "GET http://a/b?c=1",
                Place = "a/b",
                Route = "all",
                Tier = "primary",
                Began = 0,
                BeganUnixMs = 1_789_999_000_000,
                KeepFor = TimeSpan.FromHours(1),
                Vary = ["Accept-Language"],
                Headers = [new StoredHeader("Content-Type", "text/html"), new StoredHeader("X-A", "b")],
                ETag = "\"e\"",
                FilledBy = "GET http://a/b",
                StaleIfErrorSeconds = 60,
                IsPublic = true,
                Body = "<p>a</p>"u8.ToArray(),
            });
            yield return [(byte)'c', .. plain.AsSpan(5 + ChecksumSize)];
            yield return [(byte)'r', .. plain];
            yield return [(byte)'r', .. _seal.Seal(Place, plain)];
        }
    }

    /// <inheritdoc/>
    public IEnumerable<string> Words => ["GWLG\u0001", "GWLS\u0001", "\0\0\0\0", "\u0001\0\0\0", "Content-Type", "Set-Cookie", "\r\n",
        "\u00ff\u00ff\u00ff\u007f", "\u00ed\u00a0\u0080"];

    /// <inheritdoc/>
    public long MemoryFor(int length) => 128 * 1024 + (64L * length);

    /// <inheritdoc/>
    public void Run(ReadOnlyMemory<byte> input)
    {
        if (input.IsEmpty)
        {
            return;
        }

        var record = input.Span[0] == 'c' ? WithHead(input.Span[1..]) : input.Span[1..].ToArray();
        Opens(record);
        if (!LastGoodRecord.TryDecode(record, Now, out var stored))
        {
            return;
        }

        // The bytes that are written are canonical; those that came may hold texts that are not UTF-8.
        var written = LastGoodRecord.Encode(stored);
        Invariant.Holds(LastGoodRecord.TryDecode(written, Now, out var again), "what is written is read");
        Invariant.Holds(LastGoodRecord.Encode(again!).AsSpan().SequenceEqual(written), "what is read is written as the same bytes");
        Invariant.Same(Shown(stored), Shown(again!), "what is read again is the same");
        Invariant.Holds(stored.Body.AsSpan().SequenceEqual(again!.Body), "a body is the same");
        Invariant.Holds(Array.TrueForAll(stored.Headers, static header => StoredHeaders.Keeps(header.Name, header.Value)),
            "a header is one that is kept");
        Invariant.Holds(stored.Cost > 0 && stored.InitialAge >= TimeSpan.Zero && stored.KeepFor >= TimeSpan.Zero, "times are not negative");
        Invariant.Holds(stored.Began <= Now.Stamp, "nothing began in the future");
    }

    private void Opens(byte[] record)
    {
        Invariant.Holds(
            _seal.TryOpen(Place, _seal.Seal(Place, record), out var content) && content.AsSpan().SequenceEqual(record),
                "what is signed opens");
        Invariant.Holds(!_seal.TryOpen("elsewhere", record, out _), "what is signed for another place does not open");
    }

    private static byte[] WithHead(ReadOnlySpan<byte> content) =>
        [.. "GWLG"u8, LastGoodRecord.Version, .. SHA256.HashData(content).AsSpan(0, ChecksumSize), .. content];

    private static string Shown(StoredResponse stored)
    {
        var shown = new StringBuilder();
        shown.AppendJoin('|', stored.Key, stored.BaseKey, stored.Place, stored.FilledBy, stored.Route, stored.Tier, stored.ETag);
        shown.AppendJoin('|', stored.IsMarker, stored.IsPublic, stored.Began, stored.BeganUnixMs, stored.InitialAge, stored.FreshSeconds);
        shown.AppendJoin('|', stored.StaleIfErrorSeconds, stored.KeepFor).AppendJoin('|', stored.Vary);
        return shown.AppendJoin('|', stored.Headers.Select(static header => $"{header.Name}: {header.Value}")).ToString();
    }
}
