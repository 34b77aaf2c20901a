namespace Gateway.Cli.Migration;

/// <summary>Changes of the headers of one direction.</summary>
internal sealed class DraftHeaders
{
    /// <summary>In place of what was there.</summary>
    public Dictionary<string, string> Set { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Beside what was there.</summary>
    public Dictionary<string, string> Add { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Taken out.</summary>
    public SortedSet<string> Remove { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The value of the key; null: nothing changes.</summary>
    public string? ToYaml()
    {
        var parts = new List<KeyValuePair<string, string>>();
        if (Set.Count > 0)
        {
            parts.Add(new("set", Flow.Map(Set)));
        }

        var added = Add.Where(line => !Set.ContainsKey(line.Key)).ToList();
        if (added.Count > 0)
        {
            parts.Add(new("add", Flow.Map(added)));
        }

        var removed = Remove.Where(name => !Set.ContainsKey(name)).ToList();
        if (removed.Count > 0)
        {
            parts.Add(new("remove", Flow.List(removed)));
        }

        return parts.Count == 0 ? null : Flow.Raw(parts);
    }
}
