namespace Gateway.Observability.Metrics;

/// <summary>How a request's wait for a place ended.</summary>
internal enum QueueResult
{
    /// <summary>It got one.</summary>
    Admitted,

    /// <summary>Not within <c>queue.wait</c>.</summary>
    TimedOut,

    /// <summary><c>queue.max</c> requests wait already.</summary>
    Full,

    /// <summary>Its client disconnected.</summary>
    ClientLeft,

    /// <summary>No tier serves any more, or the gateway that stops has ended its streams.</summary>
    Drained,
}
