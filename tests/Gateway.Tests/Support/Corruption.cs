namespace Gateway.Tests.Support;

/// <summary>A SQLite file as a disk, a crash or a wrong copy may leave it. The same number gives the same bytes.</summary>
internal static class Corruption
{
    /// <summary>So many of each file are tried.</summary>
    public const int Rounds = 200;

    private const int Page = 4096;

    /// <summary>The file, damaged.</summary>
    /// <param name="whole">The file as it was.</param>
    /// <param name="round">Which damage.</param>
    public static byte[] Of(byte[] whole, int round)
    {
        var random = new Random(round);
        var bytes = whole.ToArray();
        var pages = Math.Max(1, bytes.Length / Page);
        switch (round % 10)
        {
            case 0:
                // Single bytes, from one to hundreds of them.
                Scatter(bytes, 1 << (round / 10 % 10), random);
                break;
            case 1:
                // Cut anywhere.
                return bytes.AsSpan(0, random.Next(bytes.Length)).ToArray();
            case 2:
                // Cut between pages: a copy that was interrupted.
                return bytes.AsSpan(0, random.Next(pages) * Page).ToArray();
            case 3:
                // A page that was never written.
                bytes.AsSpan(random.Next(pages) * Page, Page).Clear();
                break;
            case 4:
                // A page of another place.
                bytes.AsSpan(random.Next(pages) * Page, Page).CopyTo(bytes.AsSpan(random.Next(pages) * Page));
                break;
            case 5:
                // The head says something else.
                Scatter(bytes.AsSpan(0, 100), 1 + (round / 10 % 8), random);
                break;
            case 6:
                // Noise behind the end.
                var noise = new byte[random.Next(1, 3 * Page)];
                random.NextBytes(noise);
                return [.. bytes, .. noise];
            case 7:
                // A page of noise.
                random.NextBytes(bytes.AsSpan(random.Next(pages) * Page, Page));
                break;
            case 8:
                // The heads of pages: where their cells are.
                for (var page = 0; page < pages; page++)
                {
                    Scatter(bytes.AsSpan((page * Page) + (page == 0 ? 100 : 0), 12), 1, random);
                }

                break;
            default:
                // The text of another file, or nothing at all.
                bytes = round % 20 == 9 ? [] : [.. Enumerable.Repeat((byte)random.Next(256), random.Next(1, bytes.Length))];
                break;
        }

        return bytes;
    }

    private static void Scatter(Span<byte> bytes, int count, Random random)
    {
        for (var i = 0; i < count; i++)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }
    }
}
