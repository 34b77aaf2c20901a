namespace Gateway.Drills.Faults;

/// <summary>What a relay does with the bytes of one direction.</summary>
internal enum RelayMode
{
    /// <summary>Hands them on at once.</summary>
    Pass,

    /// <summary>Hands each piece on after a delay.</summary>
    Delay,

    /// <summary>Hands on one byte at a time, a delay between two.</summary>
    Drip,

    /// <summary>Stops reading: the sender fills its buffers and waits. The connection stays open.</summary>
    Stall,

    /// <summary>Reads everything and hands on nothing. The connection stays open.</summary>
    Swallow,

    /// <summary>Resets both connections after some bytes.</summary>
    Reset,

    /// <summary>Closes both connections in order (FIN) after some bytes.</summary>
    Cut,
}

/// <summary>A mode with its numbers.</summary>
/// <param name="Mode">What happens to the bytes.</param>
/// <param name="Wait">For delay and drip. Default: none.</param>
/// <param name="AfterBytes">For reset and cut: bytes of this direction that a connection may still carry, counted from when the behaviour
/// was set. Default: 0, with the first piece.</param>
internal sealed record RelayBehaviour(RelayMode Mode, TimeSpan Wait = default, int AfterBytes = 0)
{
    /// <summary>No fault.</summary>
    public static readonly RelayBehaviour Pass = new(RelayMode.Pass);
}

/// <summary>What a relay does with new connections.</summary>
internal enum RelayDoor
{
    /// <summary>Takes them and connects on.</summary>
    Open,

    /// <summary>Refuses them: nothing listens on the port.</summary>
    Refuse,

    /// <summary>Takes them and resets them at once.</summary>
    Reset,

    /// <summary>Takes them and never connects on: no byte comes back.</summary>
    Silent,
}
