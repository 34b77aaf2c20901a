namespace Gateway.LastGood.InMemory;

/// <summary>When responses that take a stored one back are believed: <see cref="Times"/> in a row over some time. Pure.</summary>
/// <remarks>
/// One such response proves little: a destination that is being deployed answers 404 for a moment, and a client may have provoked it by a
/// header that no key holds. While users go on getting the resource, nothing is counted together.
/// </remarks>
internal static class WithdrawalRule
{
    /// <summary>Responses in a row.</summary>
    public const int Times = 3;

    private const int TagBits = 20;

    /// <summary>The state after one more: 0, or the key's tag, the count and the second of the first one.</summary>
    public static (long Next, bool Evicts) Next(long state, uint tag, uint now, uint over)
    {
        var isNew = state == 0 || !IsOf(state, tag);
        var count = isNew ? 1 : Math.Min(Times, CountOf(state) + 1);
        var first = isNew ? now : (uint)state;
        return count >= Times && now - first >= over ? (0, true) : (((long)tag << 44) | ((long)count << 32) | first, false);
    }

    /// <summary>Whether a state belongs to a key.</summary>
    public static bool IsOf(long state, uint tag) => (uint)((ulong)state >> 44) == (tag & ((1u << TagBits) - 1));

    private static int CountOf(long state) => (int)(state >> 32) & 0xFFF;
}
