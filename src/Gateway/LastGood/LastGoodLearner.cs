using System.Runtime.CompilerServices;
using Gateway.Configuration.Model;
using Gateway.LastGood.InMemory;
using Gateway.LastGood.Keys;
using Gateway.LastGood.Policy;
using Gateway.LastGood.Stores;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Gateway.LastGood;

/// <summary>What live responses teach: each is judged, and copied when it is wanted; what the service takes back leaves.</summary>
internal sealed class LastGoodLearner(
    LastGoodFinder finder,
    VariantFinder variants,
    StoreEvictions evictions,
    ResponseKeeper keeper,
    CopyStart copies,
    PreflightLearner preflights,
    CoverageCounts coverage,
    RefreshRule refresh,
    LastGoodOptions options,
    TimeProvider time)
{
    private readonly Withdrawals _withdrawals = new();

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
        Learn(route, request, status, new ResponseHeaders(headers), endIsKnown, tier, delay);

    /// <summary>As above, for a response as it came from a destination.</summary>
    public LastGoodCapture? OnResponse(
        RouteConfig route,
        HttpRequest request,
        HttpResponseMessage response,
        string tier,
        TimeSpan delay = default)
    {
        // A body that ends with its connection cannot be told from one that was cut.
        var endIsKnown = response.Version.Major >= 2
            || response.Content.Headers.ContentLength is not null
            || response.Headers.TransferEncodingChunked == true;
        return Learn(route, request, (int)response.StatusCode, new MessageHeaders(response), endIsKnown, tier, delay);
    }

    // Clearing the key's room took longer than writing the key: nothing of it is read that was not written.
    [SkipLocalsInit]
    private LastGoodCapture? Learn<THeaders>(
        RouteConfig route, HttpRequest request, int status, THeaders headers, bool endIsKnown, string tier, TimeSpan delay)
        where THeaders : struct, IResponseHeaders
    {
        // 1. A write that succeeded invalidates its path, on every route.
        if (StorageRules.Invalidates(request.Method, status))
        {
            evictions.Invalidate(request);
        }

        if (CacheKeyTemplate.For(route) is not { } plan)
        {
            return null;
        }

        var facts = plan.Read(request, options.TrustedProxies);
        if (Preflight.Is(request))
        {
            preflights.Learn(plan, request, facts, status, headers, tier, delay);
            return null;
        }

        if (!facts.IsGet && !facts.IsHead)
        {
            coverage.Count(route, covered: false);
            return null;
        }

        var key = new KeyBuilder(stackalloc char[KeyBuilder.OnStack]);
        try
        {
            if (!plan.TryWrite(request, facts, CacheKeyTemplate.Exact, ref key))
            {
                keeper.Counters.CountRefused(StoreRejection.Key);
                coverage.Count(route, covered: false);
                return null;
            }

            // 2. What is kept already, and would have answered this request.
            var now = time.GetTimestamp() - (long)(delay.TotalSeconds * time.TimestampFrequency);
            var baseLength = key.Text.Length;
            var etag = status == 304 && headers[HeaderNames.ETag] is { Count: 1 } tag ? tag[0] : null;
            variants.Find(request, ref key, out var live, etag: etag);
            CountCoverage(plan, request, facts, live, now);
            return Judge(plan, request, facts, status, headers, endIsKnown, tier, now, delay, live, ref key, baseLength);
        }
        finally
        {
            key.Dispose();
        }
    }

    private void CountCoverage(CacheKeyTemplate plan, HttpRequest request, in RequestMetadata facts, SlotContent? live, long now)
    {
        var covered = finder.IsServable(plan, facts, live, now, out _)
            || (plan.Config.Nearest.Length > 0 && finder.SearchNearest(plan, request, facts, now, missing: null) is not null);
        coverage.Count(plan.Route, covered);
        if (!covered && facts.HasOwnHeaders)
        {
            coverage.CountSplit(plan, request, facts);
        }
    }

    private LastGoodCapture? Judge<THeaders>(
        CacheKeyTemplate plan,
        HttpRequest request,
        in RequestMetadata facts,
        int status,
        THeaders headers,
        bool endIsKnown,
        string tier,
        long now,
        TimeSpan delay,
        SlotContent? live,
        ref KeyBuilder key,
        int baseLength)
        where THeaders : struct, IResponseHeaders
    {
        // 3. The service may take it back, or give it again.
        var directives = CacheDirectives.Of(headers);
        NoteWithdrawal(plan, request, facts, status, directives, ref key, baseLength);
        if (status == 200
            && live is not null
            && now - live.Response.Began < refresh.TicksFor(plan)
            && !directives.NoStore
            && !directives.Private)
        {
            // The usual case under load: what is kept is recent enough.
            return null;
        }

        // 4. A 304 says that what is kept is as good as new (RFC 9111, section 4.3.4): browsers that revalidate would else let it grow old.
        if (status == 304 && live is not null && IsConfirmed(plan, facts, live.Response, directives, headers[HeaderNames.ETag]))
        {
            Renew(plan, live.Response, now);
            return null;
        }

        // 5. Whether it may be kept.
        var response = ResponseMetadata.Read(status, headers, directives);
        if (RouteChanges.VaryByClient(plan.Route, headers[HeaderNames.Vary]))
        {
            response = response with { VariesByAnything = true };
        }

        if (RefusalOf(plan, facts, response, endIsKnown) is not StoreRejection.None and var refusal)
        {
            keeper.Counters.CountRefused(refusal);
            return null;
        }

        key.CutTo(baseLength);
        return copies.Begin(plan, request, facts, response, headers, ref key, tier, now, delay);
    }

    private void NoteWithdrawal(
        CacheKeyTemplate plan,
        HttpRequest request,
        in RequestMetadata facts,
        int status,
        CacheDirectives directives,
        ref KeyBuilder key,
        int baseLength)
    {
        if (StorageRules.Withdraws(facts, status, directives))
        {
            key.CutTo(baseLength);
            if (_withdrawals.Note(key.Text, Seconds(), (uint)options.WithdrawalsOver.TotalSeconds))
            {
                evictions.Evict(plan, request, facts, ref key);
            }
        }
        else if (status is 200 or 304 && !directives.NoStore && !directives.Private && StorageRules.CouldStore(facts))
        {
            _withdrawals.Clear(key.Text[..baseLength]);
        }
    }

    private void Renew(CacheKeyTemplate plan, StoredResponse kept, long now)
    {
        if (now - kept.Began >= refresh.TicksFor(plan))
        {
            keeper.Put(kept with { Began = now, BeganUnixMs = ClockReading.Of(time).UnixMsOf(now), InitialAge = TimeSpan.Zero });
        }
    }

    private static StoreRejection RefusalOf(
        CacheKeyTemplate plan, in RequestMetadata facts, in ResponseMetadata response, bool endIsKnown)
    {
        var refusal = StorageRules.Judge(facts, response, plan.Config.MaxBody);
        return refusal == StoreRejection.None && !endIsKnown ? StoreRejection.Truncated : refusal;
    }

    private static bool IsConfirmed(
        CacheKeyTemplate plan, in RequestMetadata facts, StoredResponse kept, CacheDirectives directives, StringValues etag)
    {
        var asIfWhole = new ResponseMetadata { Status = 200, Directives = directives with { Public = directives.Public || kept.IsPublic } };
        return kept.ETag is not null
            && etag.Count == 1
            && string.Equals(etag[0], kept.ETag, StringComparison.Ordinal)
            && StorageRules.Judge(facts, asIfWhole, plan.Config.MaxBody) == StoreRejection.None;
    }

    private uint Seconds() => (uint)(time.GetTimestamp() / time.TimestampFrequency);
}
