using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Reflection;
using Gateway.Admin;
using Gateway.Configuration;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reload;
using Gateway.Failover;
using Gateway.Fallback;
using Gateway.Fleet;
using Gateway.Forwarding;
using Gateway.Hosting.WarmUp;
using Gateway.LastGood;
using Gateway.Notifications;
using Gateway.Observability;
using Gateway.Redis;
using Gateway.Server;

namespace Gateway.Hosting;

/// <summary>
/// The whole gateway in one object: it builds the rooms from left to right, starts them, carries a changed configuration to them, and
/// stops them: the public listeners first, then what decides and exchanges, the admin endpoint last.
/// </summary>
internal sealed partial class GatewayHost : IAsyncDisposable
{
    private static readonly TimeSpan ReadAheadWithin = TimeSpan.FromSeconds(2);
    private const long MostBytesOnDisk = 1024L * 1024 * 1024;
    private static readonly string Version = typeof(GatewayHost).Assembly.GetName().Version?.ToString(3) ?? "0";

    private static readonly string Revision = RevisionOf(typeof(GatewayHost).Assembly);

    private readonly TimeProvider _time;
    private readonly FileDescriptorBudget _descriptors;
    private readonly LogSetup _log;
    private readonly AccessLog _access;
    private readonly ILogger _logger;
    private readonly Instruments _instruments;
    private readonly FailoverLoop _loop;
    private readonly RedisConnection? _redis;
    private readonly FleetLoop? _fleet;
    private readonly SharedLimits? _sharedLimits;
    private readonly FallbackFiles _files;
    private readonly LastGoodStore _lastGood;
    private readonly WebApplication _users;
    private readonly Dictionary<ListenConfig, ListenerCertificates> _certificates = new(ReferenceEqualityComparer.Instance);
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _endStreams = new();
    private readonly CancellationTokenSource _endTunnels = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly System.Collections.Concurrent.ConcurrentBag<Task> _owned = [];
    private readonly Records _records;
    private readonly AdminServer _admin;
    private readonly ConnectionGuard _adminGuard;
    private readonly Notifier _notifier;
    private readonly OtlpPush? _otlp;
    private readonly Watchdog _watchdog;
    private readonly ConnectionDraining _leaving = new();
    private GatewayEndpoints? _endpoints;
    private StateLock? _stateLock;
    private GatewayConfig? _revised;
    private string _revision = "";
    private Readiness _readiness = new(Ready: false, "The first round of probes is not over.");

    public GatewayHost(ConfigResult loaded, string path, Func<string, string?> environment, TimeProvider time, SocketActivation? inherited = null, TimeSpan? longestPause = null)
    {
        var config = loaded.Config ?? throw new ArgumentException("The configuration has problems.", nameof(loaded));
        inherited ??= SocketActivation.None;
        if (inherited.WithoutPort(config.Listen) is { } unused)
        {
            throw new IOException(unused);
        }

        _time = time;
        _log = new LogSetup(OptionsOf(config.Telemetry));
        _logger = _log.Factory.CreateLogger<GatewayHost>();
        _instruments = new Instruments(_log.Factory.CreateLogger<Instruments>());
        Store = new ConfigStore(loaded, time, _log.Factory.CreateLogger<ConfigStore>());
        Watcher = new ConfigWatcher(path, Store, environment, time, _log.Factory.CreateLogger<ConfigWatcher>());
        _loop = new FailoverLoop(config, time, _log.Factory.CreateLogger<FailoverLoop>(), [Announce], _instruments.ProbeEnded) { HealthChanged = Announce };
        var ledger = new Ledger(() => _instruments.Routes, ClusterOf, () => StatusProjections.Serving(_loop.Views), () => StatusProjections.Answers(_loop.Views, _instruments));
        _records = new Records(config.State, ledger, time, _log.Factory.CreateLogger<Records>());
        _files = new FallbackFiles(config.StaticFallback, time, _log.Factory.CreateLogger<FallbackFiles>());
        if (config.Redis is { } redis)
        {
            _redis = new RedisConnection(redis, time, _log.Factory.CreateLogger<RedisConnection>());
            _fleet = new FleetLoop(_redis, _loop, Self(), time, _log.Factory.CreateLogger<FleetLoop>());
            _sharedLimits = new SharedLimits(_redis, () => _endpoints?.SharedLimits ?? [], time, _log.Factory.CreateLogger<SharedLimits>());
            _loop.WhenOpinionChanges(_fleet.Wake);
        }

        var backing = BackingOf(config);
        _lastGood = new LastGoodStore(new LastGoodOptions { TrustedProxies = Trusted }, time, _log.Factory.CreateLogger<LastGoodStore>(), backing, _instruments);
        _notifier = new Notifier(_instruments, _records.Journal, time, _log.Factory, new NotifyLease(_redis, time));
        _otlp = config.Telemetry.Otlp is { } collector ? new OtlpPush(collector, Version, OtlpPush.DefaultInterval) : null;
        _watchdog = new Watchdog(_records.Journal, time, _log.Factory.CreateLogger<Watchdog>());
        _access = new AccessLog(_log, AccessOf(config.Telemetry.Access), time);
        var fallback = new FallbackChain(_files, FindLastGoodAsync, Random.Shared.NextDouble, _log.Factory.CreateLogger<FallbackChain>());
        _instruments.ReadStateFrom(StatusProjections.State(() => _loop.Views, () => Store.State, _records, time) with
        {
            LastGood = () => new LastGoodReading(_lastGood.Entries, _lastGood.Bytes),
            Coverage = () => [.. from route in Store.Current.Routes
                                 where route.LastGood is not null
                                 let coverage = _lastGood.CoverageOf(route.Name)
                                 select new RouteCoverage(route.Name, coverage.Requests, coverage.Answerable)],
            Alarms = _watchdog.Alarms,
            LogDrops = () => [new LogDropReading("output", _log.Dropped), new LogDropReading("splunk", _log.DroppedForSplunk ?? 0)],
            RedisUp = () => _redis?.IsUp,
            LimitsShared = () => _sharedLimits?.IsShared,
            Build = static () => new BuildReading(Version, Revision),
            Certificates = () => [.. from listener in _certificates
                                     from files in listener.Value.All
                                     select new CertificateReading(listener.Key.Url.ToString(), files.File, new DateTimeOffset(files.Context.TargetCertificate.NotAfter))],
        });
        foreach (var listen in config.Listen)
        {
            if (listen.Certificate is not null || !listen.Certificates.IsEmpty)
            {
                _certificates.Add(listen, new ListenerCertificates(listen, _log.Factory.CreateLogger<CertificateFiles>()));
            }
        }

        _descriptors = FileDescriptorBudget.OfThisProcess(time);
        if (_descriptors.Warning(config.Limits.Connections) is { } few)
        {
            LogFewDescriptors(few);
        }

        _users = ProxyServer.Build(config, _log, _certificates, inherited, Trusted, _instruments.Connections, _leaving, _descriptors.Users, time, new UnmatchedRequests(_instruments, _access, Trusted, time), longestPause, forwarder =>
        {
            var entry = new ProxyRequestHandler(new UpgradeForwarder(forwarder, _endTunnels.Token), fallback, _access, Trusted, _endStreams.Token);
            _endpoints = new GatewayEndpoints(_loop, _lastGood, _instruments, entry, _descriptors.Destinations, time);
            return _endpoints;
        });
        _endpoints!.Apply(config);
        _adminGuard = new ConnectionGuard(config.Limits.HeadersTimeout, longestPause, time);
        _admin = new AdminServer(config.Admin.Url, config.Admin.Token, Sources(), time, new FilteringLoggerFactory(_log.Factory), _adminGuard.Around, ConnectionGuard.Before);
        WatchOurselves();
        Store.ApplyBy(ApplyAsync);
        Store.WhenApplied(change => _records.Journal.Append(StatusProjections.Entry(change, time.GetUtcNow())));
        Store.WhenRejected(rejected =>
        {
            _records.Journal.Append(StatusProjections.Entry(rejected));
            _notifier.Publish(Notification.Of(rejected));
        });
    }

    /// <summary>The configuration in force.</summary>
    public ConfigStore Store { get; }

    /// <summary>
    /// How long readiness may wait for the gateway's own requests (<see cref="GatewayConfig.WarmUp"/>). Default: zero, none are made.
    /// </summary>
    public TimeSpan WarmUpWithin { get; init; }

    /// <summary>Follows the file.</summary>
    public ConfigWatcher Watcher { get; }

    /// <summary>The users' addresses, once started.</summary>
    public IReadOnlyCollection<string> Addresses => ProxyServer.AddressesOf(_users);

    /// <summary>The operators' address, once started.</summary>
    public Uri AdminAddress => _admin.Address;

    /// <summary>Starts everything; when it returns, public listeners accept.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _stateLock = await StateLock.TakeAsync(Store.Current.State, _time, cancellationToken).ConfigureAwait(false);
        _redis?.Start();
        _lastGood.Start();
        await _notifier.UseAsync(Store.Current.Notify).ConfigureAwait(false);
        await _files.StartAsync(cancellationToken).ConfigureAwait(false);
        await _loop.StartAsync(cancellationToken).ConfigureAwait(false);
        _records.Start();
        _records.Journal.Append(new JournalEntry(_time.GetUtcNow(), "start", $"The gateway {Version} started with configuration revision {Store.Revision}."));
        await _admin.StartAsync(cancellationToken).ConfigureAwait(false);
        _fleet?.Start();
        _sharedLimits?.Start();

        // Restarted in the middle of an outage, the first request finds what was kept; a store that is away does not hold up the start for
        // long.
        await _lastGood.ReadAhead.WaitAsync(ReadAheadWithin, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _users.StartAsync(cancellationToken).ConfigureAwait(false);
        Own("config", "The loop that watches the configuration file", Watcher.RunAsync(_stopping.Token));
        Own("certificates", "The loop that watches the certificates", WatchCertificatesAsync());

        Own("files", "The loop that watches the prepared files", _files.ExecuteTask ?? Task.CompletedTask);
        _owned.Add(_watchdog.RunAsync(_stopping.Token));
        _owned.Add(BecomeReadyAsync());
    }

    /// <summary>Reads the configuration again; what comes of it is told by the log, <c>/status</c> and the metric.</summary>
    public void RequestReload() => _owned.Add(ReloadAsync());

    /// <summary>Changes the lowest level that is logged, until the configuration changes.</summary>
    public void SetLogLevel(LogLevel level) => _log.SetLevel(level);

    /// <summary>Opens the log's file again, as after it was moved away.</summary>
    public void ReopenLog()
    {
        if (_log.ReopenFile())
        {
            LogReopened();
        }
    }

    /// <summary>Completes once it is ready for the first time; is cancelled when it stops before that.</summary>
    public Task Ready => _ready.Task;

    /// <summary>
    /// Puts a changed configuration in force as a whole. What fails half-way is undone: the old one is put in force again, and the failure
    /// is the caller's to report.
    /// </summary>
    private async Task ApplyAsync(ConfigChange change, CancellationToken cancellationToken)
    {
        try
        {
            await UseAsync(change.New, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await UseAsync(change.Old, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogChangeNotUndone(e);
            }

            throw;
        }
    }

    /// <summary>First the loop, which makes the clusters, then the routes that use them; what cannot fail comes last.</summary>
    private async Task UseAsync(GatewayConfig config, CancellationToken cancellationToken)
    {
        await _loop.ApplyAsync(config, cancellationToken).ConfigureAwait(false);
        _files.UseFolder(config.StaticFallback);
        _endpoints!.Apply(config);
        _admin.UseToken(config.Admin.Token);
        await _notifier.UseAsync(config.Notify).ConfigureAwait(false);
        _instruments.Retain(
            config.Routes.Select(static r => r.Name).ToHashSet(StringComparer.Ordinal),
            config.Clusters.SelectMany(static c => c.Tiers.SelectMany(t => t.Destinations.Select(d => (c.Name, d.Name)))).ToHashSet());
        _log.SetLevel(config.Telemetry.Logs.Level);
        _access.Use(AccessOf(config.Telemetry.Access));
    }

    private void Own(string part, string what, Task task)
    {
        _owned.Add(task);
        _watchdog.Follow(part, what, task, _stopping.Token);
    }

    private void WatchOurselves()
    {
        _watchdog.Register("failover", () => _stopping.IsCancellationRequested ? null : Watchdog.Standstill(_loop.SinceTurn));
        _watchdog.Register("probes", () => _stopping.IsCancellationRequested ? null : Watchdog.StoppedProbes(_loop.Views, Store.Current));
        _watchdog.Register("sockets", () => _descriptors.Alarm(_loop.SinceWithoutSocket));
        _watchdog.Register("records", () => _records.Alarm ?? Watchdog.RecordsStandstill(_records.SinceTurn));
        _watchdog.Register("last-good", () => _lastGood.Alarm);
        _watchdog.Register("redis", () => _redis?.Alarm);
        _watchdog.Register(() => _fleet?.Alarms.Select(static text => new ComponentAlert("fleet", text)) ?? []);
        _watchdog.Register(() => ClustersTls().Select(static tls => tls.Alarm).OfType<string>().Select(static text => new ComponentAlert("certificates", text)));
        _watchdog.Register("rate-limits", () => _sharedLimits?.Alarm);
        _watchdog.Register("log", () => _log.Alarm);
        _watchdog.Register(() => _certificates.Values.SelectMany(static certificates => certificates.Alarms).Select(static text => new ComponentAlert("certificates", text)));
    }

    // Without the loop nothing decides which tier serves: another gateway should take the traffic.
    private Readiness Readiness() =>
        _leaving.HasBegun ? Left
        : _readiness.Ready && Watchdog.Standstill(_loop.SinceTurn) is { } standstill ? new Readiness(Ready: false, standstill)
        : _readiness;

    private async Task ReloadAsync()
    {
        try
        {
            await Watcher.ReloadAsync(_stopping.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InvalidOperationException or OperationCanceledException)
        {
            LogReloadNotDone(e);
        }
    }

    private IEnumerable<Health.ClusterTls> ClustersTls() => Store.Current.Clusters.Select(cluster => _loop.Find(cluster.Name)?.Tls).OfType<Health.ClusterTls>();

    private async Task WatchCertificatesAsync()
    {
        using var timer = new PeriodicTimer(CertificateFiles.Interval, _time);
        while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
        {
            foreach (var certificates in _certificates.Values)
            {
                certificates.Look();
            }

            foreach (var tls in ClustersTls())
            {
                if (tls.Look())
                {
                    LogClusterTlsRenewed(tls.Cluster);
                }
            }
        }
    }

    private async Task BecomeReadyAsync()
    {
        var warmUp = WarmUpOf(Store.Current);
        var warm = warmUp?.UntilWarmAsync(_stopping.Token) ?? Task.CompletedTask;
        await _loop.FirstRound.WaitAsync(_stopping.Token).ConfigureAwait(false);
        await warm.ConfigureAwait(false);
        _owned.Add(warmUp?.Cleanup ?? Task.CompletedTask);
        _readiness = new Readiness(Ready: true, null);
        LogReady();
        _ready.TrySetResult();
    }

    private WarmUpRun? WarmUpOf(GatewayConfig config) => WarmUpWithin <= TimeSpan.Zero ? null : new WarmUpRun(
        new WarmUpOptions
        {
            Within = WarmUpWithin,
            Http2 = config.Clusters.Any(static c => c.Tiers.Any(static t => t.Destinations.Any(static d => string.Equals(d.Url.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal)))),
            Certificates = _certificates.Values.FirstOrDefault(),
            Shape = ConsoleText.ShapeOf(config.Telemetry.Logs.Format),
        },
        _time,
        _log.Factory.CreateLogger<WarmUpRun>());

    private void Announce(Transition transition)
    {
        StatusProjections.Count(_instruments, transition);
        _records.Journal.Append(StatusProjections.Entry(transition));
        _notifier.Publish(transition);
    }

    private void Announce(HealthChange change)
    {
        _records.Journal.Append(StatusProjections.Entry(change));
        _notifier.Publish(change);
    }

    private async Task<CommandResult> CommandAsync(Command command, CancellationToken cancellationToken)
    {
        var result = await _loop.CommandAsync(command, cancellationToken).ConfigureAwait(false);
        if (result.Done)
        {
            _notifier.Commanded(command);
            _fleet?.Publish(command);
        }

        return result;
    }

    private AdminSources Sources() => new()
    {
        Config = () => Store.State,
        Reload = Watcher.ReloadAsync,
        Clusters = () => _loop.Views,
        Command = CommandAsync,
        Readiness = Readiness,
        Instruments = _instruments,
        Records = _records,
        LastGood = LastGoodByRoute,
        LastGoodEntries = _lastGood.List,
        Purge = Purge,
        Fleet = () => _fleet?.View,
        Alarms = _watchdog.Alarms,
    };

    private IReadOnlyList<LastGoodStatus> LastGoodByRoute() =>
    [
        .. from route in Store.Current.Routes
           where route.LastGood is not null
           let totals = _lastGood.TotalsOf(route.Name)
           select new LastGoodStatus(route.Name, totals.Entries, totals.Bytes, _lastGood.CoverageOf(route.Name).Ratio, _lastGood.SplitBy(route.Name)),
    ];

    private async ValueTask<bool> FindLastGoodAsync(HttpContext context, RouteConfig route) =>
        await _lastGood.FindAsync(route, context.Request, context.RequestAborted).ConfigureAwait(false) is { } found
        && await LastGoodWriter.WriteAsync(context, found).ConfigureAwait(false);

    private long Purge(PurgeRule rule)
    {
        var purged = _lastGood.Purge(rule);
        _fleet?.TellPurge(rule.By.ToString(), rule.Text);
        return purged;
    }

    // Asked for with each exchange, and changed by reloads only.
    private string CommonRevision()
    {
        var config = Store.Current;
        if (!ReferenceEquals(_revised, config))
        {
            _revision = ConfigView.CommonRevisionOf(config);
            _revised = config;
        }

        return _revision;
    }

    // What the fleet's loop asks and tells this gateway.
    private FleetSelf Self() => new(
        () => $"{Environment.MachineName}:{_admin!.Address.Port.ToString(CultureInfo.InvariantCulture)}",
        Version,
        CommonRevision,
        (command, result) => _records.Journal.Append(StatusProjections.Entry(command, result, _time.GetUtcNow())),
        (by, text) =>
        {
            // From another gateway: a rule that is not known here is ignored.
            if (Enum.TryParse<PurgeBy>(by, out var kind) && Enum.IsDefined(kind))
            {
                _lastGood.ForgetPurged(new PurgeRule(kind, text));
            }
        });

    private ILastGoodStore BackingOf(GatewayConfig config) => _redis is { } redis
        ? new RedisBacking(redis, _time, _log.Factory.CreateLogger<RedisBacking>(), config.Redis!.Secret, _instruments)
        : new SqliteBacking(Path.Combine(config.State, "last-good.db"), MostBytesOnDisk, _time, _log.Factory.CreateLogger<SqliteBacking>());

    // The build appends the source's revision to the version, as in 0.1.0+4f2c….
    private static string RevisionOf(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+') is [_, { Length: > 0 } revision] ? revision : "unknown";

    private ImmutableArray<IPNetwork> Trusted() => Store.Current.TrustedProxies;

    private string? ClusterOf(string route)
    {
        foreach (var known in Store.Current.Routes)
        {
            if (string.Equals(known.Name, route, StringComparison.Ordinal) && known.Cluster.Length > 0)
            {
                return known.Cluster;
            }
        }

        return null;
    }


    private static AccessOptions AccessOf(AccessConfig access) => new(
        access.Log,
        access.Pattern is { } pattern ? AccessPattern.Parse(pattern, out _) : null);

    private static LogOptions OptionsOf(TelemetryConfig telemetry) => new()
    {
        Shape = ConsoleText.ShapeOf(telemetry.Logs.Format),
        Level = telemetry.Logs.Level,
        File = telemetry.Logs.File,
        Splunk = telemetry.Splunk is { } splunk ? new SplunkOptions(splunk.Url, splunk.Token) : null,
    };

    [LoggerMessage(10101, LogLevel.Information, "Ready: every destination was probed once, or five seconds have passed.")]
    private partial void LogReady();

    [LoggerMessage(10108, LogLevel.Information, "The log's file was opened again, as SIGUSR1 asked.")]
    private partial void LogReopened();

    [LoggerMessage(10109, LogLevel.Information, "The files of 'tls' of the cluster '{Cluster}' were read again and are in force for new connections.")]
    private partial void LogClusterTlsRenewed(string cluster);

    [LoggerMessage(10105, LogLevel.Warning, "A reload that a signal asked for was not done.")]
    private partial void LogReloadNotDone(Exception exception);

    [LoggerMessage(10107, LogLevel.Warning, "{Text}")]
    private partial void LogFewDescriptors(string text);

    [LoggerMessage(10104, LogLevel.Error, "A configuration that could not be put in force could not be undone either; parts of both may be in force. Restart the gateway.")]
    private partial void LogChangeNotUndone(Exception exception);
}
