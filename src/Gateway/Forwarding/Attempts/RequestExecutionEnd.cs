namespace Gateway.Forwarding.Attempts;

/// <summary>How a race ended.</summary>
internal enum RequestExecutionEnd
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>With a response of a tier.</summary>
    Answered,

    /// <summary>Without one: the fallback chain's turn.</summary>
    NoResponse,

    /// <summary>The client's own body broke.</summary>
    ClientFailed,
}
