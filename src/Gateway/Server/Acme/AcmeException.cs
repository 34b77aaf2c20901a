namespace Gateway.Server.Acme;

/// <summary>An order failed; the message says why, for people.</summary>
internal sealed class AcmeException : Exception
{
    public AcmeException(string message, TimeSpan? retryAfter = null)
        : base(message) => RetryAfter = retryAfter;

    public AcmeException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>How long the authority asks to wait; null: it does not say.</summary>
    public TimeSpan? RetryAfter { get; }
}
