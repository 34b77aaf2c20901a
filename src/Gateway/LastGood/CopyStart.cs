using Gateway.LastGood.InMemory;
using Gateway.LastGood.Keys;
using Gateway.LastGood.Policy;
using Gateway.LastGood.Stores;
using Microsoft.Net.Http.Headers;

namespace Gateway.LastGood;

/// <summary>Begins the copy of a response that is wanted: its variant, its claim on the key, and its record without the body.</summary>
internal sealed class CopyStart(LastGoodMemory memory, ResponseKeeper keeper, RefreshRule refreshRule, TimeProvider time)
{
    // A copy that has not ended by then (a client that reads a byte a second) no longer keeps others from refreshing the key.
    private const int ClaimSeconds = 10;

    /// <summary>A copy to feed with the body; null: another one is under way or recent enough, or the key would be too long.</summary>
    /// <param name="plan">The key of the route.</param>
    /// <param name="request">The request.</param>
    /// <param name="facts">What was read of it.</param>
    /// <param name="response">What was read of the response.</param>
    /// <param name="headers">The response's headers.</param>
    /// <param name="key">The exact key, without variant.</param>
    /// <param name="tier">Which tier gave it.</param>
    /// <param name="began">When the response began.</param>
    /// <param name="delay">From the request sent to the head received.</param>
    public LastGoodCapture? Begin<THeaders>(
        CacheKeyTemplate plan,
        HttpRequest request,
        in RequestMetadata facts,
        in ResponseMetadata response,
        THeaders headers,
        ref KeyBuilder key,
        string tier,
        long began,
        TimeSpan delay)
        where THeaders : struct, IResponseHeaders
    {
        // 1. The variant, by this response's Vary rather than by the one that is kept.
        var baseLength = key.Text.Length;
        var vary = ResponseMetadata.VariantsOf(headers);
        if (vary.Length == 0 && memory.Find(key.Text)?.Live is { Response: { IsMarker: true, Vary: [CacheKeyTemplate.AcceptEncoding] } })
        {
            // A service that compresses without a word in Vary: its plain responses stand beside the compressed ones, they do not replace
            // them.
            vary = [CacheKeyTemplate.AcceptEncoding];
        }

        if (!CacheKeyTemplate.TryAppendVariant(request.Headers, vary, response.Coding, ref key))
        {
            keeper.Counters.CountRefused(StoreRejection.Key);
            return null;
        }

        // 2. One copy at a time for a key that is kept already, and one in refreshEvery.
        var refresh = refreshRule.TicksFor(plan);
        var slot = memory.Find(key.Text);
        if (slot?.Live is { Response: { IsMarker: false } kept })
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
        var record = RecordOf(plan, request, response, headers, key.Text, baseLength, vary, tier, began, delay);
        var head = new CaptureHead
        {
            Response = record,
            Nearest = facts.IsAnonymous ? NearestKeys(plan, request, facts, vary, response.Coding, ref key) : [],
            RefreshTicks = refresh,
            Claimed = slot,
            ContentType = headers[HeaderNames.ContentType],
            ContentEncoding = headers[HeaderNames.ContentEncoding],
        };
        return new LastGoodCapture(keeper, head, plan.Config.MaxBody, response.ContentLength);
    }

    private StoredResponse RecordOf<THeaders>(
        CacheKeyTemplate plan,
        HttpRequest request,
        in ResponseMetadata response,
        THeaders headers,
        ReadOnlySpan<char> key,
        int baseLength,
        string[] vary,
        string tier,
        long began,
        TimeSpan delay)
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
            IsPublic = response.Directives.Public,
            Began = began,
            BeganUnixMs = clock.UnixMsOf(began),
            InitialAge = AgeRules.AtArrival(date, AgeRules.ParseAge(headers[HeaderNames.Age]), arrived, delay) - delay is var age
                && age > TimeSpan.Zero ? age : TimeSpan.Zero,
            FreshSeconds = AgeRules.FreshSeconds(
                response.Directives.MaxAge,
                response.Directives.IsTargeted ? default : headers[HeaderNames.Expires],
                date,
                arrived),
            StaleIfErrorSeconds = response.Directives.StaleIfError,
            KeepFor = plan.Config.MaxAge,
            Headers = lines.ToArray(),
            ETag = etag.Count == 1 ? etag[0] : null,
        };
    }

    private static (string Key, string BaseKey)[] NearestKeys(
        CacheKeyTemplate plan,
        HttpRequest request,
        in RequestMetadata facts,
        string[] vary,
        int coding,
        ref KeyBuilder key)
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
}
