namespace Gateway.Configuration.Model;

/// <summary>Where requests wait for a place while every tier that may take them is full.</summary>
internal sealed record QueueConfig
{
    /// <summary>Requests that may wait at once. Default: 100. Limits: 1 to 100,000.</summary>
    public int Max { get; init; } = 100;

    /// <summary>How long each may wait. Default: 200 ms. Limits: 1 ms to 1 min.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromMilliseconds(200);
}
