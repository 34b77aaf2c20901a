namespace Gateway.Configuration.Model;

/// <summary>Where last-good responses are kept beside memory. A closed set.</summary>
internal enum LastGoodPlace
{
    /// <summary>The Redis that several gateways share.</summary>
    Redis,

    /// <summary>A file in the state folder, of this gateway alone.</summary>
    Disk,
}
