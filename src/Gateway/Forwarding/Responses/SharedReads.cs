using System.Collections.Concurrent;
using Gateway.Configuration.Model;
using Gateway.LastGood;
using Gateway.LastGood.Policy;
using Gateway.Observability;
using Gateway.Observability.Metrics;

namespace Gateway.Forwarding.Responses;

/// <summary>
/// Reads of a route that use the response of another one: equal reads in flight become one (<c>collapse</c>), and a young stored response
/// is given while one request renews it (<c>staleWhileRevalidate</c>). What may be shared is what the last-good store may give to both.
/// </summary>
internal sealed class SharedReads
{
    private readonly RouteConfig _route;
    private readonly LastGoodStore _store;
    private readonly RouteMeter _meter;
    private readonly TimeProvider _time;
    private readonly TimeSpan _patience;
    private readonly TimeSpan _stale;
    private readonly ConcurrentDictionary<string, ReadFlight> _flights = new(StringComparer.Ordinal);

    private SharedReads(
        RouteConfig route,
        LastGoodConfig config,
        LastGoodStore store,
        RouteMeter meter,
        TimeSpan patience,
        TimeProvider time)
    {
        _route = route;
        _store = store;
        _meter = meter;
        _time = time;
        _patience = patience;
        _stale = config.StaleWhileRevalidate;
        Collapses = config.Collapse;
    }

    /// <summary>Equal reads become one.</summary>
    public bool Collapses { get; }

    /// <summary>Those of a route; null: each of its requests is for itself.</summary>
    /// <param name="route">The route.</param>
    /// <param name="store">The stored responses.</param>
    /// <param name="meter">Counts.</param>
    /// <param name="patience">How long a request waits for another one's response before it goes its own way.</param>
    /// <param name="time">The clock.</param>
    public static SharedReads? Of(RouteConfig route, LastGoodStore store, RouteMeter meter, TimeSpan patience, TimeProvider time) =>
        route.LastGood is { } config && (config.Collapse || config.StaleWhileRevalidate > TimeSpan.Zero)
            ? new SharedReads(route, config, store, meter, patience, time)
            : null;

    /// <summary>
    /// Gives a young stored response and says who renews it; or waits for an equal read and gives its response; or makes the request
    /// the one that others wait for.
    /// </summary>
    /// <returns>What the request is to do.</returns>
    public async ValueTask<SharedRead> EnterAsync(HttpContext context, RequestRecord record)
    {
        var request = context.Request;
        if (!HttpMethods.IsGet(request.Method) || _store.SharedKeyOf(_route, request) is not { } key)
        {
            return default;
        }

        // 1. A young stored response, unless the client wants a new one.
        if (_stale > TimeSpan.Zero
            && !WantsNew(request)
            && _store.FindExact(_route, request, long.MinValue) is { } found
            && found.Age <= _stale)
        {
            if (TryLead(key, record.Began) is not { } renewal)
            {
                return new SharedRead(
                    await GiveAsync(context, record, found, StoredUse.StaleWhileRevalidate).ConfigureAwait(false),
                    null,
                    null);
            }

            context.Features.Set(renewal);
            return new SharedRead(false, renewal, found);
        }

        if (!Collapses)
        {
            return default;
        }

        // 2. The first of equal reads goes on; the others wait for it.
        var flight = _flights.GetOrAdd(key, static (text, flights) => new ReadFlight(flights, text), _flights);
        if (flight.TryLead(record.Began))
        {
            context.Features.Set(flight);
            return new SharedRead(false, flight, null);
        }

        try
        {
            await flight.Over.WaitAsync(_patience, _time, context.RequestAborted).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Those that come now need not wait as long.
            flight.End();
            return default;
        }

        var given = _store.FindExact(_route, request, flight.Began) is { } fresh
            && await GiveAsync(context, record, fresh, StoredUse.Collapsed).ConfigureAwait(false);
        return new SharedRead(given, null, null);
    }

    /// <summary>Gives a stored response; false: nothing of it was written.</summary>
    public async ValueTask<bool> GiveAsync(HttpContext context, RequestRecord record, FoundResponse found, StoredUse use)
    {
        if (!await LastGoodWriter.WriteAsync(context, found, use).ConfigureAwait(false))
        {
            return false;
        }

        record.Cause = use == StoredUse.Collapsed ? TerminationCause.Collapsed : TerminationCause.StaleWhileRevalidate;
        _meter.Reused(use == StoredUse.Collapsed ? ReuseReason.Collapse : ReuseReason.Stale);
        return true;
    }

    private ReadFlight? TryLead(string key, long began)
    {
        var flight = new ReadFlight(_flights, key);
        return _flights.TryAdd(key, flight) && flight.TryLead(began) ? flight : null;
    }

    // RFC 9111, section 5.2.1.4, and a browser's reload.
    private static bool WantsNew(HttpRequest request) =>
        CacheDirectives.Parse(request.Headers.CacheControl) is { NoCache: true }
            || string.Equals(request.Headers.Pragma, "no-cache", StringComparison.OrdinalIgnoreCase);
}

/// <summary>What a request of <see cref="SharedReads"/> is to do.</summary>
/// <param name="IsGiven">Nothing: it has its response.</param>
/// <param name="Flight">Others wait for it: it ends this once it is over.</param>
/// <param name="Stale">Give this, and renew it behind.</param>
internal readonly record struct SharedRead(bool IsGiven, ReadFlight? Flight, FoundResponse? Stale);
