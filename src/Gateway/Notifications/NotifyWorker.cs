using System.Globalization;
using System.Threading.Channels;
using Gateway.Configuration.Model;
using Gateway.Observability.History;
using Gateway.Observability.Metrics;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace Gateway.Notifications;

/// <summary>
/// One receiver with its queue and its worker, so that a dead one holds up no other. Each notification gets five attempts with growing,
/// scattered pauses, each within the configured time; what came of it is in the journal.
/// </summary>
internal sealed partial class NotifyWorker : IAsyncDisposable
{
    /// <summary>Notifications that may wait.</summary>
    public const int MaxWaiting = 100;

    /// <summary>Most notifications within a minute; a cluster that flaps must not flood a chat.</summary>
    public const int MaxAMinute = 30;

    /// <summary>The first included.</summary>
    public const int MaxAttempts = 5;

    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(2);

    private readonly Channel<Notification> _waiting = Channel.CreateBounded<Notification>(new BoundedChannelOptions(MaxWaiting)
    {
        SingleReader = true
    });
    private readonly CancellationTokenSource _stopping = new();
    private readonly NotifyConfig _config;
    private readonly string _receiver;
    private readonly NotifyLease _lease;
    private readonly INotifyDelivery _delivery;
    private readonly Instruments _instruments;
    private readonly Journal _journal;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ResiliencePipeline _pipeline;
    private readonly Task _worker;
    private int _pending;
    private long _minute;
    private int _inMinute;

    public NotifyWorker(
        NotifyConfig config,
        string receiver,
        NotifyLease lease,
        INotifyDelivery delivery,
        Instruments instruments,
        Journal journal,
        TimeProvider time,
        ILogger<NotifyWorker> logger)
    {
        _config = config;
        _receiver = receiver;
        _lease = lease;
        _delivery = delivery;
        _instruments = instruments;
        _journal = journal;
        _time = time;
        _logger = logger;
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<DeliveryException>(static e => e.MayRepeat).Handle<TimeoutRejectedException>(),
                MaxRetryAttempts = MaxAttempts - 1,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromMilliseconds(500),
                MaxDelay = TimeSpan.FromSeconds(30),
            })
            .AddTimeout(config.Timeout)
            .Build();
        _worker = Task.Run(() => RunAsync(_stopping.Token));
    }

    /// <summary>Notifications that are queued or under way.</summary>
    public int Waiting => Volatile.Read(ref _pending);

    /// <summary>Queues a notification that this receiver wants; takes microseconds.</summary>
    public void Publish(Notification notification)
    {
        if (!_config.Events.Contains(notification.Event))
        {
            return;
        }

        Interlocked.Increment(ref _pending);
        if (!_waiting.Writer.TryWrite(notification))
        {
            Interlocked.Decrement(ref _pending);
            _instruments.Notified(NotifyResult.Dropped);
            LogQueueFull(_delivery.Name, notification.EventName);
        }
    }

    /// <summary>Delivers what waits, for two seconds at most.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_waiting.Writer.TryComplete())
        {
            return;
        }

        _stopping.CancelAfter(StopWithin);
        await _worker.ConfigureAwait(false);
        _stopping.Dispose();
        _delivery.Dispose();
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            await foreach (var notification in _waiting.Reader.ReadAllAsync(stopping).ConfigureAwait(false))
            {
                await HandleAsync(notification, stopping).ConfigureAwait(false);
                Interlocked.Decrement(ref _pending);
            }
        }
        catch (OperationCanceledException)
        {
            // The gateway stops, or the receiver left the configuration.
        }
    }

    private async Task HandleAsync(Notification notification, CancellationToken stopping)
    {
        if (!await IsOursAsync(notification, stopping).ConfigureAwait(false))
        {
            return;
        }

        if (MayTell())
        {
            await DeliverAsOneAsync(notification, stopping).ConfigureAwait(false);
            return;
        }

        _instruments.Notified(NotifyResult.Dropped);
        LogTooMany(_delivery.Name, notification.EventName, MaxAMinute);
        await _lease.EndAsync(_receiver, notification, delivered: true, stopping).ConfigureAwait(false);
    }

    // While another gateway sends it, this one waits: should that one fail or die, it is sent from here.
    private async Task<bool> IsOursAsync(Notification notification, CancellationToken stopping)
    {
        while (true)
        {
            var state = await _lease.TakeAsync(_receiver, notification, stopping).ConfigureAwait(false);
            if (state != LeaseState.Others)
            {
                return state == LeaseState.Ours;
            }

            await Task.Delay(AskAgainAfter, _time, stopping).ConfigureAwait(false);
        }
    }

    private async Task DeliverAsOneAsync(Notification notification, CancellationToken stopping)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var keeping = _lease.KeepAsync(_receiver, notification, over.Token);
        var delivered = false;
        try
        {
            delivered = await DeliverAsync(notification, stopping).ConfigureAwait(false);
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            await keeping.ConfigureAwait(false);
            await _lease.EndAsync(_receiver, notification, delivered, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<bool> DeliverAsync(Notification notification, CancellationToken stopping)
    {
        var attempts = 0;
        try
        {
            await _pipeline.ExecuteAsync(
                async token =>
                {
                    attempts++;
                    await _delivery.DeliverAsync(notification, token).ConfigureAwait(false);
                },
                stopping).ConfigureAwait(false);
            _instruments.Notified(NotifyResult.Sent);
            Publish(notification, attempts == 1
                ? $"{_delivery.Name} was told of {notification.EventName}."
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{_delivery.Name} was told of {notification.EventName} at attempt {attempts}."));
            return true;
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            // Whatever it was: the next notification must get its turn.
            var why = e switch
            {
                DeliveryException => e.Message,
                TimeoutRejectedException => string.Create(
                    CultureInfo.InvariantCulture,
                    $"it took longer than {_config.Timeout.TotalSeconds:0.###} s"),
                _ => e.GetType().Name + ": " + e.Message,
            };
            _instruments.Notified(NotifyResult.Failed);
            LogFailed(_delivery.Name, notification.EventName, attempts, why);
            Publish(
                notification,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{_delivery.Name} could not be told of {notification.EventName}, {attempts} attempts: {why}."));
            return false;
        }
    }

    private void Publish(Notification notification, string text) =>
        _journal.Append(new JournalEntry(_time.GetUtcNow(), "notify", text)
        {
            Cluster = notification.Cluster,
            Reason = notification.EventName
        });

    private bool MayTell()
    {
        var minute = _time.GetTimestamp() / (_time.TimestampFrequency * 60);
        if (minute != _minute)
        {
            _minute = minute;
            _inMinute = 0;
        }

        return ++_inMinute <= MaxAMinute;
    }

    [LoggerMessage(8301, LogLevel.Error, "The {Receiver} could not be told of {Event} ({Attempts} attempts): {Why}. Look at the receiver; "
        + "users are not touched.")]
    private partial void LogFailed(string receiver, string @event, int attempts, string why);

    [LoggerMessage(8302, LogLevel.Warning, "The {Receiver} is not told of {Event}: too many notifications wait for it.")]
    private partial void LogQueueFull(string receiver, string @event);

    [LoggerMessage(8303, LogLevel.Warning, "The {Receiver} is not told of {Event}: it was told {Limit} times within this minute.")]
    private partial void LogTooMany(string receiver, string @event, int limit);
}
