namespace Gateway.Upstream;

/// <summary>How long a kept connection to a destination lives, in either client.</summary>
internal static class ConnectionLife
{
    /// <summary>
    /// Idle so long it is closed: shorter than the 5 s after which common servers close, since a POST that meets such a close is lost.
    /// </summary>
    public static readonly TimeSpan Idle = TimeSpan.FromSeconds(4);

    /// <summary>
    /// For a request that cannot be repeated: some servers close after two seconds (gunicorn), and one that meets such a close is lost.
    /// </summary>
    public static readonly TimeSpan IdleForWrites = TimeSpan.FromSeconds(1);

    /// <summary>After this time it is not used again, so that a name that moves is followed; one in use is never cut by it.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(55);
}
