namespace Gateway.Notifications;

/// <summary>One way to tell somebody: a call to a server or the start of a program.</summary>
internal interface INotifyDelivery : IDisposable
{
    /// <summary>The receiver, for the journal; without anything that may be a secret.</summary>
    string Name { get; }

    /// <summary>Tells once; the token is the attempt's deadline.</summary>
    /// <exception cref="DeliveryException">It was not taken.</exception>
    Task DeliverAsync(Notification notification, CancellationToken cancellationToken);
}

/// <summary>A receiver did not take a notification.</summary>
internal sealed class DeliveryException : Exception
{
    public DeliveryException(string message, bool mayRepeat, Exception? inner = null)
        : base(message, inner) => MayRepeat = mayRepeat;

    /// <summary>Another attempt may go better.</summary>
    public bool MayRepeat { get; }
}
