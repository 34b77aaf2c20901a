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
