using System.Collections.Concurrent;
using Gateway.Admin.Endpoints;
using Gateway.Admin.Status;
using Gateway.Configuration;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Failover.Recording;
using Gateway.Fallback;
using Gateway.Health.Kubernetes;
using Gateway.Hosting.Canaries;
using Gateway.Hosting.WarmUp;
using Gateway.Notifications;
using Gateway.Observability.History;
using Gateway.Observability.Metrics;
using Gateway.Redis;
using Gateway.Server;

namespace Gateway.Hosting;

/// <summary>
/// The whole gateway in one object: it builds the rooms from left to right, starts them, and stops them: the public listeners first, then
/// what decides and exchanges, the admin endpoint last.
/// </summary>
internal sealed partial class GatewayHost : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly GatewayLog _log;
    private readonly ILogger _logger;
    private readonly Instruments _instruments;
    private readonly ConfigSource _config;
    private readonly Records _records;
    private readonly OtlpPush? _otlp;
    private readonly RedisConnection? _redis;
    private readonly Notifier _notifier;
    private readonly Announcements _announcements;
    private readonly FailoverLoop _loop;
    private readonly DecisionRecording _recording;
    private readonly SignalSources _signals;
    private readonly StoredResponses _stored;
    private readonly FallbackFiles _files;
    private readonly CertificateWatch _certificates;
    private readonly FileDescriptorBudget _descriptors;
    private readonly RequestPipeline _pipeline;
    private readonly PublicListeners _listeners;
    private readonly FleetMembership? _fleet;
    private readonly OperatorActions _actions;
    private readonly Automation _automation;
    private readonly GatewayReadiness _readiness;
    private readonly Watchdog _watchdog;
    private readonly ConnectionGuard _adminGuard;
    private readonly AdminServer _admin;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentBag<Task> _owned = [];
    private StateLock? _stateLock;

    public GatewayHost(
        ConfigResult loaded, string path, Func<string, string?> environment, TimeProvider time,
        SocketActivation? inherited = null, TimeSpan? longestPause = null)
    {
        var config = loaded.Config ?? throw new ArgumentException("The configuration has problems.", nameof(loaded));
        inherited ??= SocketActivation.None;
        if (inherited.WithoutPort(config.Listen) is { } unused)
        {
            throw new IOException(unused);
        }

        _time = time;
        _log = new GatewayLog(config.Telemetry, time);
        _logger = _log.For<GatewayHost>();
        _instruments = new Instruments(_log.For<Instruments>());
        _config = new ConfigSource(loaded, path, environment, time, _log);
        _records = new Records(config.State, LedgerOf(), time, _log.For<Records>());
        _otlp = config.Telemetry.Otlp is { } collector ? new OtlpPush(collector, GatewayBuild.Version, OtlpPush.DefaultInterval) : null;
        _redis = config.Redis is { } redis ? new RedisConnection(redis, time, _log.For<RedisConnection>()) : null;
        _notifier = new Notifier(_instruments, _records.Journal, time, _log.Factory, new NotifyLease(_redis, time));
        _announcements = new Announcements(
            _instruments, _records.Journal, _notifier, time, _redis is not null, c => _fleet?.OthersServe(c) is true,
            () => _fleet?.SinceIsolation);
        _loop = new FailoverLoop(config, time, _log.For<FailoverLoop>(), [_announcements.Announce], _instruments.ProbeEnded)
        { HealthChanged = _announcements.Announce, Kubernetes = new(() => ClusterFinder.Find(environment), time) };
        _recording = new DecisionRecording(config.State, _loop, time, _log.For<RecordingWriter>());
        _signals = new SignalSources(_config.Store, _loop, _redis, time, _log);
        _stored = new StoredResponses(_config.Store, _loop, _redis, _config.TrustedProxies, _instruments, time, _log);
        _files = new FallbackFiles(config.StaticFallback, time, _log.For<FallbackFiles>());
        var fallback = new FallbackChain(_files, _stored.RespondAsync, Random.Shared.NextDouble, _log.For<FallbackChain>());
        _certificates = new CertificateWatch(_config.Store, _loop, time, _log);
        _descriptors = FileDescriptorBudget.OfThisProcess(time);
        _pipeline = new RequestPipeline(
            _loop, _stored, fallback, _instruments, _log.Access, _config.TrustedProxies, _descriptors.Destinations, time);
        _listeners = new PublicListeners(
            config, _pipeline, _certificates, inherited, _descriptors, _instruments.Connections, _config.TrustedProxies,
            longestPause, time, _log);
        _fleet = _redis is null ? null : new FleetMembership(
            _redis, _loop, _pipeline, _stored, _announcements, () => AdminAddress, () => _automation!.Votes, _config, time, _log);
        _actions = new OperatorActions(_loop, _stored, _fleet, _announcements, config.State, time, _log);
        _automation = new Automation(_config.Store, _loop, _actions, _fleet, _redis, _records, _instruments, _notifier, time, _log);
        _readiness = new GatewayReadiness(_loop, _listeners.Draining, () => _fleet?.Isolation, _log.For<GatewayReadiness>());
        _watchdog = new Watchdog(_records.Journal, time, _log.For<Watchdog>());
        _adminGuard = new ConnectionGuard(config.Limits.HeadersTimeout, longestPause, time);
        _admin = AdminOf(config);
        Connect();
    }

    /// <summary>
    /// How long readiness may wait for the gateway's own requests (<see cref="GatewayConfig.WarmUp"/>). Default: zero, none are made.
    /// </summary>
    public TimeSpan WarmUpWithin { get; init; }

    /// <summary>How long requests in flight may take when it stops; event streams end after two thirds of it. Default 30 s.</summary>
    public TimeSpan StopWithin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The users' addresses, once started.</summary>
    public IReadOnlyCollection<string> Addresses => _listeners.Addresses;

    /// <summary>The operators' address, once started.</summary>
    public Uri AdminAddress => _admin.Address;

    /// <summary>Completes once it is ready for the first time; is cancelled when it stops before that.</summary>
    public Task Ready => _readiness.Became;

    /// <summary>Starts everything; when it returns, public listeners accept.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _stateLock = await _config.TakeStateAsync(_time, cancellationToken).ConfigureAwait(false);
        _redis?.Start();
        _stored.Start();
        await _notifier.UseAsync(_config.Current.Notify).ConfigureAwait(false);
        await _files.StartAsync(cancellationToken).ConfigureAwait(false);
        _recording.Start();
        var resuming = _actions.ResumeAsync(cancellationToken);
        await _loop.StartAsync(cancellationToken).ConfigureAwait(false);
        _records.Start();
        _announcements.Started(GatewayBuild.Version, _config.Store.Revision);
        await resuming.ConfigureAwait(false);
        await _actions.RestoreAsync(cancellationToken).ConfigureAwait(false);
        await _admin.StartAsync(cancellationToken).ConfigureAwait(false);
        _fleet?.Start();
        await _stored.ReadAheadAsync(cancellationToken).ConfigureAwait(false);
        await _listeners.StartAsync(cancellationToken).ConfigureAwait(false);
        Own("config", "The loop that watches the configuration file", _config.RunAsync(_stopping.Token));
        _automation.Start(_watchdog);
        Own("notifications", "The loop that tells of health", _announcements.RunAsync(_stopping.Token));
        Own("saved-state", "The loop that saves what a restart must not forget", _actions.SaveAsync(_stopping.Token));
        Own("signals", "The loop that reads signals", _signals.RunAsync(_stopping.Token));
        Own("certificates", "The loop that watches the certificates", _certificates.RunAsync(_stopping.Token));
        Own("acme", "The loop that orders certificates", _certificates.OrderAsync(_stopping.Token));
        Own("files", "The loop that watches the prepared files", _files.ExecuteTask ?? Task.CompletedTask);
        Array.ForEach([_watchdog.RunAsync(_stopping.Token), _readiness.BecomeAsync(WarmUpRun(), _stopping.Token)], _owned.Add);
    }

    /// <summary>Reads the configuration again; what comes of it is told by the log, <c>/status</c> and the metric.</summary>
    public void RequestReload() => _owned.Add(_config.ReloadAsync(_stopping.Token));

    /// <summary>Changes the lowest level that is logged, until the configuration changes.</summary>
    public void SetLogLevel(LogLevel level) => _log.Setup.SetLevel(level);

    /// <summary>Opens the log's file again, as after it was moved away.</summary>
    public void ReopenLog() => _log.Reopen();

    /// <summary>
    /// Before <see cref="StopAsync"/>: not ready at once, yet everything is still served for <c>drain</c>, each response ending its
    /// connection, so that a balancer in front turns away in time. Then the ports close, and what was accepted by then still gets its
    /// response.
    /// </summary>
    /// <param name="hurry">Ends the waiting.</param>
    public Task DrainAsync(CancellationToken hurry) => _listeners.DrainAsync(_config.Current.Drain, hurry);

    /// <summary>
    /// Not ready at once; requests in flight finish, event streams get two thirds of the time and then end visibly; nothing outlives
    /// <see cref="StopWithin"/>.
    /// </summary>
    /// <param name="hurry">Cuts what is still in flight.</param>
    public async Task StopAsync(CancellationToken hurry = default)
    {
        _listeners.Draining.Begin();
        LogStopping();
        _announcements.Stopping();

        // First what acts on destinations, so that no drain of it outlives it.
        await _automation.StopAsync().ConfigureAwait(false);
        await _listeners.StopAsync(StopWithin, hurry).ConfigureAwait(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
        _readiness.Cancel();
        await (_fleet?.StopAsync() ?? Task.CompletedTask).ConfigureAwait(false);
        await _loop.StopAsync(CancellationToken.None).ConfigureAwait(false);
        await _files.StopAsync(CancellationToken.None).ConfigureAwait(false);
        await Task.WhenAll(_owned).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // The admin endpoint is the last to go: until now it could be asked what holds things up.
        await _admin.StopAsync(CancellationToken.None).ConfigureAwait(false);
        LogStopped();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _admin.DisposeAsync().ConfigureAwait(false);
        _adminGuard.Dispose();
        await _listeners.DisposeAsync().ConfigureAwait(false);
        await _automation.DisposeAsync().ConfigureAwait(false);
        await _loop.DisposeAsync().ConfigureAwait(false);
        await _recording.DisposeAsync().ConfigureAwait(false);
        await _stored.DisposeAsync().ConfigureAwait(false);
        await (_redis?.DisposeAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);
        _files.Dispose();

        // Their last results go to the journal, the last lines to Splunk: in this order.
        await _notifier.DisposeAsync().ConfigureAwait(false);
        _otlp?.Dispose();
        _records.Dispose();
        _stateLock?.Dispose();
        _instruments.Dispose();
        _stopping.Dispose();
        _pipeline.Dispose();
        await _log.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>What the rooms ask of each other once all of them exist.</summary>
    private void Connect()
    {
        _instruments.ReadStateFrom(Readings());
        _loop.Forecasts.Connect(_records.Forecasts, _announcements.Announce);
        _pipeline.Mirrors.Changed = _announcements.Announce;
        _watchdog.Register("failover", () => _stopping.IsCancellationRequested ? null : Watchdog.Standstill(_loop.SinceTurn));
        _watchdog.Register("probes", () => _stopping.IsCancellationRequested ? null : Watchdog.StoppedProbes(_loop.Views, _config.Current));
        _watchdog.Register("kubernetes", () => _loop.Kubernetes.Alarm);
        _watchdog.Register("sockets", () => _descriptors.Alarm(_loop.SinceWithoutSocket));
        _watchdog.Register("records", () => _records.Alarm ?? Watchdog.RecordsStandstill(_records.SinceTurn));
        _watchdog.Register("recording", () => _recording.Alarm);
        _watchdog.Register("last-good", () => _stored.Store.Alarm);
        _watchdog.Register("redis", () => _redis?.Alarm);
        _watchdog.Register(() => _fleet?.Alarms ?? []);
        _watchdog.Register("orders", () => _actions.Alarm);
        _watchdog.Register("log", () => _log.Alarm);
        _watchdog.Register("config-history", () => _config.History.Alarm);
        _watchdog.Register(() => _certificates.ClusterAlarms.Concat(_certificates.PortAlarms));
        var activation = new ConfigActivation(_loop, _files, _pipeline.Endpoints, _admin, _notifier, _instruments, _log);
        _config.Connect(activation, _records, _announcements, new ConfigCanary(
            _config.Store, _config.Watcher, _instruments, _fleet?.Lease, () => _fleet?.View, _announcements, _records.Journal, _log));
    }

    private AdminServer AdminOf(GatewayConfig config) => new(
        config.Admin, Sources(), _time,
        new FilteringLoggerFactory(_log.Factory), _adminGuard.Around, ConnectionGuard.Before,
        _certificates.Admin is { } files ? () => files.Context : null, _certificates.Operators);

    private Ledger LedgerOf() => new(
        () => _instruments.Routes, _config.ClusterOf,
        () => StatusProjections.Serving(_loop.Views),
        () => StatusProjections.TierResponses(_loop.Views, _instruments));

    private StateReadings Readings() => StatusProjections.State(() => _loop.Views, () => _config.Store.State, _records, _time) with
    {
        LastGood = () => _stored.Reading,
        Coverage = _stored.Coverage,
        Alarms = _watchdog.Alarms,
        LogDrops = () => [.. _log.Drops, new("recording", _recording.Dropped)],
        RedisUp = () => _redis?.IsUp,
        LimitsShared = () => _fleet?.AreLimitsShared,
        Build = static () => new BuildReading(GatewayBuild.Version, GatewayBuild.Revision),
        Certificates = _certificates.Readings,
        Mirrors = () => _pipeline.Mirrors.Reading,
        Proofs = () => _automation.Proofs,
    };

    private AdminSources Sources() => _automation.Complete(_config.Complete(new()
    {
        Config = () => _config.Store.State,
        Reload = _config.Watcher.ReloadAsync,
        Clusters = () => _loop.Views,
        Command = _actions.CommandAsync,
        Readiness = _readiness.Now,
        Instruments = _instruments,
        Records = _records,
        Recorded = _recording.Seconds,
        LastGood = _stored.ByRoute,
        LastGoodEntries = _stored.Store.List,
        Purge = _actions.Purge,
        Fleet = () => _fleet?.View,
        Alarms = _watchdog.Alarms,
        Alerts = _signals.Alerts.Take,
        Lines = _signals.Lines,
        Mirrors = () => _pipeline.Mirrors.Status,
    }));

    private void Own(string part, string what, Task task)
    {
        _owned.Add(task);
        _watchdog.Follow(part, what, task, _stopping.Token);
    }

    private WarmUpRun? WarmUpRun() => WarmUpWithin <= TimeSpan.Zero ? null : new WarmUpRun(
        WarmUpOptions.For(_config.Current, WarmUpWithin, _certificates.Listeners.Values.FirstOrDefault()),
        _time, _log.For<WarmUpRun>());

    [LoggerMessage(10102, LogLevel.Information, "Stopping: not ready any more; requests in flight have 30 s to finish.")]
    private partial void LogStopping();

    [LoggerMessage(10103, LogLevel.Information, "Stopped.")]
    private partial void LogStopped();
}
