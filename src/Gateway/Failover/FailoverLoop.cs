using System.Collections.Frozen;
using System.Net;
using System.Threading.Channels;
using Gateway.Configuration;
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

    // So many messages between two publications at most: a flood of evidence must not hold back the verdict that it leads to.
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
    private SelfSuspicion _suspicion;
    private TimeSpan _nextTick;
    private TimeSpan _nextViews;
    private TimeSpan _nextTiming;
    private TimeSpan _nextDecay = DecayEvery;
    private long _dropped;
    private ITimer? _timer;
    private Task _running = Task.CompletedTask;

    /// <summary>Builds the first snapshots at once, so that requests find every cluster; probing starts with <see cref="StartAsync"/>.</summary>
    /// <param name="config">The first configuration.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    /// <param name="subscribers">Told of every transition, on the loop: they must not wait. What one throws is logged and keeps nobody else from hearing.</param>
    /// <param name="probed">Told how long each probe took; must not wait.</param>
    public FailoverLoop(GatewayConfig config, TimeProvider time, ILogger<FailoverLoop> logger, IReadOnlyList<Action<Transition>> subscribers, Action<TimeSpan>? probed = null)
    {
        _probed = probed;
        _time = time;
        _logger = logger;
        _subscribers = subscribers;
        _origin = time.GetTimestamp();
        Apply(config, TimeSpan.Zero);
    }

    /// <summary>Completes once every destination had its first probe's result, or 5 s after the start.</summary>
    public Task FirstRound => _firstRound.Task;

    /// <summary>Evidence that was dropped because the loop was behind.</summary>
    public long DroppedEvidence => Volatile.Read(ref _dropped);

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

        // A trial whose outcome is lost must not be waited for.
        if (evidence.Trial)
        {
            evidence.Destination.ReturnTrial();
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
        }

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
        }
    }

    private void Tick(TimeSpan now)
    {
        Resolve(now);
        foreach (var cluster in _runtimes.Values)
        {
            foreach (var watch in cluster.Watches)
            {
                var before = watch.Monitor.State.Verdict;
                cluster.Dirty |= watch.Monitor.OnTick(cluster.Exhausted, now);
                Tell(watch.Monitor, before);
                PublishBackoff(watch.Monitor, now);
                Probe(watch, now);
            }

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

    private void SuspectOurselves(TimeSpan now)
    {
        var doubted = _suspicion.Doubts(now);
        _suspicion = _suspicion.OnTick(_nextTick, now);
        if (!doubted && _suspicion.Doubts(now))
        {
            Starved(SelfSuspicion.Grace.TotalSeconds);
        }
    }

    private void Probe(DestinationWatch watch, TimeSpan now)
    {
        // A probe has its own deadline; one that ignores it is given up, so that the next can start.
        if (watch.Probing && now - watch.StartedAt > (watch.Monitor.Config.Probe.Timeout * 2) + TimeSpan.FromSeconds(2))
        {
            OnProbe(new ProbeMessage(watch, watch.Round, new ProbeResult(ProbeOutcome.TimedOut, now - watch.StartedAt)), now);
        }

        if (!watch.Probing && now >= watch.NextAt)
        {
            watch.Start(now, ReportProbeAsync);
        }
    }

    private async ValueTask ReportProbeAsync(DestinationWatch watch, int round, ProbeResult result)
    {
        try
        {
            await _messages.Writer.WriteAsync(new Message(new ProbeMessage(watch, round, result)), _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ChannelClosedException or OperationCanceledException)
        {
            // Stopping: nobody waits for this result.
        }
    }

    private void OnProbe(ProbeMessage message, TimeSpan now)
    {
        var watch = message.Watch;
        if (message.Round != watch.Round || !watch.Probing || !_watches.TryGetValue(watch.Destination, out var entry))
        {
            return;
        }

        var cluster = entry.Cluster;
        var monitor = watch.Monitor;
        watch.Ended();
        _probed?.Invoke(message.Result.Duration);
        ProbeEnded(monitor.Destination.Cluster, monitor.Destination.Name, message.Result.Words, message.Result.Duration.TotalMilliseconds);
        if (message.Result.OurFault && watch.Discarded < MostDiscardedProbes)
        {
            watch.Discarded++;
            watch.NextAt = now;
            return;
        }

        watch.Discarded = 0;
        var before = monitor.State.Verdict;
        cluster.Dirty |= monitor.OnProbe(message.Result, AroundOf(cluster, monitor, cluster.Config.Timeouts.FirstByte, now), now);
        Tell(monitor, before);
        var doubted = !message.Result.Passed && _suspicion.Doubts(now);
        var fast = cluster.Exhausted || doubted || DestinationHealth.WantsFastProbe(monitor.State);
        watch.NextAt = ProbeSchedule.Next(watch.StartedAt, now, fast, monitor.Config.Probe, (Random.Shared.NextDouble() * 2) - 1);
    }

    private void OnEvidence(in Evidence evidence, TimeSpan now)
    {
        if (!_watches.TryGetValue(evidence.Destination, out var entry))
        {
            return;
        }

        var monitor = entry.Watch.Monitor;
        var before = monitor.State.Verdict;
        entry.Cluster.Dirty |= monitor.OnEvidence(evidence, AroundOf(entry.Cluster, monitor, entry.Cluster.Cluster.TimingOf(evidence.Route).LateAfter, now), now);
        Tell(monitor, before);
        PublishBackoff(monitor, now);
        if (evidence.Kind is EvidenceKind.Connect or EvidenceKind.Reset or EvidenceKind.Timeout || monitor.Suspect)
        {
            entry.Watch.Hasten(now);
        }

        // The next piece of evidence in this batch must already meet the cluster that this one leaves.
        if (entry.Cluster.Dirty)
        {
            Evaluate(entry.Cluster, order: null, command: null, now);
        }
    }

    private Surroundings AroundOf(ClusterRuntime cluster, DestinationMonitor monitor, TimeSpan lateAfter, TimeSpan now) =>
        new(cluster.Exhausted, cluster.HasSpare(monitor), _suspicion.Doubts(now), lateAfter);

    // The machine's turn; then the snapshot, then the announcement.
    private void Evaluate(ClusterRuntime cluster, Order? order, Command? command, TimeSpan now)
    {
        Span<TierStanding> tiers = cluster.Tiers.Length <= 16 ? stackalloc TierStanding[cluster.Tiers.Length] : new TierStanding[cluster.Tiers.Length];
        for (var index = 0; index < tiers.Length; index++)
        {
            tiers[index] = TierJudge.StandingOf(cluster.Tiers[index].Monitors, cluster.Config.Failover);
        }

        var before = cluster.State;
        var (after, change) = FailoverMachine.Step(before, tiers, order, cluster.FirstRoundOver(now), cluster.Config, now);
        cluster.State = after;
        var seen = cluster.Dirty || after.Active != before.Active || after.RampFrom != before.RampFrom || after.RampFrom >= 0 || after.Held != before.Held;
        if (seen)
        {
            cluster.Dirty = false;
            cluster.Cluster.Snapshot = cluster.SnapshotNow(now);
        }

        if (change is { } real)
        {
            Announce(cluster, real, before, command, now);
        }
    }

    private void Announce(ClusterRuntime cluster, Change change, ClusterState before, Command? command, TimeSpan now)
    {
        string? NameOf(int tier) => tier >= 0 ? cluster.Tiers[tier].Config.Name : tier == ClusterState.Gone ? cluster.GoneTier : null;
        var transition = new Transition(
            cluster.Config.Name, NameOf(change.From), NameOf(change.To), change.Reason, TransitionText.Of(cluster, change, before, command, now), _time.GetUtcNow());
        cluster.LastTransition = transition;
        Log(transition);
        if (change.To < 0)
        {
            foreach (var watch in cluster.Watches)
            {
                watch.Hasten(now);
            }
        }

        foreach (var subscriber in _subscribers)
        {
            try
            {
                subscriber(transition);
            }
            catch (Exception e)
            {
                // One eye that fails must not blind the others, nor stop the loop.
                SubscriberFailed(e, transition.Cluster);
            }
        }

        _nextViews = now;
    }

    private CommandResult Carry(Command command, TimeSpan now)
    {
        if (!_runtimes.TryGetValue(command.Cluster, out var cluster))
        {
            return new CommandResult(Done: false, $"There is no cluster '{command.Cluster}'; there are: {string.Join(", ", _runtimes.Keys.Order(StringComparer.Ordinal))}.");
        }

        switch (command)
        {
            case HoldCommand hold:
                var tier = Array.FindIndex(cluster.Tiers, t => string.Equals(t.Config.Name, hold.Tier, StringComparison.Ordinal));
                if (tier < 0)
                {
                    return new CommandResult(Done: false, $"Cluster '{hold.Cluster}' has no tier '{hold.Tier}'; it has: {string.Join(", ", cluster.Tiers.Select(t => t.Config.Name))}.");
                }

                if (hold.For <= TimeSpan.Zero)
                {
                    return new CommandResult(Done: false, "A hold needs a duration above 0, such as 30m: it ends by itself.");
                }

                Evaluate(cluster, new Order(new Hold(tier, now + hold.For, hold.Reason)), hold, now);
                return new CommandResult(Done: true, cluster.State.Active == tier
                    ? $"Tier '{hold.Tier}' of cluster '{hold.Cluster}' is held for {hold.For}."
                    : $"Tier '{hold.Tier}' of cluster '{hold.Cluster}' cannot serve now; it is held for {hold.For} and takes over once it can.");
            case ReleaseCommand:
                Evaluate(cluster, new Order(Hold: null), command, now);
                return new CommandResult(Done: true, cluster.State.Active < 0
                    ? $"Cluster '{command.Cluster}' is released; no tier can serve now."
                    : $"Cluster '{command.Cluster}' is released; tier '{cluster.Tiers[cluster.State.Active].Config.Name}' serves.");
            case DrainCommand drain:
                return CarryOn(cluster, drain.Destination, draining: true, now);
            case ReadyCommand ready:
                return CarryOn(cluster, ready.Destination, draining: false, now);
            default:
                return new CommandResult(Done: false, $"The failover loop knows no command '{command.GetType().Name}'.");
        }
    }

    private CommandResult CarryOn(ClusterRuntime cluster, string name, bool draining, TimeSpan now)
    {
        var watch = cluster.Watches.FirstOrDefault(w => string.Equals(w.Destination.Name, name, StringComparison.Ordinal));
        if (watch is null)
        {
            return new CommandResult(Done: false, $"Cluster '{cluster.Config.Name}' has no destination '{name}'; it has: {string.Join(", ", cluster.Watches.Select(w => w.Destination.Name))}.");
        }

        if (draining)
        {
            watch.Monitor.Draining = true;
        }
        else
        {
            watch.Monitor.OnReady(now);
            PublishBackoff(watch.Monitor, now);
        }

        cluster.Dirty = true;
        Evaluate(cluster, order: null, command: null, now);
        return new CommandResult(Done: true, draining
            ? $"Destination '{name}' gets no new requests; {watch.Destination.InFlight} are still under way."
            : $"Destination '{name}' takes requests again as soon as its health allows it.");
    }

    private void Apply(GatewayConfig config, TimeSpan now)
    {
        // 1. The names that must be resolved; addresses already known stay.
        var hosts = config.Clusters.SelectMany(c => c.Tiers).SelectMany(t => t.Destinations).Where(d => d.Resolve).Select(d => d.Url.DnsSafeHost).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var gone in _names.Keys.Where(n => !hosts.Contains(n)).ToArray())
        {
            _names.Remove(gone);
        }

        foreach (var host in hosts)
        {
            _names.TryAdd(host, new ResolvedName());
        }

        // 2. Clusters that are new, changed or the same; what they no longer need is retired.
        foreach (var cluster in config.Clusters)
        {
            if (_runtimes.TryGetValue(cluster.Name, out var runtime))
            {
                Retire(runtime.Rebuild(cluster, AddressesOf, _time, now));
            }
            else
            {
                _runtimes[cluster.Name] = new ClusterRuntime(cluster, AddressesOf, _time, now);
            }
        }

        // 3. Clusters that left.
        foreach (var gone in _runtimes.Values.Where(r => !config.Clusters.Any(c => string.Equals(c.Name, r.Config.Name, StringComparison.Ordinal))).ToArray())
        {
            _runtimes.Remove(gone.Config.Name);
            Retire([.. gone.Watches]);
        }

        // 4. Published.
        IndexWatches();
        var routes = config.Routes.Select(r => r.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var runtime in _runtimes.Values)
        {
            runtime.Cluster.Retain(routes);
            Evaluate(runtime, order: null, command: null, now);
        }

        Volatile.Write(ref _clusters, _runtimes.Values.ToFrozenDictionary(r => r.Config.Name, r => r.Cluster, StringComparer.Ordinal));
    }

    private void IndexWatches()
    {
        _watches.Clear();
        foreach (var cluster in _runtimes.Values)
        {
            foreach (var watch in cluster.Watches)
            {
                _watches[watch.Destination] = (cluster, watch);
            }
        }
    }

    private void Retire(IReadOnlyList<DestinationWatch> watches)
    {
        foreach (var watch in watches)
        {
            _retiring.Add(watch.RetireAsync());
        }
    }

    private IReadOnlyList<IPAddress> AddressesOf(string host) => _names.TryGetValue(host, out var name) ? name.Addresses : [];

    private void Resolve(TimeSpan now)
    {
        foreach (var (host, name) in _names)
        {
            if (!name.Running && now >= name.NextAt)
            {
                name.Running = true;
                name.NextAt = now + NameResolver.Interval;
                _retiring.Add(ResolveAsync(host));
            }
        }
    }

    private async Task ResolveAsync(string host)
    {
        try
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            var addresses = await NameResolver.ResolveAsync(host, _time, _stopping.Token).ConfigureAwait(false);
            await _messages.Writer.WriteAsync(new Message(new NameMessage(host, addresses)), _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ChannelClosedException or OperationCanceledException)
        {
            // Stopping: nobody waits for these addresses.
        }
    }

    private void OnResolved(NameMessage message, TimeSpan now)
    {
        if (!_names.TryGetValue(message.Host, out var name))
        {
            return;
        }

        name.Running = false;
        if (message.Addresses.Count == 0)
        {
            if (!name.Failing)
            {
                NameFailed(message.Host, name.Addresses.Count);
            }

            name.Failing = true;
            return;
        }

        name.Failing = false;
        if (message.Addresses.SequenceEqual(name.Addresses))
        {
            return;
        }

        name.Addresses = message.Addresses;
        NameChanged(message.Host, message.Addresses.Count);
        foreach (var cluster in _runtimes.Values)
        {
            if (cluster.Config.Tiers.Any(t => t.Destinations.Any(d => d.Resolve && string.Equals(d.Url.DnsSafeHost, message.Host, StringComparison.OrdinalIgnoreCase))))
            {
                Retire(cluster.Rebuild(cluster.Config, AddressesOf, _time, now));
            }
        }

        IndexWatches();
    }

    private void Measure(TimeSpan now)
    {
        foreach (var cluster in _runtimes.Values)
        {
            foreach (var timing in cluster.Cluster.Timings)
            {
                timing.Measure(cluster.Config.Timeouts, now);
                if (now >= _nextDecay)
                {
                    timing.Decay();
                }
            }
        }

        if (now >= _nextDecay)
        {
            _nextDecay = now + DecayEvery;
        }
    }

    private void PublishViews(TimeSpan now)
    {
        var utc = _time.GetUtcNow();
        IReadOnlyList<ClusterView> views = [.. _runtimes.Values.Select(c => ViewBuilder.Of(c, now, utc))];
        Volatile.Write(ref _views, views);
    }

    private void PublishBackoff(DestinationMonitor monitor, TimeSpan now) =>
        monitor.Destination.BackoffUntil = monitor.BackedOff ? _time.GetTimestamp() + (long)((monitor.BackoffUntil - now).TotalSeconds * _time.TimestampFrequency) : 0;

    private void Tell(DestinationMonitor monitor, Verdict before)
    {
        var verdict = monitor.State.Verdict;
        if (verdict == before)
        {
            return;
        }

        var destination = monitor.Destination;
        if (verdict is Verdict.Down or Verdict.Ejected)
        {
            Condemned(destination.Cluster, destination.Tier, destination.Name, before, verdict, monitor.Why);
        }
        else
        {
            Improved(destination.Cluster, destination.Tier, destination.Name, before, verdict, monitor.Why);
        }
    }

    private void Log(Transition transition)
    {
        if (transition.To is null)
        {
            Exhausted(transition.Cluster, transition.From, transition.Evidence);
        }
        else if (transition.Reason is TransitionReason.Failover or TransitionReason.Relapse)
        {
            Degraded(transition.Cluster, transition.From, transition.To, transition.Reason, transition.Evidence);
        }
        else
        {
            Switched(transition.Cluster, transition.From, transition.To, transition.Reason, transition.Evidence);
        }
    }

    /// <summary>A name that stands for addresses.</summary>
    private sealed class ResolvedName
    {
        public IReadOnlyList<IPAddress> Addresses { get; set; } = [];

        public TimeSpan NextAt { get; set; }

        public bool Running { get; set; }

        public bool Failing { get; set; }
    }

    private readonly record struct Message(object? Payload, Evidence Evidence = default);

    private sealed record ProbeMessage(DestinationWatch Watch, int Round, ProbeResult Result);

    private sealed record NameMessage(string Host, IReadOnlyList<IPAddress> Addresses);

    // Who waits for an answer gets one, even if it is the fault.
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

    [LoggerMessage(4003, LogLevel.Error, "Cluster '{Cluster}' has no tier left that can serve; the last one was '{From}': {Evidence}. Its routes answer from their ladders until a destination returns.")]
    private partial void Exhausted(string cluster, string? from, string evidence);

    [LoggerMessage(4004, LogLevel.Warning, "Destination '{Destination}' of tier '{Tier}' in cluster '{Cluster}' went from {Before} to {Verdict}: {Why}.")]
    private partial void Condemned(string cluster, string tier, string destination, Verdict before, Verdict verdict, string why);

    [LoggerMessage(4005, LogLevel.Information, "Destination '{Destination}' of tier '{Tier}' in cluster '{Cluster}' went from {Before} to {Verdict}: {Why}.")]
    private partial void Improved(string cluster, string tier, string destination, Verdict before, Verdict verdict, string why);

    [LoggerMessage(4006, LogLevel.Debug, "The probe of destination '{Destination}' in cluster '{Cluster}' {Outcome} after {Milliseconds} ms.")]
    private partial void ProbeEnded(string cluster, string destination, string outcome, double milliseconds);

    [LoggerMessage(4007, LogLevel.Warning, "This process is short of CPU: its timers run late. For {Seconds} s timeouts condemn no destination.")]
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
