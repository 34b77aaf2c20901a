namespace Gateway.Drills.Processes;

/// <summary>What a test bed consists of.</summary>
internal sealed record TestBedOptions
{
    /// <summary>Sample guides in the first tier. Default: 2, named p1, p2, …</summary>
    public int Primaries { get; init; } = 2;

    /// <summary>Sample guides in the second tier, named s1, s2, …; 0: there is no second tier. Default: 2.</summary>
    public int Standbys { get; init; } = 2;

    /// <summary>True: a TCP relay stands before each guide, for faults of the network. Default: false.</summary>
    public bool Relays { get; init; }

    /// <summary>True: the gateway has a redis-server of its own, named redis. Default: false.</summary>
    public bool Redis { get; init; }

    /// <summary>False: the guides start, the gateway does not yet. Default: true.</summary>
    public bool StartGateway { get; init; } = true;

    /// <summary>True: the gateway compiled ahead of time, as it is released, where <c>./gateway</c> has made it. Default: false.</summary>
    public bool Published { get; init; }

    /// <summary>
    /// Changes to the configuration, by path (see <see cref="GatewayYaml.Set"/>), in order; a null value removes
    /// the key. Example: <c>("clusters.ai-guide.failback.after", "1s")</c>.
    /// </summary>
    public IReadOnlyList<(string Path, string? Yaml)> Config { get; init; } = [];

    /// <summary>A core for the gateway to stay on. Default: null, any.</summary>
    public int? GatewayCpu { get; init; }

    /// <summary>A command that starts the gateway's, whose words are appended to it. Default: null, none.</summary>
    public IReadOnlyList<string>? GatewayBefore { get; init; }

    /// <summary>Environment variables of the gateway's process. Default: none beside our own.</summary>
    public IReadOnlyDictionary<string, string>? GatewayEnvironment { get; init; }
}
