namespace Gateway.Configuration.Reload;

/// <summary>What is to be put in force, and who asks for it.</summary>
internal sealed record ReloadRequest
{
    /// <summary>The file, as any change of it is judged.</summary>
    public static readonly ReloadRequest OfFile = new();

    /// <summary>An operator knows what it may cost: nothing waits for a confirmation.</summary>
    public bool IsConfirmed { get; init; }

    /// <summary>An earlier revision in place of the file; null: the file.</summary>
    public long? RollbackTo { get; init; }

    /// <summary>Only while this revision is in force: what took its place meanwhile stays. Null: whatever is.</summary>
    public long? OnlyFrom { get; init; }

    /// <summary>Who, as far as it is known; null: a file changed, or a signal came.</summary>
    public string? Who { get; init; }

    /// <summary>Why; null: not said.</summary>
    public string? Reason { get; init; }
}
