using System.Collections.Immutable;
using System.Net;
using Gateway.Admin.Status;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reload;
using Gateway.Failover;
using Gateway.LastGood;
using Gateway.LastGood.Policy;
using Gateway.LastGood.Stores;
using Gateway.Observability.Metrics;
using Gateway.Redis;

namespace Gateway.Hosting;

/// <summary>
/// The last-good responses: their store, what keeps it over restarts, and what the fallback chain and operators see of it.
/// </summary>
internal sealed class StoredResponses : IAsyncDisposable
{
    private const long MostBytesOnDisk = 1024L * 1024 * 1024;
    private static readonly TimeSpan ReadAheadWithin = TimeSpan.FromSeconds(2);

    private readonly ConfigStore _config;
    private readonly TimeProvider _time;

    /// <param name="config">The configuration in force.</param>
    /// <param name="loop">Says which clusters are forecast to lose a destination.</param>
    /// <param name="redis">The store that several gateways share; null: a file in the state folder is used.</param>
    /// <param name="trusted"><c>trustedProxies</c>, of the configuration in force.</param>
    /// <param name="instruments">The figures.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The log.</param>
    public StoredResponses(
        ConfigStore config,
        FailoverLoop loop,
        RedisConnection? redis,
        Func<ImmutableArray<IPNetwork>> trusted,
        Instruments instruments,
        TimeProvider time,
        GatewayLog log)
    {
        _config = config;
        _time = time;
        var options = new LastGoodOptions
        {
            TrustedProxies = trusted,
            IsFailureForecast = cluster => loop.Find(cluster)?.IsFailureForecast is true,
        };
        var backings = BackingsOf(config.Current, redis, instruments, time, log);
        Store = new LastGoodStore(options, time, log.For<LastGoodStore>(), backings, instruments);
    }

    /// <summary>What requests learn and find.</summary>
    public LastGoodStore Store { get; }

    /// <summary>What is in memory.</summary>
    public LastGoodReading Reading => new(Store.Entries, Store.Bytes);

    /// <summary>Begins to read and write what survives restarts.</summary>
    public void Start() => Store.Start();

    /// <summary>
    /// Restarted in the middle of an outage, the first request finds what was kept; a store that is away does not hold up the start for
    /// long.
    /// </summary>
    public async Task ReadAheadAsync(CancellationToken cancellationToken) =>
        await Store.ReadAhead.WaitAsync(ReadAheadWithin, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Gives a request the stored response; false: there is none.</summary>
    public async ValueTask<bool> RespondAsync(HttpContext context, RouteConfig route) =>
        await Store.FindAsync(route, context.Request, context.RequestAborted).ConfigureAwait(false) is { } found
        && await LastGoodWriter.WriteAsync(context, found).ConfigureAwait(false);

    /// <summary>How much there is by route.</summary>
    public IReadOnlyList<LastGoodStatus> ByRoute() =>
    [
        .. from route in _config.Current.Routes
           where route.LastGood is not null
           let totals = Store.TotalsOf(route.Name)
           let coverage = Store.CoverageOf(route.Name).Ratio
           select new LastGoodStatus(route.Name, totals.Entries, totals.Bytes, coverage, Store.SplitBy(route.Name)),
    ];

    /// <summary>How many of each route's requests could have been answered.</summary>
    public IReadOnlyList<RouteCoverage> Coverage() =>
    [
        .. from route in _config.Current.Routes
           where route.LastGood is not null
           let coverage = Store.CoverageOf(route.Name)
           select new RouteCoverage(route.Name, coverage.Requests, coverage.Covered),
    ];

    /// <summary>Forgets what was purged at another gateway; a rule that is not known here is ignored.</summary>
    public void ForgetPurged(string by, string text)
    {
        if (Enum.TryParse<PurgeBy>(by, out var kind) && Enum.IsDefined(kind))
        {
            Store.ForgetPurged(new PurgeRule(kind, text));
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Store.DisposeAsync();

    private static IReadOnlyList<ILastGoodStore> BackingsOf(
        GatewayConfig config, RedisConnection? redis, Instruments instruments, TimeProvider time, GatewayLog log)
    {
        ImmutableArray<LastGoodPlace> places = config.Redis is { } given ? given.Store : [LastGoodPlace.Disk];
        return
        [
            .. redis is not null && places.Contains(LastGoodPlace.Redis)
                ? [new RedisBacking(redis, time, log.For<RedisBacking>(), config.Redis!.Secret, instruments)]
                : Array.Empty<ILastGoodStore>(),
            .. places.Contains(LastGoodPlace.Disk)
                ? [new SqliteBacking(Path.Combine(config.State, "last-good.db"), MostBytesOnDisk, time, log.For<SqliteBacking>())]
                : Array.Empty<ILastGoodStore>(),
        ];
    }
}
