using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.LastGood.Stores;

/// <summary>The form of a kept response in the stores behind memory: versioned, checksummed, and strict. Pure.</summary>
/// <remarks>
/// <c>GWLG</c>, version (1 byte), 16 bytes of SHA-256 over the rest, then the fields in order; texts and byte runs carry their length in 4
/// bytes, numbers are little-endian. Whatever does not fit to the last byte is no record. The key inside is compared with the key that was
/// asked for by the reader.
/// </remarks>
internal static class LastGoodRecord
{
    /// <summary>
    /// The version that is written, and the only one that is read: a gateway of another version starts with what traffic brings.
    /// </summary>
    public const byte Version = 1;

    /// <summary>No record is larger.</summary>
    public const int MaxSize = 64 * 1024 * 1024;

    private const int HeadSize = 4 + 1 + ChecksumSize;
    private const long Century = 100L * 366 * 24 * 3600 * 1000;
    private const int ChecksumSize = 16;
    private const int MaxLines = 128;

    private static ReadOnlySpan<byte> Magic => "GWLG"u8;

    /// <summary>Writes a response.</summary>
    public static byte[] Encode(StoredResponse stored)
    {
        var to = new Writer(new MemoryStream(1024 + stored.Body.Length));
        to.Bytes.Write(Magic);
        to.Bytes.WriteByte(Version);
        to.Bytes.Write(stackalloc byte[ChecksumSize]);
        to.Number((stored.IsMarker ? 1 : 0) | (stored.IsPublic ? 2 : 0) | (stored.FilledBy is not null
            ? 4
            : 0) | (stored.StaleIfErrorSeconds is not null ? 8 : 0) | (stored.ETag is not null ? 16 : 0));
        to.Number(stored.BeganUnixMs);
        to.Number((long)stored.InitialAge.TotalMilliseconds);
        to.Number(stored.FreshSeconds);
        to.Number(stored.StaleIfErrorSeconds ?? 0);
        to.Number((long)stored.KeepFor.TotalMilliseconds);
        to.Text(stored.Key);
        to.Text(stored.BaseKey);
        to.Text(stored.Place);
        to.Text(stored.FilledBy ?? "");
        to.Text(stored.Route);
        to.Text(stored.Tier);
        to.Text(stored.ETag ?? "");
        to.Number(stored.Vary.Length);
        foreach (var name in stored.Vary)
        {
            to.Text(name);
        }

        to.Number(stored.Headers.Length);
        foreach (var header in stored.Headers)
        {
            to.Text(header.Name);
            to.Text(header.Value);
        }

        to.Run(stored.Body);
        var record = to.Bytes.ToArray();
        Checksum(record).CopyTo(record.AsSpan(5));
        return record;
    }

    /// <summary>Reads a response; false: corrupt, truncated, foreign or of another version.</summary>
    /// <param name="now">The present on both clocks, to place the response's age on the monotonic one.</param>
    public static bool TryDecode(ReadOnlySpan<byte> record, ClockReading now, [NotNullWhen(true)] out StoredResponse? stored)
    {
        stored = null;
        if (!IsWhole(record))
        {
            return false;
        }

        var from = new Reader(record[HeadSize..]);
        var flags = from.Number();
        var began = from.Number();
        var initialAge = from.Number();
        var fresh = from.Number();
        var staleIfError = from.Number();
        var keepFor = from.Number();
        var key = from.Text();
        var baseKey = from.Text();
        var place = from.Text();
        var filledBy = from.Text();
        var route = from.Text();
        var tier = from.Text();
        var etag = from.Text();
        var vary = from.Texts();
        var headers = HeadersOf(ref from);
        var body = from.Run();
        if (from.Failed || !from.AtEnd || flags is < 0 or > 31
            || began is < 0 or > Century || initialAge is < 0 or > Century || keepFor is < 0 or > Century
            || fresh is < 0 or > int.MaxValue || staleIfError is < 0 or > int.MaxValue
            || !key.StartsWith(baseKey, StringComparison.Ordinal)
            || !Array.TrueForAll(headers, static header => StoredHeaders.Keeps(header.Name, header.Value)))
        {
            return false;
        }

        stored = new StoredResponse
        {
            Key = key,
            BaseKey = baseKey,
            Place = place,
            FilledBy = (flags & 4) != 0 ? filledBy : null,
            Route = route,
            Tier = tier,
            Vary = vary,
            IsMarker = (flags & 1) != 0,
            IsPublic = (flags & 2) != 0,
            Began = now.StampOf(began),
            BeganUnixMs = began,
            InitialAge = TimeSpan.FromMilliseconds(initialAge),
            FreshSeconds = fresh,
            StaleIfErrorSeconds = (flags & 8) != 0 ? staleIfError : null,
            KeepFor = TimeSpan.FromMilliseconds(keepFor),
            Headers = headers,
            ETag = (flags & 16) != 0 ? etag : null,
            Body = body.ToArray(),
        };
        return true;
    }

    private static StoredHeader[] HeadersOf(ref Reader from)
    {
        var headers = new StoredHeader[from.Count(MaxLines)];
        for (var i = 0; i < headers.Length; i++)
        {
            headers[i] = new StoredHeader(from.Text(), from.Text());
        }

        return headers;
    }

    private static bool IsWhole(ReadOnlySpan<byte> record) =>
        record.Length is >= HeadSize and <= MaxSize
        && record[..4].SequenceEqual(Magic)
        && record[4] == Version
        && Checksum(record).SequenceEqual(record.Slice(5, ChecksumSize));

    private static ReadOnlySpan<byte> Checksum(ReadOnlySpan<byte> record) => SHA256.HashData(record[HeadSize..]).AsSpan(0, ChecksumSize);

    private readonly struct Writer(MemoryStream bytes)
    {
        public MemoryStream Bytes { get; } = bytes;

        public void Number(long value)
        {
            Span<byte> number = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(number, value);
            Bytes.Write(number);
        }

        public void Text(string text) => Run(Encoding.UTF8.GetBytes(text));

        public void Run(ReadOnlySpan<byte> run)
        {
            Span<byte> length = stackalloc byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(length, run.Length);
            Bytes.Write(length);
            Bytes.Write(run);
        }
    }

    // Never throws: the first thing that does not fit makes everything after it empty.
    private ref struct Reader(ReadOnlySpan<byte> record)
    {
        private ReadOnlySpan<byte> _rest = record;

        public bool Failed { get; private set; }

        public readonly bool AtEnd => _rest.IsEmpty;

        public long Number()
        {
            var bytes = Take(8);
            return bytes.IsEmpty ? 0 : BinaryPrimitives.ReadInt64LittleEndian(bytes);
        }

        public int Count(int most)
        {
            var count = Number();
            if (count < 0 || count > most)
            {
                Failed = true;
                return 0;
            }

            return (int)count;
        }

        public string[] Texts()
        {
            var texts = new string[Count(MaxLines)];
            for (var i = 0; i < texts.Length; i++)
            {
                texts[i] = Text();
            }

            return texts;
        }

        public string Text() => Encoding.UTF8.GetString(Run());

        public ReadOnlySpan<byte> Run()
        {
            var length = Take(4);
            return length.IsEmpty ? default : Take(BinaryPrimitives.ReadInt32LittleEndian(length));
        }

        private ReadOnlySpan<byte> Take(int count)
        {
            if (Failed || count < 0 || count > _rest.Length)
            {
                Failed = true;
                _rest = default;
                return default;
            }

            var taken = _rest[..count];
            _rest = _rest[count..];
            return taken;
        }
    }
}

/// <summary>
/// One moment on both clocks: ages are counted on the monotonic one, which no clock change touches; records carry the wall clock's.
/// </summary>
internal readonly record struct ClockReading(long Stamp, long UnixMs, long Frequency)
{
    /// <summary>Reads both clocks.</summary>
    public static ClockReading Of(TimeProvider time) =>
        new(time.GetTimestamp(), time.GetUtcNow().ToUnixTimeMilliseconds(), time.TimestampFrequency);

    /// <summary>The monotonic stamp of a wall-clock moment; one that lies in the future (the clock was put back) counts as now.</summary>
    public long StampOf(long unixMs) => Stamp - (long)(Math.Max(0, UnixMs - unixMs) / 1000.0 * Frequency);

    /// <summary>The wall-clock moment of a monotonic stamp.</summary>
    public long UnixMsOf(long stamp) => UnixMs - (long)((Stamp - stamp) * 1000.0 / Frequency);
}
