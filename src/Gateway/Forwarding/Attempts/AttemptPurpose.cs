namespace Gateway.Forwarding.Attempts;

/// <summary>Why an attempt was made.</summary>
internal enum AttemptPurpose
{
    /// <summary>The request's first.</summary>
    First,

    /// <summary>In place of one that failed.</summary>
    Repeat,

    /// <summary>Beside one that is late.</summary>
    Hedge,

    /// <summary>A copy of a request that shows whether a ejected destination is well again; no user waits for it.</summary>
    HalfOpen,

    /// <summary>The request's first, at a destination half-open: there was nothing better to do with it.</summary>
    FirstAsHalfOpenProbe,
}
