using System.Collections.Immutable;

namespace Gateway.Configuration.Model;

/// <summary>Which path a destination is asked for instead of the client's.</summary>
internal sealed record RewriteConfig
{
    /// <summary>Taken off the beginning of the path, segment by segment, where it stands there. Default: null, nothing.</summary>
    public string? StripPrefix { get; init; }

    /// <summary>Put before the path, after <see cref="StripPrefix"/> was taken off. Default: null, nothing.</summary>
    public string? Prefix { get; init; }

    /// <summary>In place of the whole path, with values of the route as the client wrote them. Default: null, the client's path.</summary>
    public string? Path { get; init; }
}

/// <summary>What is changed in the headers of a message.</summary>
internal sealed record HeaderChangesConfig
{
    /// <summary>In place of what was there.</summary>
    public ImmutableArray<HeaderLineConfig> Set { get; init; } = [];

    /// <summary>Beside what was there.</summary>
    public ImmutableArray<HeaderLineConfig> Add { get; init; } = [];

    /// <summary>Names that are taken out.</summary>
    public ImmutableArray<string> Remove { get; init; } = [];
}

/// <summary>One header; its value may hold <c>{host}</c>, <c>{path}</c>, <c>{client}</c> and values of the route.</summary>
internal sealed record HeaderLineConfig(string Name, string Value);
