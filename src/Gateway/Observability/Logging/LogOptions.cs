namespace Gateway.Observability.Logging;

/// <summary>What the log looks like and where it goes.</summary>
internal sealed record LogOptions
{
    /// <summary>Default: text.</summary>
    public LogShape Shape { get; init; } = LogShape.Text;

    /// <summary>Lowest level that is written. Default: information.</summary>
    public LogLevel Level { get; init; } = LogLevel.Information;

    /// <summary>A file beside the console; a new one is begun at 100 MiB and the newest 7 are kept. Default: none.</summary>
    public string? File { get; init; }

    /// <summary>Lines that may wait for a slow console or disk; further ones are dropped and counted. Default: 10,000.</summary>
    public int Buffer { get; init; } = 10_000;

    /// <summary>Splunk's HTTP Event Collector. Default: none.</summary>
    public SplunkOptions? Splunk { get; init; }
}

/// <summary>Splunk's HTTP Event Collector.</summary>
internal sealed record SplunkOptions(Uri Url, string Token)
{
    /// <summary>Without the secret: a record that is printed must not give it away.</summary>
    public override string ToString() => $"SplunkOptions {{ Url = {Url} }}";
}

/// <summary>The shape of a log line.</summary>
internal enum LogShape
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>One JSON object a line.</summary>
    Json,

    /// <summary>JSON with the field names of the Elastic Common Schema.</summary>
    Ecs,
}
