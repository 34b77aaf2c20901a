using System.Collections.Immutable;
using System.Net;
using Gateway.Configuration.Model;
using Gateway.Consensus;
using Gateway.Failover.Recording;
using Gateway.Failover.Resuming;
using Gateway.Health.Kubernetes;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.Health.Signals;

namespace Gateway.Failover;

/// <summary>
/// The one writer of everything that is held true of clusters. Probe results, traffic's evidence, commands and configurations come in by
/// one bounded channel; snapshots go out by one volatile write; each transition is announced once, after the snapshot that shows it.
/// </summary>
internal sealed partial class FailoverLoop : IHostedService, IAsyncDisposable
{
    // So many messages between two publications at most: a flood of evidence must not hold back the health status that it leads to.
    private const int Batch = 256;

    private readonly TimeProvider _time;
    private readonly ILogger<FailoverLoop> _logger;
    private readonly DecisionSteps _steps;
    private readonly ClusterTable _clusters;
    private readonly HealthKeeper _keeper;
    private readonly HealthAnnouncer _health;
    private readonly ClusterViews _views;
    private readonly NameLookup _lookup;
    private readonly long _origin;
    private readonly FailoverInbox _inbox = new();
    private readonly TaskCompletionSource _firstRound = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private readonly GatewayConfig _born;
    private readonly TimeSpan _bornAt;
    private TimeSpan _tickedAt;
    private TimeSpan _nextTick;
    private long _turnedAt;
    private ITimer? _timer;
    private Task _running = Task.CompletedTask;

    /// <summary>Builds the first snapshots at once, so that requests find every cluster; <see cref="StartAsync"/> probes.</summary>
    /// <param name="config">The first configuration.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    /// <param name="subscribers">Told of every transition, on the loop: they must not wait. An exception is logged and does not affect
    /// other subscribers.</param>
    /// <param name="probed">Told how long each probe took; must not wait.</param>
    public FailoverLoop(
        GatewayConfig config,
        TimeProvider time,
        ILogger<FailoverLoop> logger,
        IReadOnlyList<Action<Transition>> subscribers,
        Action<TimeSpan>? probed = null)
    {
        _time = time;
        _logger = logger;
        _steps = new DecisionSteps(
            subscribers,
            (watch, round, result) => _inbox.ReportProbeAsync(watch, round, result, _stopping.Token),
            probed,
            time,
            logger);
        _clusters = _steps.Clusters;
        _keeper = _steps.Keeper;
        _health = new HealthAnnouncer(time, logger);
        Forecasts = new ForecastKeeper(_clusters, time, logger);
        _views = new ClusterViews(_clusters, time);
        _lookup = new NameLookup(_inbox, time, _stopping.Token);

        // From a full second on, so that its rests end with those of other parts.
        _origin = time.GetTimestamp() / time.TimestampFrequency * time.TimestampFrequency;
        _turnedAt = _origin;
        (_born, _bornAt) = (config, Now);
        _clusters.Apply(config, _bornAt);
    }

    /// <summary>What is forecast. Set it up before the start.</summary>
    internal ForecastKeeper Forecasts { get; }

    /// <summary>Told of every change of health, on the loop: it must not wait.</summary>
    internal Action<HealthChange>? HealthChanged { init => _health.Told = value; }

    /// <summary>Turns names into addresses; empty: the name does not resolve now.</summary>
    internal Func<string, TimeProvider, CancellationToken, Task<IReadOnlyList<IPAddress>>> Resolver { init => _lookup.Resolver = value; }

    /// <summary>Turns services into endpoints.</summary>
    internal Func<string, TimeProvider, CancellationToken, Task<ResolvedName>> Services { init => _lookup.Services = value; }

    /// <summary>Follows Services of Kubernetes.</summary>
    internal KubernetesServices Kubernetes { get => _lookup.Kubernetes; init => _lookup.Kubernetes = value; }

    /// <summary>Completes once every destination had its first probe's result, or 5 s after the start.</summary>
    public Task FirstRound => _firstRound.Task;

    /// <summary>Evidence that was dropped because the loop was behind.</summary>
    public long DroppedEvidence => _inbox.Dropped;

    /// <summary>How long ago the loop last turned: a quarter of a second at most, unless it is stuck or the process is starved.</summary>
    public TimeSpan SinceTurn => _time.GetElapsedTime(Volatile.Read(ref _turnedAt));

    /// <summary>How long ago a probe could not be sent because the process had no socket for it; null: never.</summary>
    public TimeSpan? SinceWithoutSocket => _keeper.SinceWithoutSocket;

    /// <summary>What people see, at most half a second old.</summary>
    public IReadOnlyList<ClusterView> Views => _views.All;

    /// <summary>What a restart must not forget of clusters, as old; null: the first round of probes is not over.</summary>
    public IReadOnlyList<SavedCluster>? Saved => _views.Saved;

    /// <summary>The cluster at run time; null: there is none of that name.</summary>
    public Cluster? Find(string cluster) => _clusters.Published(cluster);

    /// <summary>This gateway's votes; a cluster is in it once its first round of probes is over.</summary>
    public IReadOnlyList<ClusterVote> Opinions => _steps.Votes.All;

    /// <summary>Told, on the loop, when a vote changed; must not wait. Set it before the start.</summary>
    public void WhenOpinionChanges(Action told) => _steps.Votes.Changed = told;

    /// <summary>Where all goes that decisions rest on, so that they can be replayed. Set it before the start.</summary>
    internal void RecordTo(RecordingQueue recording)
    {
        var recorder = new DecisionRecorder(_clusters, _steps.Names, recording, _born, _bornAt, _time);
        _steps.Record(recorder);
        Forecasts.Recorded = recorder.OnSecond;
    }

    /// <summary>
    /// What the fleet decided, by cluster; a cluster that is not in it is decided alone. It counts for
    /// <see cref="FleetGuidance.ValidFor"/>. Never waits: what does not fit comes again with the next exchange.
    /// </summary>
    public void Guide(ImmutableDictionary<string, FleetGuidance> guidance) => _inbox.Guide(guidance);

    /// <summary>Takes what an attempt showed. Never waits; false: dropped and counted.</summary>
    public bool Report(in Evidence evidence) => _inbox.Report(evidence);

    /// <summary>Takes what a signal says of a destination. Never waits.</summary>
    public void Report(SignalReading reading) => _inbox.Report(reading);

    /// <summary>Puts a changed configuration into force; completes once it is published. What did not change keeps its state.</summary>
    public Task ApplyAsync(GatewayConfig config, CancellationToken cancellationToken) => _inbox.ApplyAsync(config, cancellationToken);

    /// <summary>Carries out what an operator asked for; completes once requests see it.</summary>
    public Task<CommandResult> CommandAsync(Command command, CancellationToken cancellationToken) =>
        _inbox.CommandAsync(command, cancellationToken);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = _time.CreateTimer(
            static state => ((FailoverInbox)state!).Wake(), _inbox, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _inbox.Wake();
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

        _inbox.Close();
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _clusters.RetireAll();
        await _steps.Pending.WhenAll().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None).ConfigureAwait(false);
        _lookup.Dispose();
        _stopping.Dispose();
    }

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    private async Task RunAsync()
    {
        _nextTick = Now;
        while (await _inbox.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            _steps.BeginTurn(_nextTick, Now);
            for (var count = 0; count < Batch && _inbox.Reader.TryRead(out var message); count++)
            {
                try
                {
                    Handle(message, Now);
                }
                catch (Exception e)
                {
                    // The loop must outlive any fault in one message: without it nothing would ever fail over again.
                    MessageFailed(e, message.Payload?.GetType().Name ?? nameof(Evidence));
                    (message.Payload as IAwaitedMessage)?.Fail(e);
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

            PlanTick();
            Volatile.Write(ref _turnedAt, _time.GetTimestamp());
        }
    }

    // Messages come when they come; the timer is for what only time changes.
    private void PlanTick()
    {
        _nextTick = TickPlan.Next(_tickedAt, _clusters.DueAt);
        _timer!.Change(TickPlan.Wait(_nextTick, Now), Timeout.InfiniteTimeSpan);
    }

    // What one batch of messages comes to: ticks, decisions, publications.
    private void Decide(TimeSpan now)
    {
        if (now >= _nextTick)
        {
            Tick(now);

            // Planned from the end: the time that our own work takes is not lateness.
            _tickedAt = Now;
        }

        _steps.Decide(now);
        foreach (var cluster in _clusters.All)
        {
            _health.Announce(cluster);
        }

        _steps.Votes.Publish(now);
        if (_steps.Decider.TakeAnnounced() || _views.AreDue(now))
        {
            _views.Publish(now);
        }
    }

    private void Handle(in FailoverMessage message, TimeSpan now)
    {
        switch (message.Payload)
        {
            case null:
                _steps.OnEvidence(message.Evidence, now);
                break;
            case ProbeMessage probe:
                _steps.OnProbe(probe.Watch, probe.Round, probe.Result, now);
                break;
            case CommandMessage command:
                var result = _steps.OnCommand(command.Command, now);
                _views.Publish(now);
                command.Done.TrySetResult(result);
                break;
            case ApplyMessage apply:
                _steps.Apply(apply.Config, now);
                _views.Publish(now);
                apply.Done.TrySetResult();
                break;
            case NameMessage name:
                _steps.OnName(name.Name, name.Resolved, now);
                break;
            case SignalMessage signal:
                _steps.OnSignal(signal.Reading, now);
                break;
            case GuideMessage guide:
                _steps.OnGuided(guide.Guidance, now);
                break;
        }
    }

    private void Tick(TimeSpan now)
    {
        _steps.Names.ResolveDue((name, unused) => _steps.Pending.Add(_lookup.ResolveAsync(name, unused)), now);
        _steps.Tick(now);
        _keeper.Measure(now);
        Forecasts.OnTick(_keeper.DoubtsOurselves(now), now);
        _steps.Recorder?.OnTick();
        if (!_firstRound.Task.IsCompleted && _clusters.All.All(c => c.FirstRoundOver(now)))
        {
            _views.Publish(now);
            _firstRound.TrySetResult();
        }

        _steps.Pending.Sweep();
    }

    [LoggerMessage(4010, LogLevel.Error, "The failover loop could not handle '{Message}' and goes on; this is a defect of the gateway, "
        + "please report it.")]
    private partial void MessageFailed(Exception exception, string message);
}
