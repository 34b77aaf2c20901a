using System.Collections.Concurrent;
using Gateway.Configuration;
using Gateway.Observability;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Gateway.LastGood;

/// <summary>Keeps the last good answers: learns from live ones (<see cref="OnAnswer(RouteConfig, HttpRequest, int, IHeaderDictionary, string, TimeSpan, bool)"/>) and finds them when no tier can serve.</summary>
/// <remarks>Memory answers; a store behind it (SQLite or Redis) is written behind and read ahead, and may be away at any time. No call waits for it, except one bounded look in <see cref="FindAsync"/>.</remarks>
internal sealed partial class LastGoodStore : IAsyncDisposable
{
    private const int KeyOnStack = 512;

    // A copy that has not ended by then (a client that reads a byte a second) no longer keeps others from refreshing the key.
    private const int ClaimSeconds = 10;
    private readonly LastGoodOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<LastGoodStore> _logger;
    private readonly LastGoodMemory _memory;
    private readonly WriteBehind? _behind;
    private readonly ConcurrentDictionary<string, Coverage> _coverage = new(StringComparer.Ordinal);
    private long _copying;
    private int _looking;

    public LastGoodStore(LastGoodOptions options, TimeProvider time, ILogger<LastGoodStore> logger, ILastGoodBacking? backing = null, Instruments? instruments = null)
    {
        Counters = new LastGoodCounters(instruments);
        _options = options;
        _time = time;
        _logger = logger;
        _memory = new LastGoodMemory(options.MemoryCap);
        _behind = backing is null ? null : new WriteBehind(backing, _memory, Counters, options, time, logger);
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

    /// <summary>Completed once the store behind has been read ahead, or has failed for the first time.</summary>
    public Task ReadAhead => _behind?.ReadAhead ?? Task.CompletedTask;

    /// <summary>Begins to read ahead and to write behind; returns at once.</summary>
    public void Start() => _behind?.Start();

    /// <summary>Learns from a live answer's head, seen on its way to the client. Call it for every answer of every route, before the body.</summary>
    /// <param name="status">The answer's status.</param>
    /// <param name="headers">The answer's headers.</param>
    /// <param name="tier">Who gave it.</param>
    /// <param name="delay">From the request sent to the head received.</param>
    /// <param name="endIsKnown">False: the body ends with its connection (HTTP/1 without a length and without chunks), so a cut one looks whole.</param>
    /// <returns>A copy to feed with the body; null: this answer is not wanted.</returns>
    public LastGoodCapture? OnAnswer(RouteConfig route, HttpRequest request, int status, IHeaderDictionary headers, string tier, TimeSpan delay = default, bool endIsKnown = true) =>
        Learn(route, request, status, new ResponseHeaders(headers), endIsKnown, tier, delay);

    /// <summary>As above, for an answer as it came from a destination.</summary>
    public LastGoodCapture? OnAnswer(RouteConfig route, HttpRequest request, HttpResponseMessage answer, string tier, TimeSpan delay = default)
    {
        // A body that ends with its connection cannot be told from one that was cut.
        var endIsKnown = answer.Version.Major >= 2 || answer.Content.Headers.ContentLength is not null || answer.Headers.TransferEncodingChunked == true;
        return Learn(route, request, (int)answer.StatusCode, new MessageHeaders(answer), endIsKnown, tier, delay);
    }

    /// <summary>Finds the answer that a request may be given: the exact one, else the nearest. Never waits.</summary>
    public FoundAnswer? Find(RouteConfig route, HttpRequest request)
    {
        if (KeyPlan.For(route) is not { } plan)
        {
            return null;
        }

        var found = Search(plan, request, plan.Read(request), missing: null);
        CountCoverage(route, found is not null);
        return found;
    }

    /// <summary>As <see cref="Find"/>, and looks once into a store that gateways share, for at most <see cref="LastGoodOptions.LookTimeout"/>, when memory has nothing.</summary>
    public ValueTask<FoundAnswer?> FindAsync(RouteConfig route, HttpRequest request, CancellationToken cancellationToken)
    {
        if (_behind is not { CanLook: true } behind)
        {
            return new(Find(route, request));
        }

        if (KeyPlan.For(route) is not { } plan)
        {
            return default;
        }

        var facts = plan.Read(request);
        var missing = new List<string>();
        if (Search(plan, request, facts, missing) is { } found)
        {
            CountCoverage(route, answerable: true);
            return new(found);
        }

        return SearchBehindAsync(behind, plan, request, facts, missing, cancellationToken);
    }

    /// <summary>The route's share of the last hour's requests that a total outage could have answered (<c>coverage</c>).</summary>
    public CoverageReading CoverageOf(string route) =>
        _coverage.TryGetValue(route, out var coverage) ? coverage.Read(Minute()) : default;

    /// <summary>Counts a request that no kept answer could be given to, and that neither <see cref="Find"/> nor OnAnswer sees.</summary>
    public void CountUnanswerable(RouteConfig route)
    {
        if (route.LastGood is not null)
        {
            CountCoverage(route, answerable: false);
        }
    }

    /// <summary>A write to a path succeeded: what is kept for it is not served any more.</summary>
    public void Invalidate(HttpRequest request)
    {
        var place = new KeyBuilder(stackalloc char[KeyOnStack]);
        if (KeyPlan.TryWritePlace(request, ref place))
        {
            Invalidate(place.Text);
        }

        place.Dispose();
    }

    /// <summary>As above.</summary>
    /// <param name="place">Host in lower case, and path.</param>
    public void Invalidate(ReadOnlySpan<char> place)
    {
        var known = _memory.Invalidate(place, _time.GetTimestamp());
        if (known is not null)
        {
            Counters.CountInvalidation();
        }

        // What is not in memory may still be in the store: after a restart that is not read ahead yet, or from another gateway.
        if (_behind is not null && (known is not null || _behind.KeepsMoreThanMemory))
        {
            _behind.Enqueue(new BackingChange(ChangeKind.Invalidate, known ?? place.ToString(), Now().UnixMs));
        }
    }

    /// <summary>The answers that are kept, without bodies, sorted by key.</summary>
    /// <param name="prefix">Begin of the key, or of the path; empty: all.</param>
    /// <param name="limit">At most so many.</param>
    public IReadOnlyList<LastGoodEntry> List(string prefix, int limit)
    {
        var now = _time.GetTimestamp();
        return
        [
            .. _memory.All
                .Where(answer => !answer.IsMarker && Begins(answer, prefix))
                .OrderBy(static answer => answer.Key, StringComparer.Ordinal)
                .Take(limit)
                .Select(answer => new LastGoodEntry(answer.Key, answer.Route, answer.Tier, AgeOf(answer, now), answer.Body.Length, answer.IsNearest)),
        ];
    }

    /// <summary>Evicts one key, here and behind.</summary>
    /// <returns>How many answers left memory.</returns>
    public int PurgeKey(string key) => Purge(key, answer => string.Equals(answer.Key, key, StringComparison.Ordinal));

    /// <summary>Evicts everything whose key or path begins with <paramref name="prefix"/>, here and behind; an empty one evicts all.</summary>
    /// <returns>How many answers left memory.</returns>
    public int PurgePrefix(string prefix) => Purge(prefix, answer => Begins(answer, prefix));

    /// <summary>Waits until everything that was kept so far is in the store behind, or the store is away. For tests and an orderly end.</summary>
    public Task FlushAsync(CancellationToken cancellationToken) => _behind?.FlushAsync(cancellationToken) ?? Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_behind is not null)
        {
            await _behind.DisposeAsync();
        }
    }

    /// <summary>Whether a key or path begins with a text; a path may stand without its host.</summary>
    internal static bool Begins(StoredAnswer answer, string prefix)
    {
        if (answer.Key.StartsWith(prefix, StringComparison.Ordinal) || answer.Place.StartsWith(prefix, StringComparison.Ordinal))
        {
            return true;
        }

        var path = answer.Place.IndexOf('/', StringComparison.Ordinal);
        return path >= 0 && answer.Place.AsSpan(path).StartsWith(prefix, StringComparison.Ordinal);
    }

    /// <summary>Reserves memory for a copy.</summary>
    internal bool TryReserveCopy(int size)
    {
        if (Interlocked.Add(ref _copying, size) <= _options.CopyCap)
        {
            return true;
        }

        Interlocked.Add(ref _copying, -size);
        return false;
    }

    /// <summary>Gives it back.</summary>
    internal void ReleaseCopy(int size) => Interlocked.Add(ref _copying, -size);

    /// <summary>Checks a whole answer and keeps it.</summary>
    internal void Keep(CaptureHead head, ReadOnlyMemory<byte> body)
    {
        if (!BodyCheck.IsValid(head.ContentType, head.ContentEncoding, body))
        {
            Counters.CountRefused(Refusal.Invalid);
            return;
        }

        var answer = head.Answer with { Body = body.ToArray() };
        if (!Put(answer))
        {
            return;
        }

        Counters.CountStored();
        foreach (var (key, baseKey) in head.Nearest)
        {
            if (_memory.Peek(key)?.Live is not { } there || there.Answer.Began < answer.Began - head.RefreshTicks)
            {
                Put(answer with { Key = key, BaseKey = baseKey, FilledBy = answer.BaseKey });
            }
        }
    }

    /// <summary>Tells of an error that must not reach a request.</summary>
    internal void Report(Exception exception) => KeepingFailed(exception);

    private bool Put(StoredAnswer answer)
    {
        if (answer.Vary.Length > 0 && !PutMarker(answer))
        {
            return false;
        }

        if (_memory.Put(answer) is not Refusal.None and var refusal)
        {
            Counters.CountRefused(refusal);
            return false;
        }

        _behind?.Enqueue(new BackingChange(ChangeKind.Put, answer.Key, answer.BeganUnixMs));
        return true;
    }

    // The note which headers choose between a key's variants. One with the same names stays, because variants older than their note are not found.
    private bool PutMarker(StoredAnswer answer)
    {
        if (_memory.Find(answer.BaseKey)?.Live is { Answer: { IsMarker: true } known } && known.Vary.AsSpan().SequenceEqual(answer.Vary))
        {
            return true;
        }

        var marker = answer with { Key = answer.BaseKey, IsMarker = true, Headers = [], ETag = null, Body = [] };
        if (_memory.Put(marker) is not Refusal.None and var refusal)
        {
            Counters.CountRefused(refusal);
            return false;
        }

        _behind?.Enqueue(new BackingChange(ChangeKind.Put, marker.Key, marker.BeganUnixMs));
        return true;
    }

    private int Purge(string text, Func<StoredAnswer, bool> match)
    {
        var purged = _memory.Purge(match, _time.GetTimestamp());
        _behind?.Enqueue(new BackingChange(ChangeKind.Purge, text, Now().UnixMs));
        Purged(text, purged.Count);
        return purged.Count(static answer => !answer.IsMarker);
    }

    private LastGoodCapture? Learn<THeaders>(RouteConfig route, HttpRequest request, int status, THeaders headers, bool endIsKnown, string tier, TimeSpan delay)
        where THeaders : struct, IAnswerHeaders
    {
        // 1. A write that succeeded invalidates its path, on every route.
        if (StorageRules.Invalidates(request.Method, status))
        {
            Invalidate(request);
        }

        if (KeyPlan.For(route) is not { } plan)
        {
            return null;
        }

        var facts = plan.Read(request);
        if (!facts.IsGet && !facts.IsHead)
        {
            CountCoverage(route, answerable: false);
            return null;
        }

        var key = new KeyBuilder(stackalloc char[KeyOnStack]);
        try
        {
            if (!plan.TryWrite(request, facts, KeyPlan.Exact, ref key))
            {
                Counters.CountRefused(Refusal.Key);
                CountCoverage(route, answerable: false);
                return null;
            }

            // 2. What is kept already, and would have answered this request.
            var now = _time.GetTimestamp() - (long)(delay.TotalSeconds * _time.TimestampFrequency);
            var baseLength = key.Text.Length;
            var slot = FindSlot(request, ref key, out var live);
            CountCoverage(route, IsServable(plan, facts, live, now, out _) || (plan.Config.Nearest.Length > 0 && SearchNearest(plan, request, facts, now, missing: null) is not null));

            // 3. The service may have taken it back.
            var directives = CacheDirectives.Parse(headers[HeaderNames.CacheControl]);
            if (StorageRules.Evicts(new AnswerFacts { Status = status, Directives = directives }))
            {
                key.CutTo(baseLength);
                Evict(plan, request, facts, ref key);
            }
            else if (status == 200 && live is not null && now - live.Answer.Began < RefreshTicks(plan))
            {
                // The usual case under load: what is kept is recent enough.
                return null;
            }

            // 4. A 304 says that what is kept is as good as new (RFC 9111, section 4.3.4): browsers that revalidate would else let it grow old.
            else if (status == 304 && live is not null && IsConfirmed(plan, facts, live.Answer, directives, headers[HeaderNames.ETag]))
            {
                if (now - live.Answer.Began >= RefreshTicks(plan))
                {
                    Put(live.Answer with { Began = now, BeganUnixMs = Now().UnixMsOf(now), InitialAge = TimeSpan.Zero });
                }

                return null;
            }

            // 5. Whether it may be kept.
            var answer = AnswerFacts.Read(status, headers);
            var refusal = StorageRules.Judge(facts, answer, plan.Config.MaxBody);
            if (refusal == Refusal.None && !endIsKnown)
            {
                refusal = Refusal.Truncated;
            }

            if (refusal != Refusal.None)
            {
                Counters.CountRefused(refusal);
                return null;
            }

            key.CutTo(baseLength);
            return Begin(plan, request, facts, answer, headers, ref key, tier, now, delay);
        }
        finally
        {
            key.Dispose();
        }
    }

    private static bool IsConfirmed(KeyPlan plan, in RequestFacts facts, StoredAnswer kept, CacheDirectives directives, Microsoft.Extensions.Primitives.StringValues etag)
    {
        var asIfWhole = new AnswerFacts { Status = 200, Directives = directives with { Public = directives.Public || kept.IsPublic } };
        return kept.ETag is not null
            && etag.Count == 1
            && string.Equals(etag[0], kept.ETag, StringComparison.Ordinal)
            && StorageRules.Judge(facts, asIfWhole, plan.Config.MaxBody) == Refusal.None;
    }

    private LastGoodCapture? Begin<THeaders>(KeyPlan plan, HttpRequest request, in RequestFacts facts, in AnswerFacts answer, THeaders headers, ref KeyBuilder key, string tier, long began, TimeSpan delay)
        where THeaders : struct, IAnswerHeaders
    {
        // 1. The variant, by this answer's Vary rather than by the one that is kept.
        var baseLength = key.Text.Length;
        var vary = AnswerFacts.VariantsOf(headers);
        if (!KeyPlan.TryAppendVariant(request.Headers, vary, ref key))
        {
            Counters.CountRefused(Refusal.Key);
            return null;
        }

        // 2. One copy at a time for a key that is kept already, and one in refreshEvery.
        var refresh = RefreshTicks(plan);
        var slot = _memory.Find(key.Text);
        if (slot?.Live is { Answer: { IsMarker: false } kept })
        {
            if (began - kept.Began < refresh || !slot.TryClaim(began, began - (ClaimSeconds * _time.TimestampFrequency)))
            {
                return null;
            }
        }
        else
        {
            slot = null;
        }

        // 3. The record, still without its body.
        var clock = Now();
        var arrived = DateTimeOffset.FromUnixTimeMilliseconds(clock.UnixMs);
        var date = AgeRules.ParseDate(headers[HeaderNames.Date]);
        var lines = new StoredHeaders.Builder(headers[HeaderNames.Connection]);
        headers.CopyTo(lines);
        var exact = key.Text.ToString();
        var etag = headers[HeaderNames.ETag];
        var record = new StoredAnswer
        {
            Key = exact,
            BaseKey = vary.Length == 0 ? exact : exact[..baseLength],
            Place = PlaceOf(request),
            Route = plan.Route.Name,
            Tier = tier,
            Vary = vary,
            IsPublic = answer.Directives.Public,
            Began = began,
            BeganUnixMs = clock.UnixMsOf(began),
            InitialAge = AgeRules.AtArrival(date, AgeRules.ParseAge(headers[HeaderNames.Age]), arrived, delay) - delay is var age && age > TimeSpan.Zero ? age : TimeSpan.Zero,
            FreshSeconds = AgeRules.FreshSeconds(answer.Directives.MaxAge, headers[HeaderNames.Expires], date, arrived),
            StaleIfErrorSeconds = answer.Directives.StaleIfError,
            KeepFor = plan.Config.MaxAge,
            Headers = lines.ToArray(),
            ETag = etag.Count == 1 ? etag[0] : null,
        };
        var head = new CaptureHead
        {
            Answer = record,
            Nearest = facts.IsAnonymous ? NearestKeys(plan, request, facts, vary, ref key) : [],
            RefreshTicks = refresh,
            Claimed = slot,
            ContentType = headers[HeaderNames.ContentType],
            ContentEncoding = headers[HeaderNames.ContentEncoding],
        };
        return new LastGoodCapture(this, head, plan.Config.MaxBody, answer.ContentLength);
    }

    private static (string Key, string BaseKey)[] NearestKeys(KeyPlan plan, HttpRequest request, in RequestFacts facts, string[] vary, ref KeyBuilder key)
    {
        var keys = new List<(string, string)>(plan.Config.Nearest.Length);
        for (var i = 0; i < plan.Config.Nearest.Length; i++)
        {
            if (plan.TryWrite(request, facts, i, ref key))
            {
                var baseLength = key.Text.Length;
                if (KeyPlan.TryAppendVariant(request.Headers, vary, ref key))
                {
                    var text = key.Text.ToString();
                    keys.Add((text, text[..baseLength]));
                }
            }
        }

        return [.. keys];
    }

    private void Evict(KeyPlan plan, HttpRequest request, in RequestFacts facts, ref KeyBuilder key)
    {
        var now = _time.GetTimestamp();
        if (_memory.Evict(key.Text, now))
        {
            Counters.CountEvicted();
            _behind?.Enqueue(new BackingChange(ChangeKind.Evict, key.Text.ToString(), Now().UnixMs));
        }
        else if (_behind is { KeepsMoreThanMemory: true } behind)
        {
            behind.Enqueue(new BackingChange(ChangeKind.Evict, key.Text.ToString(), Now().UnixMs));
        }

        // A nearest answer leaves with the exact one that filled it.
        if (plan.Config.Nearest.Length == 0)
        {
            return;
        }

        var exact = key.Text.ToString();
        for (var i = 0; i < plan.Config.Nearest.Length; i++)
        {
            if (plan.TryWrite(request, facts, i, ref key))
            {
                var baseLength = key.Text.Length;
                FindSlot(request, ref key, out var live);
                if (live is not null && string.Equals(live.Answer.FilledBy, exact, StringComparison.Ordinal))
                {
                    key.CutTo(baseLength);
                    _memory.Evict(key.Text, now);
                    _behind?.Enqueue(new BackingChange(ChangeKind.Evict, key.Text.ToString(), Now().UnixMs));
                }
            }
        }
    }

    private FoundAnswer? Search(KeyPlan plan, HttpRequest request, in RequestFacts facts, List<string>? missing)
    {
        var now = _time.GetTimestamp();
        var key = new KeyBuilder(stackalloc char[KeyOnStack]);
        try
        {
            if (!plan.TryWrite(request, facts, KeyPlan.Exact, ref key))
            {
                return null;
            }

            FindSlot(request, ref key, out var live);
            if (IsServable(plan, facts, live, now, out var age))
            {
                return new FoundAnswer(live!.Answer, age);
            }

            missing?.Add(key.Text.ToString());
        }
        finally
        {
            key.Dispose();
        }

        return SearchNearest(plan, request, facts, now, missing);
    }

    private FoundAnswer? SearchNearest(KeyPlan plan, HttpRequest request, in RequestFacts facts, long now, List<string>? missing)
    {
        var key = new KeyBuilder(stackalloc char[KeyOnStack]);
        try
        {
            for (var i = 0; i < plan.Config.Nearest.Length; i++)
            {
                if (!plan.TryWrite(request, facts, i, ref key))
                {
                    continue;
                }

                FindSlot(request, ref key, out var live);
                if (IsServable(plan, facts, live, now, out var age))
                {
                    return new FoundAnswer(live!.Answer, age);
                }

                missing?.Add(key.Text.ToString());
            }
        }
        finally
        {
            key.Dispose();
        }

        return null;
    }

    // Follows the note of a key with variants to the variant of this request; the key is left at what was looked for last.
    private LastGoodMemory.Slot? FindSlot(HttpRequest request, ref KeyBuilder key, out LastGoodMemory.Content? live)
    {
        var slot = _memory.Find(key.Text);
        live = slot?.Live;
        if (live is not { Answer: { IsMarker: true } marker })
        {
            return slot;
        }

        live = null;
        if (!KeyPlan.TryAppendVariant(request.Headers, marker.Vary, ref key))
        {
            return null;
        }

        slot = _memory.Find(key.Text);
        if (slot?.Live is { Answer: { IsMarker: false } } variant && variant.Answer.Began >= marker.Began)
        {
            live = variant;
        }

        return slot;
    }

    private bool IsServable(KeyPlan plan, in RequestFacts facts, LastGoodMemory.Content? live, long now, out TimeSpan age)
    {
        age = default;
        if (live is null
            || !StorageRules.MayServe(facts, live.Answer.IsPublic, live.Answer.IsNearest)
            || (live.Answer.IsNearest && _memory.IsOvertaken(live.Answer)))
        {
            // The last case: the exact answer that filled this nearest one was taken back.
            return false;
        }

        age = AgeOf(live.Answer, now);
        return StorageRules.IsYoungEnough(age, plan.Config.MaxAge, live.Answer.FreshSeconds, live.Answer.StaleIfErrorSeconds);
    }

    private async ValueTask<FoundAnswer?> SearchBehindAsync(WriteBehind behind, KeyPlan plan, HttpRequest request, RequestFacts facts, List<string> missing, CancellationToken cancellationToken)
    {
        FoundAnswer? found = null;
        if (missing.Count > 0 && Interlocked.Increment(ref _looking) <= _options.LooksAtOnce)
        {
            using var deadline = new CancellationTokenSource(_options.LookTimeout, _time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            try
            {
                // The second round follows the note of a key with variants, which the first one brought.
                for (var round = 0; round < 2 && found is null && missing.Count > 0; round++)
                {
                    var asked = missing;
                    await behind.LookAsync(asked, both.Token).WaitAsync(both.Token);
                    missing = [];
                    found = Search(plan, request, facts, missing);
                    missing.RemoveAll(asked.Contains);
                }
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // The shared store is late or away: that is what the deadline and the next rung are for. Its alarm tells of it.
                LookFailed(exception.GetType().Name);
            }
        }

        Interlocked.Decrement(ref _looking);
        CountCoverage(plan.Route, found is not null);
        return found;
    }

    private TimeSpan AgeOf(StoredAnswer answer, long now) =>
        answer.InitialAge + (now > answer.Began ? _time.GetElapsedTime(answer.Began, now) : TimeSpan.Zero);

    private long RefreshTicks(KeyPlan plan) => (long)(plan.Config.RefreshEvery.TotalSeconds * _time.TimestampFrequency);

    private ClockReading Now() => ClockReading.Of(_time);

    private long Minute() => _time.GetTimestamp() / _time.TimestampFrequency / 60;

    private void CountCoverage(RouteConfig route, bool answerable)
    {
        if (!_coverage.TryGetValue(route.Name, out var coverage))
        {
            coverage = _coverage.GetOrAdd(route.Name, static _ => new Coverage());
        }

        coverage.Count(Minute(), answerable);
    }

    private static string PlaceOf(HttpRequest request)
    {
        var place = new KeyBuilder(stackalloc char[KeyOnStack]);
        var text = KeyPlan.TryWritePlace(request, ref place) ? place.Text.ToString() : "";
        place.Dispose();
        return text;
    }

    [LoggerMessage(5001, LogLevel.Error, "An answer could not be kept because of an error of the gateway itself; users are not affected. Please report it.")]
    private partial void KeepingFailed(Exception exception);

    [LoggerMessage(5002, LogLevel.Information, "Last-good answers whose key or path begins with \"{Text}\" were purged: {Count} left memory.")]
    private partial void Purged(string text, int count);

    [LoggerMessage(5003, LogLevel.Debug, "A look into the shared store of last-good answers brought nothing: {Reason}.")]
    private partial void LookFailed(string reason);
}

/// <summary>One kept answer, as operators see it: no body.</summary>
internal sealed record LastGoodEntry(string Key, string Route, string Tier, TimeSpan Age, long Size, bool IsNearest);
