namespace Gateway.Drills.Load;

/// <summary>What became of one request, as its user saw it. Exactly one a request.</summary>
internal enum Outcome : byte
{
    /// <summary>Not over yet; after a run: never.</summary>
    Pending,

    /// <summary>A good response from a guide.</summary>
    Live,

    /// <summary>A good response that the gateway had stored (<c>X-Fallback: last-good</c>).</summary>
    LastGood,

    /// <summary>A prepared file (<c>X-Fallback: file</c>).</summary>
    File,

    /// <summary>The honest 503 of the gateway itself (<c>X-Fallback: built-in</c>).</summary>
    BuiltIn,

    /// <summary>Failed: the connection was refused.</summary>
    Refused,

    /// <summary>Failed: the connection ended before any byte of the response.</summary>
    Reset,

    /// <summary>Failed: no whole response within the request's deadline.</summary>
    Timeout,

    /// <summary>Failed: the connection ended within the response.</summary>
    Truncated,

    /// <summary>Failed: what came is not HTTP/1.1, or has bytes beyond its end.</summary>
    Malformed,

    /// <summary>Failed: a whole response with a status that the scenario does not accept.</summary>
    Status,

    /// <summary>Failed: a whole response with the right status and the wrong body.</summary>
    WrongBody,

    /// <summary>The client went away on purpose: no's failure.</summary>
    Vanished,

    /// <summary>Not sent: the generator was at its own bound of connections, or was stopped. Such a run proves nothing.</summary>
    Unsent,
}

/// <summary>Groups of outcomes.</summary>
internal static class Outcomes
{
    /// <summary>How many there are.</summary>
    public const int Count = (int)Outcome.Unsent + 1;

    /// <summary>Answered, but not by a guide.</summary>
    public static bool IsDegraded(this Outcome outcome) => outcome is Outcome.LastGood or Outcome.File or Outcome.BuiltIn;

    /// <summary>The user got nothing that can be used.</summary>
    public static bool IsFailed(this Outcome outcome) => outcome is >= Outcome.Refused and <= Outcome.WrongBody;
}
