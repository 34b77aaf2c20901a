using System.Runtime.CompilerServices;
using Gateway.Configuration.Model;
using Microsoft.Net.Http.Headers;

namespace Gateway.LastGood;

/// <summary>What live responses teach: each is judged, and copied when it is wanted; what the service takes back leaves.</summary>
internal sealed class LastGoodLearner(
    LastGoodMemory memory, LastGoodFinder finder, StoreEvictions evictions, ResponseKeeper keeper, PreflightLearner preflights, CoverageCounts coverage, LastGoodOptions options, TimeProvider time)
{
    // A copy that has not ended by then (a client that reads a byte a second) no longer keeps others from refreshing the key.
    private const int ClaimSeconds = 10;

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
    public LastGoodCapture? OnResponse(RouteConfig route, HttpRequest request, int status, IHeaderDictionary headers, string tier, TimeSpan delay = default, bool endIsKnown = true) =>
        Learn(route, request, status, new ResponseHeaders(headers), endIsKnown, tier, delay);

    /// <summary>As above, for a response as it came from a destination.</summary>
    public LastGoodCapture? OnResponse(RouteConfig route, HttpRequest request, HttpResponseMessage answer, string tier, TimeSpan delay = default)
    {
        // A body that ends with its connection cannot be told from one that was cut.
        var endIsKnown = answer.Version.Major >= 2 || answer.Content.Headers.ContentLength is not null || answer.Headers.TransferEncodingChunked == true;
        return Learn(route, request, (int)answer.StatusCode, new MessageHeaders(answer), endIsKnown, tier, delay);
    }

    // Clearing the key's room took longer than writing the key: nothing of it is read that was not written.
    [SkipLocalsInit]
    private LastGoodCapture? Learn<THeaders>(RouteConfig route, HttpRequest request, int status, THeaders headers, bool endIsKnown, string tier, TimeSpan delay)
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
            coverage.Count(route, answerable: false);
            return null;
        }

        var key = new KeyBuilder(stackalloc char[KeyBuilder.OnStack]);
        try
        {
            if (!plan.TryWrite(request, facts, CacheKeyTemplate.Exact, ref key))
            {
                keeper.Counters.CountRefused(StoreRejection.Key);
                coverage.Count(route, answerable: false);
                return null;
            }

            // 2. What is kept already, and would have answered this request.
            var now = time.GetTimestamp() - (long)(delay.TotalSeconds * time.TimestampFrequency);
            var baseLength = key.Text.Length;
            var etag = status == 304 && headers[HeaderNames.ETag] is { Count: 1 } tag ? tag[0] : null;
            finder.FindLive(request, ref key, out var live, etag: etag);
            var answerable = finder.IsServable(plan, facts, live, now, out _) || (plan.Config.Nearest.Length > 0 && finder.SearchNearest(plan, request, facts, now, missing: null) is not null);
            coverage.Count(route, answerable);
            if (!answerable && facts.HasOwnHeaders)
            {
                coverage.CountSplit(plan, request, facts);
            }

            return Judge(plan, request, facts, status, headers, endIsKnown, tier, now, delay, live, ref key, baseLength);
        }
        finally
        {
            key.Dispose();
        }
    }

    private LastGoodCapture? Judge<THeaders>(
        CacheKeyTemplate plan, HttpRequest request, in RequestMetadata facts, int status, THeaders headers, bool endIsKnown, string tier, long now, TimeSpan delay, SlotContent? live, ref KeyBuilder key, int baseLength)
        where THeaders : struct, IResponseHeaders
    {
        // 3. The service may take it back, or give it again.
        var directives = CacheDirectives.Of(headers);
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

        if (status == 200 && live is not null && now - live.Answer.Began < plan.RefreshTicks(time) && !directives.NoStore && !directives.Private)
        {
            // The usual case under load: what is kept is recent enough.
            return null;
        }

        // 4. A 304 says that what is kept is as good as new (RFC 9111, section 4.3.4): browsers that revalidate would else let it grow old.
        if (status == 304 && live is not null && IsConfirmed(plan, facts, live.Answer, directives, headers[HeaderNames.ETag]))
        {
            if (now - live.Answer.Began >= plan.RefreshTicks(time))
            {
                keeper.Put(live.Answer with { Began = now, BeganUnixMs = ClockReading.Of(time).UnixMsOf(now), InitialAge = TimeSpan.Zero });
            }

            return null;
        }

        // 5. Whether it may be kept.
        var answer = ResponseMetadata.Read(status, headers, directives);
        if (RouteChanges.VaryByClient(plan.Route, headers[HeaderNames.Vary]))
        {
            answer = answer with { VariesByAnything = true };
        }

        var refusal = StorageRules.Judge(facts, answer, plan.Config.MaxBody);
        if (refusal == StoreRejection.None && !endIsKnown)
        {
            refusal = StoreRejection.Truncated;
        }

        if (refusal != StoreRejection.None)
        {
            keeper.Counters.CountRefused(refusal);
            return null;
        }

        key.CutTo(baseLength);
        return Begin(plan, request, facts, answer, headers, ref key, tier, now, delay);
    }

    private static bool IsConfirmed(CacheKeyTemplate plan, in RequestMetadata facts, StoredResponse kept, CacheDirectives directives, Microsoft.Extensions.Primitives.StringValues etag)
    {
        var asIfWhole = new ResponseMetadata { Status = 200, Directives = directives with { Public = directives.Public || kept.IsPublic } };
        return kept.ETag is not null
            && etag.Count == 1
            && string.Equals(etag[0], kept.ETag, StringComparison.Ordinal)
            && StorageRules.Judge(facts, asIfWhole, plan.Config.MaxBody) == StoreRejection.None;
    }

    private LastGoodCapture? Begin<THeaders>(CacheKeyTemplate plan, HttpRequest request, in RequestMetadata facts, in ResponseMetadata answer, THeaders headers, ref KeyBuilder key, string tier, long began, TimeSpan delay)
        where THeaders : struct, IResponseHeaders
    {
        // 1. The variant, by this response's Vary rather than by the one that is kept.
        var baseLength = key.Text.Length;
        var vary = ResponseMetadata.VariantsOf(headers);
        if (vary.Length == 0 && memory.Find(key.Text)?.Live is { Answer: { IsMarker: true, Vary: [CacheKeyTemplate.AcceptEncoding] } })
        {
            // A service that compresses without a word in Vary: its plain responses stand beside the compressed ones, they do not replace
            // them.
            vary = [CacheKeyTemplate.AcceptEncoding];
        }

        if (!CacheKeyTemplate.TryAppendVariant(request.Headers, vary, answer.Coding, ref key))
        {
            keeper.Counters.CountRefused(StoreRejection.Key);
            return null;
        }

        // 2. One copy at a time for a key that is kept already, and one in refreshEvery.
        var refresh = plan.RefreshTicks(time);
        var slot = memory.Find(key.Text);
        if (slot?.Live is { Answer: { IsMarker: false } kept })
        {
            if (began - kept.Began < refresh || !slot.TryClaim(began, began - (ClaimSeconds * time.TimestampFrequency)))
            {
                return null;
            }
        }
        else
        {
            slot = null;
        }

        // 3. The record, still without its body.
        var record = RecordOf(plan, request, answer, headers, key.Text, baseLength, vary, tier, began, delay);
        var head = new CaptureHead
        {
            Answer = record,
            Nearest = facts.IsAnonymous ? NearestKeys(plan, request, facts, vary, answer.Coding, ref key) : [],
            RefreshTicks = refresh,
            Claimed = slot,
            ContentType = headers[HeaderNames.ContentType],
            ContentEncoding = headers[HeaderNames.ContentEncoding],
        };
        return new LastGoodCapture(keeper, head, plan.Config.MaxBody, answer.ContentLength);
    }

    private StoredResponse RecordOf<THeaders>(
        CacheKeyTemplate plan, HttpRequest request, in ResponseMetadata answer, THeaders headers, ReadOnlySpan<char> key, int baseLength, string[] vary, string tier, long began, TimeSpan delay)
        where THeaders : struct, IResponseHeaders
    {
        var clock = ClockReading.Of(time);
        var arrived = DateTimeOffset.FromUnixTimeMilliseconds(clock.UnixMs);
        var date = AgeRules.ParseDate(headers[HeaderNames.Date]);
        var lines = new StoredHeaders.Builder(headers[HeaderNames.Connection]);
        headers.CopyTo(lines);
        var exact = key.ToString();
        var etag = headers[HeaderNames.ETag];
        return new StoredResponse
        {
            Key = exact,
            BaseKey = vary.Length == 0 ? exact : exact[..baseLength],
            Place = TargetPlace.Of(request),
            Route = plan.Route.Name,
            Tier = tier,
            Vary = vary,
            IsPublic = answer.Directives.Public,
            Began = began,
            BeganUnixMs = clock.UnixMsOf(began),
            InitialAge = AgeRules.AtArrival(date, AgeRules.ParseAge(headers[HeaderNames.Age]), arrived, delay) - delay is var age && age > TimeSpan.Zero ? age : TimeSpan.Zero,
            FreshSeconds = AgeRules.FreshSeconds(answer.Directives.MaxAge, answer.Directives.IsTargeted ? default : headers[HeaderNames.Expires], date, arrived),
            StaleIfErrorSeconds = answer.Directives.StaleIfError,
            KeepFor = plan.Config.MaxAge,
            Headers = lines.ToArray(),
            ETag = etag.Count == 1 ? etag[0] : null,
        };
    }

    private static (string Key, string BaseKey)[] NearestKeys(CacheKeyTemplate plan, HttpRequest request, in RequestMetadata facts, string[] vary, int coding, ref KeyBuilder key)
    {
        var keys = new List<(string, string)>(plan.Config.Nearest.Length);
        for (var i = 0; i < plan.Config.Nearest.Length; i++)
        {
            if (plan.TryWrite(request, facts, i, ref key))
            {
                var baseLength = key.Text.Length;
                if (CacheKeyTemplate.TryAppendVariant(request.Headers, vary, coding, ref key))
                {
                    var text = key.Text.ToString();
                    keys.Add((text, text[..baseLength]));
                }
            }
        }

        return [.. keys];
    }

    private uint Seconds() => (uint)(time.GetTimestamp() / time.TimestampFrequency);
}
