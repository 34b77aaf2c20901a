using Gateway.Configuration.Model;
using Gateway.LastGood.InMemory;
using Gateway.LastGood.Keys;
using Gateway.LastGood.Policy;
using Gateway.LastGood.Stores;
using Gateway.Observability.Metrics;

namespace Gateway.LastGood;

/// <summary>
/// Keeps the last-good responses: learns from live ones
/// (<see cref="OnResponse(RouteConfig, HttpRequest, int, IHeaderDictionary, string, TimeSpan, bool)"/>) and finds them when no tier can
/// serve.
/// </summary>
/// <remarks>Memory answers; a store behind it (SQLite or Redis) is written behind and read ahead, and may be away at any time. No call
/// waits for it, except one bounded look in <see cref="FindAsync"/>.</remarks>
internal sealed partial class LastGoodStore : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly ILogger<LastGoodStore> _logger;
    private readonly LastGoodMemory _memory;
    private readonly StoresBehind? _behind;
    private readonly CoverageCounts _coverage;
    private readonly LastGoodFinder _finder;
    private readonly StoreEvictions _evictions;
    private readonly LastGoodLearner _learner;

    public LastGoodStore(
        LastGoodOptions options,
        TimeProvider time,
        ILogger<LastGoodStore> logger,
        IReadOnlyList<ILastGoodStore>? backings = null,
        Instruments? instruments = null)
    {
        Counters = new LastGoodCounters(instruments);
        _time = time;
        _logger = logger;
        _memory = new LastGoodMemory(options.MemoryCap);
        _behind = backings is not { Count: > 0 } ? null : new StoresBehind(backings, _memory, Counters, options, time, logger);
        _coverage = new CoverageCounts(time, logger);
        var variants = new VariantFinder(_memory, time);
        _finder = new LastGoodFinder(_memory, variants, _behind, _coverage, options, time, logger);
        var keeper = new ResponseKeeper(_memory, _behind, Counters, options.CopyCap, logger);
        _evictions = new StoreEvictions(_memory, _behind, variants, Counters, time);
        var refresh = new RefreshRule(time, options.IsFailureForecast);
        var preflights = new PreflightLearner(_memory, _behind, _finder, keeper, _coverage, refresh, time);
        var copies = new CopyStart(_memory, keeper, refresh, time);
        _learner = new LastGoodLearner(_finder, variants, _evictions, keeper, copies, preflights, _coverage, refresh, options, time);
    }

    /// <summary>What has happened since the start.</summary>
    public LastGoodCounters Counters { get; }

    /// <summary>Answers in memory (<c>gateway_last_good_entries</c>).</summary>
    public long Entries => _memory.Entries;

    /// <summary>Bytes in memory (<c>gateway_last_good_bytes</c>).</summary>
    public long Bytes => _memory.Bytes;

    /// <summary>What is wrong with the store behind, in a sentence for operators; null: nothing, or there is none.</summary>
    public string? Alarm => _behind?.Alarm;

    /// <summary>Records that the store behind dropped because they were corrupt, truncated or foreign.</summary>
    public long CorruptTotal => _behind?.CorruptTotal ?? 0;

    /// <summary>Whether the store behind answers at the moment; null: there is none.</summary>
    public bool? IsStoreUp => _behind?.IsUp;

    /// <summary>Completed once the store behind has been read ahead, or has failed for the first time.</summary>
    public Task ReadAhead => _behind?.ReadAhead ?? Task.CompletedTask;

    /// <summary>Begins to read ahead and to write behind; returns at once.</summary>
    public void Start() => _behind?.Start();

    /// <summary>
    /// Waits until everything that was kept so far is in the store behind, or the store is away. For tests and an orderly end.
    /// </summary>
    public Task FlushAsync(CancellationToken cancellationToken) => _behind?.FlushAsync(cancellationToken) ?? Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_behind is not null)
        {
            await _behind.DisposeAsync();
        }
    }

    /// <summary>Finds the response that a request may be given: the exact one, else the nearest. Never waits.</summary>
    public FoundResponse? Find(RouteConfig route, HttpRequest request) => _finder.Find(route, request);

    /// <summary>The key of a read whose response all that share the key may get; null: it is none.</summary>
    public string? SharedKeyOf(RouteConfig route, HttpRequest request) => _finder.SharedKeyOf(route, request);

    /// <summary>The exact response for a request, if it began at a time or later. Never waits, and counts nothing.</summary>
    public FoundResponse? FindExact(RouteConfig route, HttpRequest request, long notBefore) => _finder.FindExact(route, request, notBefore);

    /// <summary>
    /// As <see cref="Find"/>, and looks once into a store that gateways share, for at most <see cref="LastGoodOptions.LookTimeout"/>, when
    /// memory has nothing.
    /// </summary>
    public ValueTask<FoundResponse?> FindAsync(RouteConfig route, HttpRequest request, CancellationToken cancellationToken) =>
        _finder.FindAsync(route, request, cancellationToken);

    /// <summary>
    /// Learns from a live response's head, seen on its way to the client. Call it for every response of every route, before the body.
    /// </summary>
    /// <param name="status">The response's status.</param>
    /// <param name="headers">The response's headers.</param>
    /// <param name="tier">Who gave it.</param>
    /// <param name="delay">From the request sent to the head received.</param>
    /// <param name="endIsKnown">False: the body ends with its connection (HTTP/1 without a length and without chunks), so a cut one looks
    /// whole.</param>
    /// <returns>A copy to feed with the body; null: this response is not wanted.</returns>
    public LastGoodCapture? OnResponse(
        RouteConfig route,
        HttpRequest request,
        int status,
        IHeaderDictionary headers,
        string tier,
        TimeSpan delay = default,
        bool endIsKnown = true) =>
        _learner.OnResponse(route, request, status, headers, tier, delay, endIsKnown);

    /// <summary>As above, for a response as it came from a destination.</summary>
    public LastGoodCapture? OnResponse(
        RouteConfig route,
        HttpRequest request,
        HttpResponseMessage response,
        string tier,
        TimeSpan delay = default) => _learner.OnResponse(route, request, response, tier, delay);

    /// <summary>A write to a path succeeded: what is kept for it is not served any more.</summary>
    public void Invalidate(HttpRequest request) => _evictions.Invalidate(request);

    /// <summary>As above.</summary>
    /// <param name="place">Host in lower case, and path.</param>
    public void Invalidate(ReadOnlySpan<char> place) => _evictions.Invalidate(place);

    /// <summary>The route's share of the last hour's requests that a total outage could have answered (<c>coverage</c>).</summary>
    public CoverageReading CoverageOf(string route) => _coverage.CoverageOf(route);

    /// <summary>
    /// The request header that keeps a route's coverage below one half: its values give nearly every request a key of its own. Null: there
    /// is none.
    /// </summary>
    public string? SplitBy(string route) => _coverage.SplitBy(route);

    /// <summary>
    /// Counts a request that no kept response could be given to, and that neither <see cref="Find"/> nor OnResponse sees.
    /// </summary>
    public void CountUnanswerable(RouteConfig route)
    {
        if (route.LastGood is not null)
        {
            _coverage.Count(route, covered: false);
        }
    }

    /// <summary>
    /// How many responses of a route are in memory, and the bytes that they are counted for. Costs nothing, whatever is kept.
    /// </summary>
    public (long Entries, long Bytes) TotalsOf(string route) => _memory.TotalsOf(route);

    /// <summary>The responses that are kept, without bodies, sorted by key.</summary>
    /// <param name="prefix">Begin of the key, or of the path; empty: all.</param>
    /// <param name="limit">At most so many: the first ones by key. The rest is gone through, and not held.</param>
    public IReadOnlyList<LastGoodEntry> List(string prefix, int limit)
    {
        prefix = OperatorText.Normalised(prefix);

        // The last by key of those that are in so far stands at the queue's head and leaves first.
        var first = new PriorityQueue<StoredResponse, string>(Comparer<string>.Create(static (a, b) => string.CompareOrdinal(b, a)));
        foreach (var stored in _memory.All)
        {
            if (stored.IsMarker || !PurgeRule.Begins(stored, prefix))
            {
                continue;
            }

            if (first.Count < limit)
            {
                first.Enqueue(stored, stored.Key);
            }
            else
            {
                first.EnqueueDequeue(stored, stored.Key);
            }
        }

        var now = _time.GetTimestamp();
        var entries = new LastGoodEntry[first.Count];
        for (var i = entries.Length - 1; i >= 0; i--)
        {
            var stored = first.Dequeue();
            entries[i] = new LastGoodEntry(
                stored.Key,
                stored.Route,
                stored.Tier,
                _finder.AgeOf(stored, now),
                stored.Body.Length,
                stored.IsNearest);
        }

        return entries;
    }

    /// <summary>Forgets what a rule means, here and behind, and what is on its way for it.</summary>
    /// <returns>How many responses left memory.</returns>
    public int Purge(PurgeRule rule)
    {
        rule = rule.Normalised;
        var purged = _memory.Purge(rule, _time.GetTimestamp());
        var at = ClockReading.Of(_time).UnixMs;
        _behind?.Enqueue(BackingChange.Of(rule, at));
        if (rule.By == PurgeBy.Key && _behind is { } behind)
        {
            foreach (var stored in purged)
            {
                // The nearest responses that the key has filled.
                behind.Enqueue(new BackingChange(ChangeKind.PurgeKey, stored.Key, at));
            }
        }

        Purged(rule.By, rule.Text, purged.Count);
        return purged.Count(static stored => !stored.IsMarker);
    }

    /// <summary>Forgets what another gateway purged. It has told the store behind already.</summary>
    public void ForgetPurged(PurgeRule rule)
    {
        var purged = _memory.Purge(rule.Normalised, _time.GetTimestamp());
        Purged(rule.By, rule.Text, purged.Count);
    }

    [LoggerMessage(5002, LogLevel.Information, "Last-good responses were purged by {By} \"{Text}\": {Count} left memory.")]
    private partial void Purged(PurgeBy by, string text, int count);
}
