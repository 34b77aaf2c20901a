namespace Gateway.Cli.Migration;

/// <summary>A part of the file that can be left out when the gateway would refuse it: a listener, a cluster, a route.</summary>
internal abstract class DraftItem(string name, SourcePlace at)
{
    /// <summary>Unique among its kind.</summary>
    public string Name { get; } = name;

    /// <summary>What it was made of.</summary>
    public SourcePlace At { get; } = at;

    /// <summary>Lines above it.</summary>
    public List<string> Comments { get; } = [];

    /// <summary>Why it stands there as a comment only; null: it is in force.</summary>
    public string? Refused { get; set; }

    /// <summary>Its keys, each with its value as YAML; a value of several lines begins with a line break.</summary>
    public abstract IEnumerable<(string Key, string Value)> Keys();
}
