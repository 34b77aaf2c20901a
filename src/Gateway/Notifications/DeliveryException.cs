namespace Gateway.Notifications;

/// <summary>A receiver did not take a notification.</summary>
internal sealed class DeliveryException : Exception
{
    public DeliveryException(string message, bool mayRepeat, Exception? inner = null)
        : base(message, inner) => MayRepeat = mayRepeat;

    /// <summary>Another attempt may go better.</summary>
    public bool MayRepeat { get; }
}
