namespace Gateway.Health.Kubernetes;

/// <summary>What the API server, or the way to it, does not give; the message says what to do.</summary>
internal sealed class KubernetesException : Exception
{
    public KubernetesException()
    {
    }

    public KubernetesException(string message)
        : base(message)
    {
    }

    public KubernetesException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>What was known is too old to be watched from: it has to be listed again (410).</summary>
    public bool IsGone { get; init; }
}
