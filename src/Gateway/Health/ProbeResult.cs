namespace Gateway.Health;

/// <summary>How a probe ended.</summary>
internal enum ProbeOutcome
{
    /// <summary>Answered as expected.</summary>
    Passed,

    /// <summary>Not reached: refused, no route, TLS failure, no such name.</summary>
    NotReached,

    /// <summary>Not whole within <c>probe.timeout</c>.</summary>
    TimedOut,

    /// <summary>The connection broke, or what came was no HTTP.</summary>
    Broken,

    /// <summary>A status outside <c>probe.expect.status</c>.</summary>
    WrongStatus,

    /// <summary>The text of <c>probe.expect.body</c> is not in the first 64 KiB.</summary>
    WrongBody,
}

/// <summary>One probe's result.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Duration">From its start to its end.</param>
/// <param name="Status">The status, if one came; else 0.</param>
/// <param name="OurFault">Our own timers ran so late, or our own sockets were so many, that the result says nothing: to be repeated.</param>
/// <param name="Tls">What TLS found wrong, when <paramref name="Outcome"/> is <see cref="ProbeOutcome.NotReached"/>.</param>
internal readonly record struct ProbeResult(ProbeOutcome Outcome, TimeSpan Duration, int Status = 0, bool OurFault = false, TlsFlaw Tls = TlsFlaw.None)
{
    /// <summary>Answered as expected.</summary>
    public bool Passed => Outcome == ProbeOutcome.Passed;

    /// <summary>No probe was made: the process has no descriptor or memory for a socket (<see cref="OwnFault"/>).</summary>
    public bool IsWithoutSocket => OurFault && Outcome == ProbeOutcome.NotReached;

    /// <summary>For people, as the rest of "2 of 2 probes …".</summary>
    public string Words => Outcome switch
    {
        ProbeOutcome.Passed => "passed",
        ProbeOutcome.NotReached when OurFault => "found no socket to be sent on",
        ProbeOutcome.NotReached => TlsTrust.WordsOf(Tls) ?? "did not get a connection",
        ProbeOutcome.TimedOut => "timed out",
        ProbeOutcome.Broken => "broke off or got no HTTP",
        ProbeOutcome.WrongStatus => $"got status {Status}",
        _ => "did not find the expected text",
    };
}
