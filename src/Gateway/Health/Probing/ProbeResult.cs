using Gateway.Health.Model;

namespace Gateway.Health.Probing;

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
/// <param name="OurFault">Our own timers ran so late, or our own sockets were so many, that the result says nothing: to be
/// repeated.</param>
/// <param name="Cause">What failed, as far as it is known beyond <paramref name="Outcome"/>.</param>
internal readonly record struct ProbeResult(
    ProbeOutcome Outcome,
    TimeSpan Duration,
    int Status = 0,
    bool OurFault = false,
    FailureCause Cause = FailureCause.None)
{
    /// <summary>How long the connection took, TLS included; zero: it is not known.</summary>
    public TimeSpan Connect { get; init; }

    /// <summary>When the certificate ends that the destination showed; null: it showed none.</summary>
    public DateTimeOffset? CertificateEndsAt { get; init; }

    /// <summary>Answered as expected.</summary>
    public bool Passed => Outcome == ProbeOutcome.Passed;

    /// <summary>No probe was made: the process has no descriptor or memory for a socket (<see cref="Rules.LocalFailure"/>).</summary>
    public bool IsWithoutSocket => OurFault && Outcome == ProbeOutcome.NotReached;

    /// <summary>For people: "passed", or what failed.</summary>
    public string Words => Passed ? "passed" : FailureCauses.WordsOf(Cause != FailureCause.None ? Cause : Fallback, Status);

    private FailureCause Fallback => Outcome switch
    {
        ProbeOutcome.NotReached when OurFault => FailureCause.NoSocket,
        ProbeOutcome.NotReached => FailureCause.NoConnection,
        ProbeOutcome.TimedOut => FailureCause.Timeout,
        ProbeOutcome.Broken => FailureCause.InvalidResponse,
        ProbeOutcome.WrongStatus => FailureCause.Status,
        _ => FailureCause.UnexpectedBody,
    };
}
