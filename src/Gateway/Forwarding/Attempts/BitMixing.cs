namespace Gateway.Forwarding.Attempts;

/// <summary>Spreads the bits of a number.</summary>
internal static class BitMixing
{
    /// <summary>MurmurHash3's last step (Appleby, public domain): every bit of the number reaches every bit of the result.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 33)) * 0xff51afd7ed558ccd;
        value = (value ^ (value >> 33)) * 0xc4ceb9fe1a85ec53;
        return value ^ (value >> 33);
    }
}
