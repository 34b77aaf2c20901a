using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Gateway.Configuration.Model;
using Gateway.LastGood.InMemory;
using Gateway.LastGood.Policy;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.LastGood.Keys;

/// <summary>How a route's keys are written; made once for each route of a configuration.</summary>
/// <remarks>
/// <para>A key reads <c>shop.example/api/recommend?category=tea header:x-shop=3 cookie:sid=#… ~recommend.1a2b3c4d</c>, with <c>
/// vary:NAME=…</c> behind it for one variant. Blanks inside values are escaped, so a blank always starts the next part: no value can
/// imitate another key. GET and HEAD share a key; no other method has one.</para>
/// <para>The end names the route and a digest of its key rules: after a change of the rules, responses kept under the old ones are not
/// found any more.</para>
/// </remarks>
internal sealed class CacheKeyTemplate
{
    /// <summary><c>Accept-Encoding</c> in a list of variants.</summary>
    public const string AcceptEncoding = "accept-encoding";

    /// <summary>The exact key, as opposed to the nearest key of an index.</summary>
    public const int Exact = -1;

    private static readonly ConditionalWeakTable<RouteConfig, CacheKeyTemplate> Plans = [];

    private readonly FrozenSet<string> _hidden;
    private readonly OwnHeaders _ownHeaders;
    private readonly KeyedCookies _keyedCookies;
    private readonly string[] _ends;

    private CacheKeyTemplate(RouteConfig route, LastGoodConfig config)
    {
        Route = route;
        Config = config;
        _hidden = RouteChanges.HiddenHeaders(route).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _ownHeaders = new OwnHeaders(config, _hidden);
        _keyedCookies = new KeyedCookies(config);
        _ends = new string[config.Nearest.Length + 1];
        for (var i = Exact; i < config.Nearest.Length; i++)
        {
            var rules = string.Join('\n', PartsOf(i)
                .Select(static part => $"{part.Kind}:{part.Name}")
                .Append(config.IgnoreCookies ? "cookies ignored" : "cookies refused")
                .Concat(config.IgnoreHeaders.Select(static name => $"ignored:{name.ToLowerInvariant()}").Order(StringComparer.Ordinal))
                .Concat(RouteChanges.RulesOf(route)));
            var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(rules)), 0, 4);
            _ends[i + 1] = i == Exact ? $" ~{route.Name}.{digest}" : $" ~{route.Name}.{digest}.nearest{i + 1}";
        }
    }

    /// <summary>The route.</summary>
    public RouteConfig Route { get; }

    /// <summary>The route's rules.</summary>
    public LastGoodConfig Config { get; }

    /// <summary>
    /// How long a kept response is recent enough, in the clock's ticks. Reads that become one wait for a new one each time.
    /// </summary>
    public long RefreshTicks(TimeProvider time) => Config.Collapse ? 0 : (long)(Config.RefreshEvery.TotalSeconds * time.TimestampFrequency);

    /// <summary>The plan of a route; null when it keeps no responses.</summary>
    public static CacheKeyTemplate? For(RouteConfig route) =>
        route.LastGood is null ? null : Plans.GetValue(route, static r => new CacheKeyTemplate(r, r.LastGood!));

    /// <summary>Reads a request's head once.</summary>
    /// <param name="trusted">The proxies that the configuration trusts; asked for only where it matters.</param>
    public RequestMetadata Read(HttpRequest request, Func<ImmutableArray<IPNetwork>>? trusted = null)
    {
        bool authorization = false, range = false, noStore = false, body = false, own = false, optional = false, trusts = false;
        var cookies = CookieStanding.None;
        foreach (var (name, values) in request.Headers)
        {
            switch (RequestHeaderRoles.Of(name))
            {
                case HeaderRole.Own:
                    own |= !_ownHeaders.IsSettled(name);
                    break;
                case HeaderRole.Forwarded:
                    if (IsTrusted(request, trusted))
                    {
                        trusts = true;
                        own |= !_ownHeaders.IsSettled(name);
                    }

                    break;
                case HeaderRole.Optional:
                    optional |= !_ownHeaders.IsSettled(name);
                    break;
                case HeaderRole.Authorization or HeaderRole.Cookie when _hidden.Contains(name):
                    break;
                case HeaderRole.Authorization:
                    authorization = true;
                    break;
                case HeaderRole.Cookie:
                    cookies = _keyedCookies.StandingOf(values);
                    break;
                case HeaderRole.Range:
                    range = true;
                    break;
                case HeaderRole.CacheControl:
                    noStore = CacheDirectives.Parse(values).NoStore;
                    break;
                case HeaderRole.Body:
                    body |= !string.Equals(values.ToString(), "0", StringComparison.Ordinal);
                    break;
            }
        }

        return new RequestMetadata
        {
            IsGet = HttpMethods.IsGet(request.Method),
            IsHead = HttpMethods.IsHead(request.Method),
            HasAuthorization = authorization || ShowsCertificate(request),
            Cookies = cookies,
            HasRange = range,
            NoStore = noStore,
            HasBody = body,
            HasOwnHeaders = own,
            HasOptionalHeaders = optional,
            TrustsForwarded = trusts,
        };
    }

    // Destinations get it in Client-Cert, and may respond by it.
    private static bool ShowsCertificate(HttpRequest request) =>
        request.IsHttps && request.HttpContext.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is not null;

    /// <summary>Writes the key of a request, without variants.</summary>
    /// <param name="nearest"><see cref="Exact"/>, or the index of a nearest key.</param>
    /// <returns>False: the request has no key (a target, a query or a head beyond all measure, no host).</returns>
    public bool TryWrite(HttpRequest request, in RequestMetadata facts, int nearest, ref KeyBuilder key)
    {
        key.CutTo(0);
        var host = request.Host.Value;
        if (string.IsNullOrEmpty(host) || !TargetText.TryRead(request, out var target))
        {
            return false;
        }

        // 1. What the operator chose.
        key.AppendLower(host);
        if (!KeyPartText.AppendAll(request, target, PartsOf(nearest).AsSpan(), ref key))
        {
            return false;
        }

        // 2. What frameworks negotiate by, with or without Vary.
        KeyPartText.AppendAccept(request.Headers.Accept, ref key);
        KeyPartText.AppendLanguages(request.Headers.AcceptLanguage, ref key);

        // 3. Headers of the request's own kind. Nearest responses are filled without them and found in spite of them.
        if (facts.HasOwnHeaders && nearest == Exact && !_ownHeaders.TryAppend(request.Headers, facts.TrustsForwarded, ref key))
        {
            return false;
        }

        key.Append(_ends[nearest + 1]);
        return !key.TooLong;
    }

    /// <summary>Writes the key of a CORS preflight: what it asks for stands among the headers of its own.</summary>
    /// <returns>False: it has no key.</returns>
    public bool TryWritePreflight(HttpRequest request, in RequestMetadata facts, ref KeyBuilder key)
    {
        key.CutTo(0);
        var host = request.Host.Value;
        if (string.IsNullOrEmpty(host) || !TargetText.TryRead(request, out var target))
        {
            return false;
        }

        key.AppendLower(host);
        target.AppendPathTo(ref key);
        key.Append(" preflight origin=");
        key.AppendEscaped(request.Headers.Origin.ToString());
        foreach (var part in Config.Key.AsSpan())
        {
            // Named by the key, it is not among the headers of its own.
            if (part.Kind == KeyPartKind.Header)
            {
                KeyPartText.Append(request, target, part, ref key);
            }
        }

        if (!_ownHeaders.TryAppend(request.Headers, facts.TrustsForwarded, ref key))
        {
            return false;
        }

        key.Append(_ends[Exact + 1]);
        return !key.TooLong;
    }

    /// <summary>Adds the variant that a <c>Vary</c> chooses for this request.</summary>
    /// <param name="coding">The index of the content coding that stands for <c>Accept-Encoding</c>: one stored coding serves every request
    /// that accepts it, however it lists others.</param>
    public static bool TryAppendVariant(IHeaderDictionary headers, ReadOnlySpan<string> vary, int coding, ref KeyBuilder key)
    {
        foreach (var name in vary)
        {
            key.Append(" vary:");
            key.AppendLower(name);
            switch (name)
            {
                case AcceptEncoding:
                    key.Append('=');
                    key.Append(ContentCodings.Names[coding]);
                    break;
                case "accept" or "accept-language":
                    // In every key already.
                    break;
                default:
                    KeyPartText.AppendHeader(name, headers[name], ref key);
                    break;
            }
        }

        return !key.TooLong;
    }

    /// <summary>Host and path of a request: what a write to the same path invalidates.</summary>
    public static bool TryWritePlace(HttpRequest request, ref KeyBuilder place)
    {
        place.CutTo(0);
        if (!TargetText.TryRead(request, out var target))
        {
            return false;
        }

        place.AppendLower(request.Host.Value);
        target.AppendPathTo(ref place);
        return !place.TooLong;
    }

    private ImmutableArray<KeyPart> PartsOf(int nearest) => nearest == Exact ? Config.Key : Config.Nearest[nearest];

    /// <summary>Whether a header sets its sender apart from everyone else.</summary>
    public bool IsOwn(string name, bool trustsForwarded) => _ownHeaders.IsOwn(name, trustsForwarded);

    private static bool IsTrusted(HttpRequest request, Func<ImmutableArray<IPNetwork>>? trusted)
    {
        if (trusted is null || request.HttpContext.Connection.RemoteIpAddress is not { } remote)
        {
            return false;
        }

        remote = remote.IsIPv4MappedToIPv6 ? remote.MapToIPv4() : remote;
        foreach (var network in trusted())
        {
            if (network.Contains(remote))
            {
                return true;
            }
        }

        return false;
    }
}
