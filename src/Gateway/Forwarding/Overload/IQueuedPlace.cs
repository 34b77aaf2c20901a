namespace Gateway.Forwarding.Overload;

/// <summary>What a request in an <see cref="AdmissionQueue"/> waits for.</summary>
internal interface IQueuedPlace : IDisposable
{
    /// <summary>
    /// Takes a place, if there is one; it is held until <see cref="IDisposable.Dispose"/>. Called by other requests, one at a time, so that
    /// it must not read this one's context.
    /// </summary>
    bool TryTake();

    /// <summary>None will come.</summary>
    bool IsPointless();
}
