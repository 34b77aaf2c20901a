using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Gateway.Configuration.Model;
using Gateway.Observability;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Gateway.LastGood;

// What live responses teach: each is judged, and copied when it is wanted.
internal sealed partial class LastGoodStore
{
    /// <summary>Learns from a live response's head, seen on its way to the client. Call it for every response of every route, before the body.</summary>
    /// <param name="status">The response's status.</param>
    /// <param name="headers">The response's headers.</param>
    /// <param name="tier">Who gave it.</param>
    /// <param name="delay">From the request sent to the head received.</param>
    /// <param name="endIsKnown">False: the body ends with its connection (HTTP/1 without a length and without chunks), so a cut one looks whole.</param>
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

    /// <summary>A write to a path succeeded: what is kept for it is not served any more.</summary>
    public void Invalidate(HttpRequest request)
    {
        var place = new KeyBuilder(stackalloc char[KeyOnStack]);
        if (CacheKeyTemplate.TryWritePlace(request, ref place))
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

    // Clearing the key's room took longer than writing the key: nothing of it is read that was not written.
    [SkipLocalsInit]
    private LastGoodCapture? Learn<THeaders>(RouteConfig route, HttpRequest request, int status, THeaders headers, bool endIsKnown, string tier, TimeSpan delay)
        where THeaders : struct, IResponseHeaders
    {
        // 1. A write that succeeded invalidates its path, on every route.
        if (StorageRules.Invalidates(request.Method, status))
        {
            Invalidate(request);
        }

        if (CacheKeyTemplate.For(route) is not { } plan)
        {
            return null;
        }

        var facts = plan.Read(request, _options.TrustedProxies);
        if (Preflight.Is(request))
        {
            LearnPreflight(plan, request, facts, status, headers, tier, delay);
            return null;
        }

        if (!facts.IsGet && !facts.IsHead)
        {
            CountCoverage(route, answerable: false);
            return null;
        }

        var key = new KeyBuilder(stackalloc char[KeyOnStack]);
        try
        {
            if (!plan.TryWrite(request, facts, CacheKeyTemplate.Exact, ref key))
            {
                Counters.CountRefused(StoreRejection.Key);
                CountCoverage(route, answerable: false);
                return null;
            }

            // 2. What is kept already, and would have answered this request.
            var now = _time.GetTimestamp() - (long)(delay.TotalSeconds * _time.TimestampFrequency);
            var baseLength = key.Text.Length;
            var etag = status == 304 && headers[HeaderNames.ETag] is { Count: 1 } tag ? tag[0] : null;
            FindLive(request, ref key, out var live, etag: etag);
            var answerable = IsServable(plan, facts, live, now, out _) || (plan.Config.Nearest.Length > 0 && SearchNearest(plan, request, facts, now, missing: null) is not null);
            CountCoverage(route, answerable);
            if (!answerable && facts.HasOwnHeaders)
            {
                CountSplit(plan, request, facts);
            }


            // 3. The service may take it back, or give it again.
            var directives = CacheDirectives.Of(headers);
            if (StorageRules.Withdraws(facts, status, directives))
            {
                key.CutTo(baseLength);
                if (_withdrawals.Note(key.Text, Seconds(), (uint)_options.WithdrawalsOver.TotalSeconds))
                {
                    Evict(plan, request, facts, ref key);
                }
            }
            else if (status is 200 or 304 && !directives.NoStore && !directives.Private && StorageRules.CouldStore(facts))
            {
                _withdrawals.Clear(key.Text[..baseLength]);
            }

            if (status == 200 && live is not null && now - live.Answer.Began < RefreshTicks(plan) && !directives.NoStore && !directives.Private)
            {
                // The usual case under load: what is kept is recent enough.
                return null;
            }

            // 4. A 304 says that what is kept is as good as new (RFC 9111, section 4.3.4): browsers that revalidate would else let it grow old.
            if (status == 304 && live is not null && IsConfirmed(plan, facts, live.Answer, directives, headers[HeaderNames.ETag]))
            {
                if (now - live.Answer.Began >= RefreshTicks(plan))
                {
                    Put(live.Answer with { Began = now, BeganUnixMs = Now().UnixMsOf(now), InitialAge = TimeSpan.Zero });
                }

                return null;
            }

            // 5. Whether it may be kept.
            var answer = ResponseMetadata.Read(status, headers, directives);
            if (RouteChanges.VaryByClient(route, headers[HeaderNames.Vary]))
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
        if (vary.Length == 0 && _memory.Find(key.Text)?.Live is { Answer: { IsMarker: true, Vary: [CacheKeyTemplate.AcceptEncoding] } })
        {
            // A service that compresses without a word in Vary: its plain responses stand beside the compressed ones, they do not replace them.
            vary = [CacheKeyTemplate.AcceptEncoding];
        }

        if (!CacheKeyTemplate.TryAppendVariant(request.Headers, vary, answer.Coding, ref key))
        {
            Counters.CountRefused(StoreRejection.Key);
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
        var record = new StoredResponse
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
            FreshSeconds = AgeRules.FreshSeconds(answer.Directives.MaxAge, answer.Directives.IsTargeted ? default : headers[HeaderNames.Expires], date, arrived),
            StaleIfErrorSeconds = answer.Directives.StaleIfError,
            KeepFor = plan.Config.MaxAge,
            Headers = lines.ToArray(),
            ETag = etag.Count == 1 ? etag[0] : null,
        };
        var head = new CaptureHead
        {
            Answer = record,
            Nearest = facts.IsAnonymous ? NearestKeys(plan, request, facts, vary, answer.Coding, ref key) : [],
            RefreshTicks = refresh,
            Claimed = slot,
            ContentType = headers[HeaderNames.ContentType],
            ContentEncoding = headers[HeaderNames.ContentEncoding],
        };
        return new LastGoodCapture(this, head, plan.Config.MaxBody, answer.ContentLength);
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

    private void Evict(CacheKeyTemplate plan, HttpRequest request, in RequestMetadata facts, ref KeyBuilder key)
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

        // A nearest response leaves with the exact one that filled it.
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
                FindLive(request, ref key, out var live);
                if (live is not null && string.Equals(live.Answer.FilledBy, exact, StringComparison.Ordinal))
                {
                    key.CutTo(baseLength);
                    _memory.Evict(key.Text, now);
                    _behind?.Enqueue(new BackingChange(ChangeKind.Evict, key.Text.ToString(), Now().UnixMs));
                }
            }
        }
    }

    private uint Seconds() => (uint)(_time.GetTimestamp() / _time.TimestampFrequency);

    private long RefreshTicks(CacheKeyTemplate plan) => (long)(plan.Config.RefreshEvery.TotalSeconds * _time.TimestampFrequency);

    private static string PlaceOf(HttpRequest request)
    {
        var place = new KeyBuilder(stackalloc char[KeyOnStack]);
        var text = CacheKeyTemplate.TryWritePlace(request, ref place) ? place.Text.ToString() : "";
        place.Dispose();
        return text;
    }
}
