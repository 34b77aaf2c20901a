using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Gateway.LastGood;

// CORS preflights: what was said of the last one like it. Only headers are kept, so that nothing has to be copied on the way.
internal sealed partial class LastGoodStore
{
    private void LearnPreflight<THeaders>(CacheKeyTemplate plan, HttpRequest request, in RequestMetadata facts, int status, THeaders headers, string tier, TimeSpan delay)
        where THeaders : struct, IResponseHeaders
    {
        if (!Preflight.IsAnonymous(facts))
        {
            CountCoverage(plan.Route, answerable: false);
            return;
        }

        var key = new KeyBuilder(stackalloc char[KeyOnStack]);
        try
        {
            if (!plan.TryWritePreflight(request, facts, ref key))
            {
                Counters.CountRefused(StoreRejection.Key);
                CountCoverage(plan.Route, answerable: false);
                return;
            }

            var now = _time.GetTimestamp() - (long)(delay.TotalSeconds * _time.TimestampFrequency);
            var live = _memory.Find(key.Text)?.Live;
            CountCoverage(plan.Route, live is not null && AgeOf(live.Answer, now) <= plan.Config.MaxAge);
            if (Preflight.Withdraws(status))
            {
                EvictPreflight(key.Text);
            }
            else if (Preflight.MayStore(status, CacheDirectives.Of(headers), headers[HeaderNames.SetCookie].Count > 0) && (live is null || now - live.Answer.Began >= RefreshTicks(plan)))
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
        var isKept = Put(new StoredResponse
        {
            Key = key,
            BaseKey = key,
            // Not the path itself: the write that a preflight was for would take it back each time.
            Place = "preflight " + PlaceOf(request),
            Route = plan.Route.Name,
            Tier = tier,
            Began = began,
            BeganUnixMs = Now().UnixMsOf(began),
            KeepFor = plan.Config.MaxAge,
            Headers = Array.FindAll(lines.ToArray(), static line => Preflight.Keeps(line.Name)),
        });
        if (isKept)
        {
            Counters.CountStored();
        }
    }

    private void EvictPreflight(ReadOnlySpan<char> key)
    {
        if (_memory.Evict(key, _time.GetTimestamp()))
        {
            Counters.CountEvicted();
        }
        else if (_behind is not { KeepsMoreThanMemory: true })
        {
            return;
        }

        _behind?.Enqueue(new BackingChange(ChangeKind.Evict, key.ToString(), Now().UnixMs));
    }

    private FoundResponse? SearchPreflight(CacheKeyTemplate plan, HttpRequest request, in RequestMetadata facts, List<string>? missing)
    {
        if (!Preflight.IsAnonymous(facts))
        {
            return null;
        }

        var key = new KeyBuilder(stackalloc char[KeyOnStack]);
        try
        {
            if (!plan.TryWritePreflight(request, facts, ref key))
            {
                return null;
            }

            if (_memory.Find(key.Text)?.Live is { } live && AgeOf(live.Answer, _time.GetTimestamp()) is var age && age <= plan.Config.MaxAge)
            {
                return new FoundResponse(live.Answer, age);
            }

            missing?.Add(key.Text.ToString());
            return null;
        }
        finally
        {
            key.Dispose();
        }
    }
}
