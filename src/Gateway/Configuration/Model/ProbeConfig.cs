namespace Gateway.Configuration.Model;

/// <summary>Active probes of every destination of every tier, idle or not.</summary>
internal sealed record ProbeConfig
{
    /// <summary>Default: <c>/health</c>.</summary>
    public string Path { get; init; } = "/health";

    /// <summary>From start to start, with +-10 % jitter. Default: 1 s.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Between the first result that contradicts the health status and the next health status. Default: a quarter of
    /// <see cref="Interval"/>.
    /// </summary>
    public TimeSpan FastInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>For connect, head and body together; shorter than <see cref="Interval"/>. Default: 800 ms.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMilliseconds(800);

    /// <summary>Failures in a row that make it down. Default: 2.</summary>
    public int Fall { get; init; } = 2;

    /// <summary>Successes in a row that make it up. Default: 3.</summary>
    public int Rise { get; init; } = 3;

    /// <summary>Lowest status that is a success. Default: 200.</summary>
    public int ExpectStatusFrom { get; init; } = 200;

    /// <summary>Highest status that is a success. Default: 399.</summary>
    public int ExpectStatusTo { get; init; } = 399;

    /// <summary>Text that must appear in the first 64 KiB of the body. Default: none.</summary>
    public string? ExpectBody { get; init; }

    /// <summary>No expectation was chosen: what shows that the destination works is left to the probe.</summary>
    public bool ExpectsDefault => ExpectStatusFrom == 200 && ExpectStatusTo == 399 && string.IsNullOrEmpty(ExpectBody);
}
