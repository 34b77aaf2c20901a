using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Gateway.Configuration.Model;
using Gateway.Forwarding.Responses;
using Gateway.Observability;
using Gateway.Observability.Metrics;

namespace Gateway.Forwarding.Requests;

/// <summary>
/// Who may use a route (<c>allow</c>, <c>deny</c>) and how often (<c>rateLimit</c>). The client is the one behind <c>trustedProxies</c>.
/// </summary>
internal sealed class RouteAccess
{
    private readonly ImmutableArray<IPNetwork> _allow;
    private readonly ImmutableArray<IPNetwork> _deny;
    private readonly ImmutableArray<IPNetwork> _trusted;
    private readonly RouteMeter _meter;
    private readonly TimeProvider _time;

    private readonly ClientLoad? _load;
    private readonly int _mostOfAClient;

    private RouteAccess(
        RouteConfig route,
        RateLimit? limit,
        ClientLoad? load,
        int mostOfAClient,
        ImmutableArray<IPNetwork> trusted,
        RouteMeter meter,
        TimeProvider time)
    {
        _load = load;
        _mostOfAClient = mostOfAClient;
        _allow = route.Allow;
        _deny = route.Deny;
        Limit = limit;
        _trusted = trusted;
        _meter = meter;
        _time = time;
    }

    /// <summary>The senders' buckets; null: there is no limit.</summary>
    public RateLimit? Limit { get; }

    /// <summary>The rules of a route; null: it has none.</summary>
    /// <param name="route">The route.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="load">What clients have under way, over all routes.</param>
    /// <param name="previous">The rules before a reload: the same limit goes on with its buckets.</param>
    /// <param name="meter">Counts refusals.</param>
    /// <param name="time">The clock.</param>
    public static RouteAccess? Of(
        RouteConfig route,
        GatewayConfig config,
        ClientLoad load,
        RouteAccess? previous,
        RouteMeter meter,
        TimeProvider time)
    {
        var mostOfAClient = config.Limits.RequestsPerClient;
        if (route.Allow.IsEmpty && route.Deny.IsEmpty && route.RateLimit is null && mostOfAClient is null)
        {
            return null;
        }

        var limit = route.RateLimit is null
            ? null
            : route.RateLimit.Equals(previous?.Limit?.Config) ? previous!.Limit
            : new RateLimit(route.RateLimit, time);
        return new RouteAccess(route, limit, mostOfAClient is null ? null : load, mostOfAClient ?? 0, config.TrustedProxies, meter, time);
    }

    /// <summary>Refuses a request from where none may come; false: nothing was written.</summary>
    public async ValueTask<bool> DenyAsync(HttpContext context, RequestRecord record)
    {
        if (_allow.IsEmpty && _deny.IsEmpty)
        {
            return false;
        }

        // Without an address, as over a socket of this machine, no network holds it.
        var client = TrustedProxies.AddressOf(_trusted, context);
        if ((_allow.IsEmpty || (client is not null && TrustedProxies.Contain(_allow, client)))
            && (client is null || !TrustedProxies.Contain(_deny, client)))
        {
            return false;
        }

        record.Cause = TerminationCause.Denied;
        _meter.Refused(RefusalReason.Denied);
        await RefusalResponse.WriteAsync(
            context,
            StatusCodes.Status403Forbidden,
            "This address may not be used from where the request comes.",
            closes: false).ConfigureAwait(false);
        return true;
    }

    /// <summary>Refuses a request of a sender that has made too many; false: nothing was written.</summary>
    public async ValueTask<bool> LimitAsync(HttpContext context, RequestRecord record)
    {
        if (Limit is not { } limit || limit.Take(SenderOf(context.Request, limit), _time.GetTimestamp()) is not { } wait)
        {
            return false;
        }

        record.Cause = TerminationCause.RateLimited;
        _meter.Refused(RefusalReason.RateLimited);
        var seconds = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        await RefusalResponse.WriteAsync(
            context,
            StatusCodes.Status429TooManyRequests,
            "There were too many requests. Please try again later.",
            closes: false,
            headers =>
            {
                headers.RetryAfter = seconds;
                headers["RateLimit-Policy"] = limit.Policy;
                headers["RateLimit"] = $"\"default\";r=0;t={seconds}";
            }).ConfigureAwait(false);
        return true;
    }

    /// <summary>
    /// Counts a request of a client as under way, or refuses it; false: nothing was written. Balance with <see cref="Leave"/>.
    /// </summary>
    public async ValueTask<bool> CrowdAsync(HttpContext context, RequestRecord record)
    {
        if (_load is not { } load)
        {
            return false;
        }

        var client = ClientLoad.KeyOf(TrustedProxies.AddressOf(_trusted, context));
        if (load.TryEnter(client, _mostOfAClient))
        {
            record.CountedFor = client;
            return false;
        }

        record.Cause = TerminationCause.ClientBusy;
        _meter.Refused(RefusalReason.ClientBusy);
        await RefusalResponse.WriteAsync(
            context,
            StatusCodes.Status429TooManyRequests,
            "There are too many requests under way. Please wait for their responses.",
            closes: false,
            static headers => headers.RetryAfter = "1").ConfigureAwait(false);
        return true;
    }

    /// <summary>The request is over.</summary>
    public void Leave(RequestRecord record)
    {
        if (record.CountedFor is { } client)
        {
            _load?.Leave(client);
        }
    }

    private ulong SenderOf(HttpRequest request, RateLimit limit)
    {
        var config = limit.Config;
        var key = config.Header is { } header
            ? HeaderOf(request, header)
            : config.Cookie is { } cookie ? CookieOf(request, cookie)
            : default;
        return key.IsEmpty ? ClientLoad.KeyOf(TrustedProxies.AddressOf(_trusted, request.HttpContext)) : limit.SenderOf(key);
    }

    private static ReadOnlySpan<char> HeaderOf(HttpRequest request, string name) =>
        request.Headers.TryGetValue(name, out var values) ? values.Count == 1 ? values[0] : values.ToString() : default;

    private static ReadOnlySpan<char> CookieOf(HttpRequest request, string name)
    {
        foreach (var line in request.Headers.Cookie)
        {
            foreach (var part in line.AsSpan().Split(';'))
            {
                var pair = line.AsSpan(part).Trim();
                if (pair.Length > name.Length && pair[name.Length] == '=' && pair.StartsWith(name, StringComparison.Ordinal))
                {
                    return pair[(name.Length + 1)..];
                }
            }
        }

        return default;
    }
}
