using Gateway.Observability.Metrics;

namespace Gateway.Observability;

/// <summary>An attempt as the access log sees it.</summary>
internal interface IAttemptRecord
{
    /// <summary>The destination's name.</summary>
    string DestinationName { get; }

    /// <summary>The tier's name.</summary>
    string TierName { get; }

    /// <summary>Why it was made: <c>first</c>, <c>repeat</c>, <c>hedge</c>.</summary>
    string PurposeName { get; }

    /// <summary>It was made after a failure.</summary>
    bool IsRetry { get; }

    /// <summary>How it ended; null: the request ended first.</summary>
    AttemptResult? Ended { get; }

    /// <summary>The status of its response; 0: there was none.</summary>
    int Status { get; }

    /// <summary>From its begin to the response, or to its failure.</summary>
    TimeSpan Took { get; }

    /// <summary>The attempt of the same request that began before it; null: it was the first.</summary>
    IAttemptRecord? Before { get; set; }
}
