namespace Gateway.Forwarding.Responses;

/// <summary>What became of a response on its way to the user.</summary>
internal enum RelayResult
{
    /// <summary>The user has all of it.</summary>
    Complete,

    /// <summary>Its head could not be written; if nothing was sent, another response can take its place.</summary>
    Unwritable,

    /// <summary>The client disconnected or took no more.</summary>
    ClientFailed,

    /// <summary>The destination cut it or fell silent; so is what the user has.</summary>
    DestinationFailed,
}
