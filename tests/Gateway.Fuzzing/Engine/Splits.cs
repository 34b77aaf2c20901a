namespace Gateway.Fuzzing.Engine;

/// <summary>
/// Where bytes of a connection arrive: all at once, and in pieces: one by one, in halves, or of lengths by chance. Which of these it is
/// comes from the input itself, so that it is repeated by its bytes alone.
/// </summary>
internal static class Splits
{
    /// <summary>Longer inputs are not split into single bytes: what that costs grows with the square of the length.</summary>
    private const int MostSingles = 128;

    /// <summary>Two ways to split an input: where each piece ends. The first is in one piece.</summary>
    public static IEnumerable<int[]> Of(ReadOnlyMemory<byte> input)
    {
        yield return [input.Length];
        if (input.Length < 2)
        {
            yield break;
        }

        var random = new FuzzRandom(HashOf(input.Span));
        yield return random.Below(3) switch
        {
            0 when input.Length <= MostSingles => [.. Enumerable.Range(1, input.Length)],
            1 => [1 + random.Below(input.Length - 1), input.Length],
            _ => Some(random, input.Length),
        };
    }

    private static int[] Some(FuzzRandom random, int length)
    {
        var ends = new List<int>();
        for (var at = 0; at < length;)
        {
            ends.Add(at = Math.Min(length, at + random.Length(length)));
        }

        return [.. ends];
    }

    private static ulong HashOf(ReadOnlySpan<byte> bytes)
    {
        var hash = 14695981039346656037UL;
        foreach (var one in bytes)
        {
            hash = (hash ^ one) * 1099511628211;
        }

        return hash;
    }
}
