using Gateway.LastGood.InMemory;
using Gateway.LastGood.Keys;
using Gateway.LastGood.Policy;
using Gateway.LastGood.Stores;
using Microsoft.Net.Http.Headers;

namespace Gateway.LastGood;

/// <summary>
/// CORS preflights: what was said of the last one like it. Only headers are kept, so that nothing has to be copied on the way.
/// </summary>
internal sealed class PreflightLearner(
    LastGoodMemory memory,
    StoresBehind? behind,
    LastGoodFinder finder,
    ResponseKeeper keeper,
    CoverageCounts coverage,
    RefreshRule refresh,
    TimeProvider time)
{
    /// <summary>Learns from the response to a preflight.</summary>
    public void Learn<THeaders>(
        CacheKeyTemplate plan,
        HttpRequest request,
        in RequestMetadata facts,
        int status,
        THeaders headers,
        string tier,
        TimeSpan delay)
        where THeaders : struct, IResponseHeaders
    {
        if (!Preflight.IsAnonymous(facts))
        {
            coverage.Count(plan.Route, covered: false);
            return;
        }

        var key = new KeyBuilder(stackalloc char[KeyBuilder.OnStack]);
        try
        {
            if (!plan.TryWritePreflight(request, facts, ref key))
            {
                keeper.Counters.CountRefused(StoreRejection.Key);
                coverage.Count(plan.Route, covered: false);
                return;
            }

            var now = time.GetTimestamp() - (long)(delay.TotalSeconds * time.TimestampFrequency);
            var live = memory.Find(key.Text)?.Live;
            coverage.Count(plan.Route, live is not null && finder.AgeOf(live.Response, now) <= plan.Config.MaxAge);
            if (Preflight.Withdraws(status))
            {
                EvictPreflight(key.Text);
            }
            else if (Preflight.MayStore(status, CacheDirectives.Of(headers), headers[HeaderNames.SetCookie].Count > 0)
                && (live is null || now - live.Response.Began >= refresh.TicksFor(plan)))
            {
                KeepPreflight(plan, request, key.Text.ToString(), headers, tier, now);
            }
        }
        finally
        {
            key.Dispose();
        }
    }

    private void KeepPreflight<THeaders>(CacheKeyTemplate plan, HttpRequest request, string key, THeaders headers, string tier, long began)
        where THeaders : struct, IResponseHeaders
    {
        var lines = new StoredHeaders.Builder(headers[HeaderNames.Connection]);
        headers.CopyTo(lines);
        var isKept = keeper.Put(new StoredResponse
        {
            Key = key,
            BaseKey = key,
            // Not the path itself: the write that a preflight was for would take it back each time.
            Place = "preflight " + TargetPlace.Of(request),
            Route = plan.Route.Name,
            Tier = tier,
            Began = began,
            BeganUnixMs = ClockReading.Of(time).UnixMsOf(began),
            KeepFor = plan.Config.MaxAge,
            Headers = Array.FindAll(lines.ToArray(), static line => Preflight.Keeps(line.Name)),
        });
        if (isKept)
        {
            keeper.Counters.CountStored();
        }
    }

    private void EvictPreflight(ReadOnlySpan<char> key)
    {
        if (memory.Evict(key, time.GetTimestamp()))
        {
            keeper.Counters.CountEvicted();
        }
        else if (behind is not { KeepsMoreThanMemory: true })
        {
            return;
        }

        behind?.Enqueue(new BackingChange(ChangeKind.Evict, key.ToString(), ClockReading.Of(time).UnixMs));
    }
}
