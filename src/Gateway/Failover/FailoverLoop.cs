using System.Collections.Frozen;
using System.Net;
using System.Threading.Channels;
using Gateway.Configuration.Model;
using Gateway.Health;

namespace Gateway.Failover;

/// <summary>
/// The one writer of everything that is held true of clusters. Probe results, traffic's evidence, commands and configurations come in by one
/// bounded channel; snapshots go out by one volatile write; each transition is announced once, after the snapshot that shows it.
/// </summary>
internal sealed partial class FailoverLoop : IHostedService, IAsyncDisposable
{
    /// <summary>From one tick to the next; no decision by time is later than this.</summary>
    public static readonly TimeSpan TickEvery = TimeSpan.FromMilliseconds(50);

    private const int QueueLength = 8192;

    // So many messages between two publications at most: a flood of evidence must not hold back the health status that it leads to.
    private const int Batch = 256;
    private const int MostDiscardedProbes = 3;
    private static readonly TimeSpan ViewsEvery = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan TimingEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DecayEvery = TimeSpan.FromSeconds(10);
    private static readonly object Wake = new();

    private readonly TimeProvider _time;
    private readonly ILogger<FailoverLoop> _logger;
    private readonly IReadOnlyList<Action<Transition>> _subscribers;
    private readonly Action<TimeSpan>? _probed;
    private readonly HealthAnnouncer _health;
    private readonly long _origin;
    private readonly Channel<Message> _messages = Channel.CreateBounded<Message>(new BoundedChannelOptions(QueueLength) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private readonly TaskCompletionSource _firstRound = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<string, ClusterRuntime> _runtimes = new(StringComparer.Ordinal);
    private readonly Dictionary<Destination, (ClusterRuntime Cluster, DestinationWatch Watch)> _watches = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, ResolvedName> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Task> _retiring = [];
    private FrozenDictionary<string, Cluster> _clusters = FrozenDictionary<string, Cluster>.Empty;
    private IReadOnlyList<ClusterView> _views = [];
    private LocalHealthGuard _suspicion;
    private long _withoutSocketAt = long.MinValue;
    private TimeSpan _nextTick;
    private TimeSpan _nextViews;
    private TimeSpan _nextTiming;
    private TimeSpan _nextDecay = DecayEvery;
    private long _dropped;
    private long _turnedAt;
    private ITimer? _timer;
    private Task _running = Task.CompletedTask;

    /// <summary>Builds the first snapshots at once, so that requests find every cluster; probing starts with <see cref="StartAsync"/>.</summary>
    /// <param name="config">The first configuration.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    /// <param name="subscribers">Told of every transition, on the loop: they must not wait. An exception is logged and does not affect other subscribers.</param>
    /// <param name="probed">Told how long each probe took; must not wait.</param>
    public FailoverLoop(GatewayConfig config, TimeProvider time, ILogger<FailoverLoop> logger, IReadOnlyList<Action<Transition>> subscribers, Action<TimeSpan>? probed = null)
    {
        _probed = probed;
        _health = new HealthAnnouncer(time, logger);
        _time = time;
        _logger = logger;
        _subscribers = subscribers;
        _origin = time.GetTimestamp();
        _turnedAt = _origin;
        Apply(config, TimeSpan.Zero);
    }

    /// <summary>Told of every change of health, on the loop: it must not wait.</summary>
    internal Action<HealthChange>? HealthChanged
    {
        init => _health.Told = value;
    }

    /// <summary>Turns names into addresses; empty: the name does not resolve now.</summary>
    internal Func<string, TimeProvider, CancellationToken, Task<IReadOnlyList<System.Net.IPAddress>>> Resolver { get; init; } = NameResolver.ResolveAsync;

    /// <summary>Completes once every destination had its first probe's result, or 5 s after the start.</summary>
    public Task FirstRound => _firstRound.Task;

    /// <summary>Evidence that was dropped because the loop was behind.</summary>
    public long DroppedEvidence => Volatile.Read(ref _dropped);

    /// <summary>How long ago the loop last turned; it does every 50 ms. Longer: it is stuck, or the process is starved.</summary>
    public TimeSpan SinceTurn => _time.GetElapsedTime(Volatile.Read(ref _turnedAt));

    /// <summary>How long ago a probe could not be sent because the process had no socket for it; null: never.</summary>
    public TimeSpan? SinceWithoutSocket => Volatile.Read(ref _withoutSocketAt) is > long.MinValue and var at ? _time.GetElapsedTime(at) : null;

    /// <summary>For eyes, at most 200 ms old.</summary>
    public IReadOnlyList<ClusterView> Views => Volatile.Read(ref _views);

    /// <summary>The cluster at run time; null: there is none of that name.</summary>
    public Cluster? Find(string cluster) => Volatile.Read(ref _clusters).GetValueOrDefault(cluster);

    /// <summary>Tells what an attempt showed. Never waits; false: dropped and counted.</summary>
    public bool Report(in Evidence evidence)
    {
        if (_messages.Writer.TryWrite(new Message(null, evidence)))
        {
            return true;
        }

        // A half-open probe whose outcome is lost must not be waited for.
        if (evidence.HalfOpen)
        {
            evidence.Destination.ReturnHalfOpenPermit();
        }

        Interlocked.Increment(ref _dropped);
        return false;
    }

    /// <summary>Puts a changed configuration into force; completes once it is published. What did not change keeps its state.</summary>
    public async Task ApplyAsync(GatewayConfig config, CancellationToken cancellationToken)
    {
        var message = new ApplyMessage(config);
        await _messages.Writer.WriteAsync(new Message(message), cancellationToken).ConfigureAwait(false);
        await message.Done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Carries out what an operator asked for; completes once requests see it.</summary>
    public async Task<CommandResult> CommandAsync(Command command, CancellationToken cancellationToken)
    {
        var message = new CommandMessage(command);
        try
        {
            await _messages.Writer.WriteAsync(new Message(message), cancellationToken).ConfigureAwait(false);
            return await message.Done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            return new CommandResult(Done: false, "The gateway is stopping and takes no commands.");
        }
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = _time.CreateTimer(static state => ((Channel<Message>)state!).Writer.TryWrite(new Message(Wake)), _messages, TickEvery, TickEvery);
        _messages.Writer.TryWrite(new Message(Wake));
        Volatile.Write(ref _turnedAt, _time.GetTimestamp());
        _running = Task.Run(RunAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_timer is { } timer)
        {
            await timer.DisposeAsync().ConfigureAwait(false);
        }

        _messages.Writer.TryComplete();
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        foreach (var (_, watch) in _watches.Values)
        {
            _retiring.Add(watch.RetireAsync());
        }

        _watches.Clear();
        await Task.WhenAll(_retiring).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None).ConfigureAwait(false);
        _stopping.Dispose();
    }

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    private async Task RunAsync()
    {
        _nextTick = Now;
        while (await _messages.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            // Before anything is judged: evidence that waited for a loop that was late itself is not to be believed.
            SuspectOurselves(Now);
            for (var count = 0; count < Batch && _messages.Reader.TryRead(out var message); count++)
            {
                try
                {
                    Handle(message, Now);
                }
                catch (Exception e)
                {
                    // The loop must outlive any fault in one message: without it nothing would ever fail over again.
                    MessageFailed(e, message.Payload?.GetType().Name ?? nameof(Evidence));
                    (message.Payload as IAnswerable)?.Fail(e);
                }
            }

            try
            {
                Decide(Now);
            }
            catch (Exception e)
            {
                MessageFailed(e, nameof(Decide));
            }

            Volatile.Write(ref _turnedAt, _time.GetTimestamp());
        }
    }

    // What one batch of messages comes to: ticks, decisions, publications.
    private void Decide(TimeSpan now)
    {
        if (now >= _nextTick)
        {
            Tick(now);

            // Planned from the end: the time that our own work takes is not lateness.
            _nextTick = Now + TickEvery;
        }

        foreach (var cluster in _runtimes.Values)
        {
            if (cluster.Dirty)
            {
                Evaluate(cluster, order: null, command: null, now);
            }

            _health.Announce(cluster);
        }

        PublishOpinions(now);
        if (now >= _nextViews)
        {
            _nextViews = now + ViewsEvery;
            PublishViews(now);
        }
    }

    private void Handle(in Message message, TimeSpan now)
    {
        switch (message.Payload)
        {
            case null:
                OnEvidence(message.Evidence, now);
                break;
            case ProbeMessage probe:
                OnProbe(probe, now);
                break;
            case CommandMessage command:
                var result = Carry(command.Command, now);
                PublishViews(now);
                command.Done.TrySetResult(result);
                break;
            case ApplyMessage apply:
                Apply(apply.Config, now);
                PublishViews(now);
                apply.Done.TrySetResult();
                break;
            case NameMessage name:
                OnResolved(name, now);
                break;
            case GuideMessage guide:
                OnGuided(guide, now);
                break;
        }
    }

    private void Tick(TimeSpan now)
    {
        Resolve(now);
        foreach (var cluster in _runtimes.Values)
        {
            foreach (var watch in cluster.Watches)
            {
                var before = watch.Monitor.State.HealthStatus;
                cluster.Dirty |= watch.Monitor.OnTick(cluster.Exhausted, now);
                Announce(cluster, watch.Monitor, before);
                Probe(watch, now);
            }

            Reconsider(cluster, now);
            Evaluate(cluster, order: null, command: null, now);
        }

        if (now >= _nextTiming)
        {
            _nextTiming = now + TimingEvery;
            Measure(now);
        }

        if (!_firstRound.Task.IsCompleted && _runtimes.Values.All(c => c.FirstRoundOver(now)))
        {
            PublishViews(now);
            _firstRound.TrySetResult();
        }

        _retiring.RemoveAll(static t => t.IsCompletedSuccessfully);
    }

    private readonly record struct Message(object? Payload, Evidence Evidence = default);

    private sealed record ProbeMessage(DestinationWatch Watch, int Round, ProbeResult Result);

    private sealed record NameMessage(string Host, IReadOnlyList<IPAddress> Addresses);

    // Who waits for a response gets one, even if it is the fault.
    private interface IAnswerable
    {
        void Fail(Exception fault);
    }

    private sealed record CommandMessage(Command Command) : IAnswerable
    {
        public void Fail(Exception fault) => Done.TrySetException(fault);

        public TaskCompletionSource<CommandResult> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed record ApplyMessage(GatewayConfig Config) : IAnswerable
    {
        public void Fail(Exception fault) => Done.TrySetException(fault);

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    [LoggerMessage(4001, LogLevel.Information, "Cluster '{Cluster}': tier '{To}' serves instead of '{From}' ({Reason}): {Evidence}.")]
    private partial void Switched(string cluster, string? from, string? to, TransitionReason reason, string evidence);

    [LoggerMessage(4002, LogLevel.Warning, "Cluster '{Cluster}': tier '{To}' serves instead of '{From}' ({Reason}): {Evidence}.")]
    private partial void Degraded(string cluster, string? from, string? to, TransitionReason reason, string evidence);

    [LoggerMessage(4003, LogLevel.Error, "Cluster '{Cluster}' has no tier left that can serve; the last one was '{From}': {Evidence}. Its routes answer from their fallback chains until a destination returns.")]
    private partial void Exhausted(string cluster, string? from, string evidence);

    [LoggerMessage(4004, LogLevel.Warning, "Destination '{Destination}' of tier '{Tier}' in cluster '{Cluster}' went from {Before} to {Verdict}: {Why}.")]
    private partial void Condemned(string cluster, string tier, string destination, HealthStatus before, HealthStatus verdict, string why);

    [LoggerMessage(4005, LogLevel.Information, "Destination '{Destination}' of tier '{Tier}' in cluster '{Cluster}' went from {Before} to {Verdict}: {Why}.")]
    private partial void Improved(string cluster, string tier, string destination, HealthStatus before, HealthStatus verdict, string why);

    [LoggerMessage(4006, LogLevel.Debug, "The probe of destination '{Destination}' in cluster '{Cluster}' {Outcome} after {Milliseconds} ms.")]
    private partial void ProbeEnded(string cluster, string destination, string outcome, double milliseconds);

    [LoggerMessage(4007, LogLevel.Warning, "This process is short of CPU: its timers run late. For {Seconds} s timeouts eject no destination.")]
    private partial void Starved(double seconds);

    [LoggerMessage(4008, LogLevel.Warning, "The name '{Host}' does not resolve; the {Known} addresses known of it stay in use.")]
    private partial void NameFailed(string host, int known);

    [LoggerMessage(4009, LogLevel.Information, "The name '{Host}' now stands for {Count} addresses.")]
    private partial void NameChanged(string host, int count);

    [LoggerMessage(4010, LogLevel.Error, "The failover loop could not handle '{Message}' and goes on; this is a defect of the gateway, please report it.")]
    private partial void MessageFailed(Exception exception, string message);

    [LoggerMessage(4011, LogLevel.Error, "A listener failed on a transition of cluster '{Cluster}'; the others were told.")]
    private partial void SubscriberFailed(Exception exception, string cluster);
}
