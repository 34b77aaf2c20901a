namespace Gateway.Forwarding;

/// <summary>How a race ended.</summary>
internal enum ExchangeEnd
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>With an answer of a tier.</summary>
    Answered,

    /// <summary>With none: the ladder's turn.</summary>
    NoAnswer,

    /// <summary>The client's own body broke.</summary>
    ClientFailed,
}
