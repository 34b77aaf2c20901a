using Gateway.Configuration.Model;
using Gateway.LastGood.InMemory;
using Gateway.LastGood.Keys;
using Gateway.LastGood.Policy;
using Gateway.LastGood.Stores;

namespace Gateway.LastGood;

/// <summary>What a request may be given when no tier can serve.</summary>
internal sealed partial class LastGoodFinder(
    LastGoodMemory memory,
    VariantFinder variants,
    StoresBehind? behind,
    CoverageCounts coverage,
    LastGoodOptions options,
    TimeProvider time,
    ILogger logger)
{
    private readonly ILogger _logger = logger;
    private int _looking;

    /// <summary>Finds the response that a request may be given: the exact one, else the nearest. Never waits.</summary>
    public FoundResponse? Find(RouteConfig route, HttpRequest request)
    {
        if (CacheKeyTemplate.For(route) is not { } plan)
        {
            return null;
        }

        var found = Search(plan, request, plan.Read(request, options.TrustedProxies), missing: null);
        coverage.Count(route, found is not null);
        return found;
    }

    /// <summary>
    /// As <see cref="Find"/>, and looks once into a store that gateways share, for at most <see cref="LastGoodOptions.LookTimeout"/>, when
    /// memory has nothing.
    /// </summary>
    public ValueTask<FoundResponse?> FindAsync(RouteConfig route, HttpRequest request, CancellationToken cancellationToken)
    {
        if (behind is not { CanLook: true } store)
        {
            return new(Find(route, request));
        }

        if (CacheKeyTemplate.For(route) is not { } plan)
        {
            return default;
        }

        var facts = plan.Read(request, options.TrustedProxies);
        var missing = new List<string>();
        if (Search(plan, request, facts, missing) is { } found)
        {
            coverage.Count(route, covered: true);
            return new(found);
        }

        return SearchBehindAsync(store, plan, request, facts, missing, cancellationToken);
    }

    /// <summary>The key of a read whose response all that share the key may get; null: it is none.</summary>
    public string? SharedKeyOf(RouteConfig route, HttpRequest request)
    {
        if (CacheKeyTemplate.For(route) is not { } plan || Preflight.Is(request))
        {
            return null;
        }

        var facts = plan.Read(request, options.TrustedProxies);
        if (!StorageRules.CouldStore(facts))
        {
            return null;
        }

        var key = new KeyBuilder(stackalloc char[KeyBuilder.OnStack]);
        try
        {
            // Which coding the one response will have is not known before it comes.
            return plan.TryWrite(request, facts, CacheKeyTemplate.Exact, ref key)
                ? string.Concat(key.Text, " ", request.Headers.AcceptEncoding.ToString())
                : null;
        }
        finally
        {
            key.Dispose();
        }
    }

    /// <summary>The exact response for a request, if it began at a time or later. Never waits, and counts nothing.</summary>
    public FoundResponse? FindExact(RouteConfig route, HttpRequest request, long notBefore) =>
        CacheKeyTemplate.For(route) is { } plan
        && Search(plan, request, plan.Read(request, options.TrustedProxies), missing: null) is { } found
        && found.Response is { IsNearest: false } stored
        && stored.Began >= notBefore
            ? found
            : null;

    private FoundResponse? Search(CacheKeyTemplate plan, HttpRequest request, in RequestMetadata facts, List<string>? missing)
    {
        if (Preflight.Is(request))
        {
            return SearchPreflight(plan, request, facts, missing);
        }

        var now = time.GetTimestamp();
        var key = new KeyBuilder(stackalloc char[KeyBuilder.OnStack]);
        try
        {
            if (!plan.TryWrite(request, facts, CacheKeyTemplate.Exact, ref key))
            {
                return null;
            }

            variants.Find(request, ref key, out var live, missing);
            if (IsServable(plan, facts, live, now, out var age))
            {
                return new FoundResponse(live!.Response, age);
            }

            AddNotServable(missing, live);
        }
        finally
        {
            key.Dispose();
        }

        return SearchNearest(plan, request, facts, now, missing);
    }

    /// <summary>The nearest response that a request may be given.</summary>
    public FoundResponse? SearchNearest(
        CacheKeyTemplate plan,
        HttpRequest request,
        in RequestMetadata facts,
        long now,
        List<string>? missing)
    {
        var key = new KeyBuilder(stackalloc char[KeyBuilder.OnStack]);
        try
        {
            for (var i = 0; i < plan.Config.Nearest.Length; i++)
            {
                if (!plan.TryWrite(request, facts, i, ref key))
                {
                    continue;
                }

                variants.Find(request, ref key, out var live, missing);
                if (IsServable(plan, facts, live, now, out var age))
                {
                    return new FoundResponse(live!.Response, age);
                }

                AddNotServable(missing, live);
            }
        }
        finally
        {
            key.Dispose();
        }

        return null;
    }

    // A shared store may hold a newer one.
    private static void AddNotServable(List<string>? missing, SlotContent? live)
    {
        if (live is not null)
        {
            missing?.Add(live.Response.Key);
        }
    }

    /// <summary>Whether a response may be given to a request now.</summary>
    public bool IsServable(CacheKeyTemplate plan, in RequestMetadata facts, SlotContent? live, long now, out TimeSpan age)
    {
        age = default;
        if (live is null
            || !StorageRules.MayServe(facts, live.Response.IsPublic, live.Response.IsNearest)
            || (live.Response.IsNearest && memory.IsOvertaken(live.Response)))
        {
            // The last case: the exact response that filled this nearest one was taken back.
            return false;
        }

        age = AgeOf(live.Response, now);
        return StorageRules.IsYoungEnough(age, plan.Config.MaxAge, live.Response.FreshSeconds, live.Response.StaleIfErrorSeconds);
    }

    private async ValueTask<FoundResponse?> SearchBehindAsync(
        StoresBehind store,
        CacheKeyTemplate plan,
        HttpRequest request,
        RequestMetadata facts,
        List<string> missing,
        CancellationToken cancellationToken)
    {
        FoundResponse? found = null;
        if (missing.Count > 0 && Interlocked.Increment(ref _looking) <= options.LooksAtOnce)
        {
            using var deadline = new CancellationTokenSource(options.LookTimeout, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            try
            {
                // The second round follows the note of a key with variants, which the first one brought.
                for (var round = 0; round < 2 && found is null && missing.Count > 0; round++)
                {
                    var asked = missing;
                    await store.LookAsync(asked, both.Token).WaitAsync(both.Token);
                    missing = [];
                    found = Search(plan, request, facts, missing);
                    missing.RemoveAll(asked.Contains);
                }
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // The shared store is late or away: that is what the deadline and the next step are for. Its alarm tells of it.
                LookFailed(exception.GetType().Name);
            }
        }

        Interlocked.Decrement(ref _looking);
        coverage.Count(plan.Route, found is not null);
        return found;
    }

    private FoundResponse? SearchPreflight(CacheKeyTemplate plan, HttpRequest request, in RequestMetadata facts, List<string>? missing)
    {
        if (!Preflight.IsAnonymous(facts))
        {
            return null;
        }

        var key = new KeyBuilder(stackalloc char[KeyBuilder.OnStack]);
        try
        {
            if (!plan.TryWritePreflight(request, facts, ref key))
            {
                return null;
            }

            if (memory.Find(key.Text)?.Live is { } live
                && AgeOf(live.Response, time.GetTimestamp()) is var age
                && age <= plan.Config.MaxAge)
            {
                return new FoundResponse(live.Response, age);
            }

            missing?.Add(key.Text.ToString());
            return null;
        }
        finally
        {
            key.Dispose();
        }
    }

    /// <summary>How old a response is.</summary>
    public TimeSpan AgeOf(StoredResponse stored, long now) =>
        stored.InitialAge + (now > stored.Began ? time.GetElapsedTime(stored.Began, now) : TimeSpan.Zero);

    [LoggerMessage(5003, LogLevel.Debug, "A look into the shared store of last-good responses brought nothing: {Reason}.")]
    private partial void LookFailed(string reason);
}
