namespace Gateway.Configuration.Model;

/// <summary>Where logs, metrics and traces go.</summary>
internal sealed record TelemetryConfig
{
    /// <summary>OTLP collector. Default: none.</summary>
    public Uri? Otlp { get; init; }

    /// <summary>The log.</summary>
    public LogsConfig Logs { get; init; } = new();

    /// <summary>Which requests are in the log, and how.</summary>
    public AccessConfig Access { get; init; } = new();

    /// <summary>Splunk's HTTP Event Collector. Default: none.</summary>
    public SplunkConfig? Splunk { get; init; }
}

/// <summary>The log.</summary>
internal sealed record LogsConfig
{
    /// <summary>Default: text.</summary>
    public LogFormat Format { get; init; } = LogFormat.Text;

    /// <summary>Lowest level that is written. Default: information.</summary>
    public LogLevel Level { get; init; } = LogLevel.Information;

    /// <summary>A file beside the console, as an absolute path. Default: none.</summary>
    public string? File { get; init; }
}

/// <summary>The shape of a log line.</summary>
internal enum LogFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>One JSON object a line.</summary>
    Json,

    /// <summary>JSON with the field names of the Elastic Common Schema.</summary>
    Ecs,
}

/// <summary>Splunk's HTTP Event Collector.</summary>
internal sealed record SplunkConfig(Uri Url, string Token)
{
    /// <summary>Without the secret: a record that is printed must not give it away.</summary>
    public override string ToString() => $"SplunkConfig {{ Url = {Url} }}";
}
