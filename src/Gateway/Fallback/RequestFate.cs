namespace Gateway.Fallback;

/// <summary>What is known of a request that has no response.</summary>
internal enum RequestFate
{
    /// <summary>No destination has seen it.</summary>
    NotSent,

    /// <summary>It was sent, and no response came in time: it may have been carried out.</summary>
    TimedOut,

    /// <summary>It was sent, and the connection ended before a response: it may have been carried out.</summary>
    Broken,
}
