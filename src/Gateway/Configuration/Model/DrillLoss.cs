namespace Gateway.Configuration.Model;

/// <summary>What a scheduled drill takes away.</summary>
internal enum DrillLoss
{
    /// <summary>The first tier: the next one is held, and serves.</summary>
    Tier,

    /// <summary>One destination of the first tier: it is drained. Each run takes another one.</summary>
    Destination,
}
