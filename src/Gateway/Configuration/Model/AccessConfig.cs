using Gateway.Observability.Logging;

namespace Gateway.Configuration.Model;

/// <summary>Users' requests in the log.</summary>
internal sealed record AccessConfig
{
    /// <summary>Which, beside those with a 5xx, a fallback or a retry. Default: sampled.</summary>
    public AccessLevel Log { get; init; } = AccessLevel.Sampled;

    /// <summary>The look of a line, for text alone; null: the usual one.</summary>
    public string? Pattern { get; init; }
}
