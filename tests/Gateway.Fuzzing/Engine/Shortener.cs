namespace Gateway.Fuzzing.Engine;

/// <summary>Makes an input of the corpus shorter, as long as it reaches what it is kept for.</summary>
internal sealed class Shortener(InputRunner runner)
{
    private const int MostRuns = 1_500;

    /// <summary>A shorter input, and what it reaches.</summary>
    public KeptInput Of(KeptInput input, HashSet<ushort> needed)
    {
        // What is reached once in a process, as when something is made for the first time, cannot be held.
        runner.Run(input.Bytes);
        needed.IntersectWith(Coverage.Last());
        var (bytes, left) = (input.Bytes, MostRuns);
        for (var size = Math.Max(1, bytes.Length / 2); size > 0 && left > 0; size /= 2)
        {
            for (var at = 0; at + size <= bytes.Length && left-- > 0;)
            {
                byte[] shorter = [.. bytes.AsSpan(0, at), .. bytes.AsSpan(at + size)];
                if (runner.Run(shorter) is null && needed.IsSubsetOf(Coverage.Last()))
                {
                    bytes = shorter;
                }
                else
                {
                    at += size;
                }
            }
        }

        runner.Run(bytes);
        return new KeptInput(bytes, Coverage.Last());
    }
}
