namespace Gateway.Fuzzing.Engine;

/// <summary>
/// Long inputs, from short ones: limits of 64 KiB would not be met by chance, and inputs of that length would make the search slow. A byte
/// 1D stands for a long run of one letter, once.
/// </summary>
internal static class LongInput
{
    /// <summary>Longer than the limits.</summary>
    public const int Run = 66_000;

    private const byte Mark = 0x1D;

    /// <summary>The input that is meant.</summary>
    public static ReadOnlyMemory<byte> Of(ReadOnlyMemory<byte> input)
    {
        var at = input.Span.IndexOf(Mark);
        if (at < 0)
        {
            return input;
        }

        var expanded = new byte[input.Length - 1 + Run];
        input.Span[..at].CopyTo(expanded);
        expanded.AsSpan(at, Run).Fill((byte)'a');
        input.Span[(at + 1)..].CopyTo(expanded.AsSpan(at + Run));
        return expanded;
    }
}
