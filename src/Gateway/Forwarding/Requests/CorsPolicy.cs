using System.Collections.Frozen;
using System.Globalization;
using Gateway.Configuration.Keys;
using Gateway.Configuration.Model;
using Gateway.Configuration.Routing;
using Gateway.Upstream;
using Microsoft.Extensions.Primitives;

namespace Gateway.Forwarding.Requests;

/// <summary>
/// Lets scripts of other origins use a route (Fetch, section 3.2): answers preflights, in health and outage alike, and gives every response
/// the headers that a destination has not set itself.
/// </summary>
internal sealed class CorsPolicy
{
    private const string VaryOrigin = "Origin";

    // One for all requests: what it needs is its state.
    private static readonly Func<object, Task> Complete = static state =>
    {
        var (context, policy) = ((HttpContext, CorsPolicy))state;
        policy.AddTo(context);
        return Task.CompletedTask;
    };

    private readonly bool _anyOrigin;
    private readonly FrozenSet<string> _origins;
    private readonly (string Scheme, string Suffix)[] _below;
    private readonly bool _credentials;
    private readonly FrozenSet<string> _methods;
    private readonly string _methodList;
    private readonly FrozenSet<string> _headers;
    private readonly string _headerList;
    private readonly bool _anyHeader;
    private readonly string _maxAge;

    private CorsPolicy(CorsConfig cors, RouteConfig route)
    {
        _anyOrigin = cors.Origins.Contains(CorsKeys.Any, StringComparer.Ordinal);
        _origins =
            cors.Origins.Where(static origin => !origin.Contains(
                '*',
                StringComparison.Ordinal)).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _below = [.. cors.Origins
            .Where(static origin => origin.Contains("://*.", StringComparison.Ordinal))
            .Select(static origin => origin.Split('*'))
            .Select(static parts => (parts[0], parts[1]))];
        _credentials = cors.Credentials;
        var methods = cors.Methods.Length > 0
            ? cors.Methods
            : route.Methods.Length > 0 ? [.. RouteEndpoints.MethodsOf(route)]
            : ["GET", "HEAD", "POST"];
        _methods = methods.ToFrozenSet(StringComparer.Ordinal);
        _methodList = string.Join(", ", methods);
        _anyHeader = cors.Headers.Contains(CorsKeys.Any, StringComparer.Ordinal);
        _headers = cors.Headers.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _headerList = string.Join(", ", cors.Headers);
        _maxAge = ((long)cors.MaxAge.TotalSeconds).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The policy of a route; null: what CORS says is the destination's.</summary>
    public static CorsPolicy? Of(RouteConfig route) => route.Cors is null ? null : new CorsPolicy(route.Cors, route);

    /// <summary>Completes the response of this request once it begins.</summary>
    public void Register(HttpContext context) => context.Response.OnStarting(Complete, (context, this));

    /// <summary>Answers a preflight. What is not allowed gets no headers: the browser then refuses by itself.</summary>
    public void RespondToPreflight(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        response.StatusCode = StatusCodes.Status204NoContent;
        response.Headers.Vary = _anyOrigin && !_anyHeader
            ? StringValues.Empty
            : "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
        var method = request.Headers.AccessControlRequestMethod.ToString();
        var asked = request.Headers.AccessControlRequestHeaders;
        if (AllowedOf(request) is null || !_methods.Contains(method) || !AllowsHeaders(asked))
        {
            return;
        }

        response.Headers.AccessControlAllowMethods = _methodList;
        if (asked.Count > 0)
        {
            // An asterisk means nothing together with credentials: what was asked for is named.
            response.Headers.AccessControlAllowHeaders = _anyHeader ? string.Join(", ", (IEnumerable<string?>)asked) : _headerList;
        }

        response.Headers.AccessControlMaxAge = _maxAge;
    }

    /// <summary>Once a response begins. What a destination says of origins is its own word, and stands alone.</summary>
    private void AddTo(HttpContext context)
    {
        var headers = context.Response.Headers;
        if (headers.AccessControlAllowOrigin.Count > 0)
        {
            return;
        }

        if (!_anyOrigin && !HopByHop.IsNamedBy(VaryOrigin, headers.Vary) && !HopByHop.IsNamedBy(CorsKeys.Any, headers.Vary))
        {
            headers.Append("Vary", VaryOrigin);
        }

        // A refused preflight says nothing.
        if (AllowedOf(context.Request) is not { } allowed
            || (LastGood.Preflight.Is(context.Request) && headers.AccessControlAllowMethods.Count == 0))
        {
            return;
        }

        headers.AccessControlAllowOrigin = allowed;
        if (_credentials)
        {
            headers.AccessControlAllowCredentials = "true";
        }
    }

    /// <summary>What the origin of a request may be told; null: it has none, or another than may ask.</summary>
    private string? AllowedOf(HttpRequest request)
    {
        if (request.Headers.Origin is not [{ Length: > 0 } origin])
        {
            return null;
        }

        if (_anyOrigin)
        {
            return CorsKeys.Any;
        }

        if (_origins.Contains(origin))
        {
            return origin;
        }

        foreach (var (scheme, suffix) in _below)
        {
            // "https://*.shop.example" takes names, not whatever else may stand before a dot.
            if (origin.Length > scheme.Length
                + suffix.Length && origin.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) && origin.EndsWith(
                    suffix,
                    StringComparison.OrdinalIgnoreCase)
                && HostName.IsPattern(origin[scheme.Length..^suffix.Length]) && !origin.Contains('*', StringComparison.Ordinal))
            {
                return origin;
            }
        }

        return null;
    }

    private bool AllowsHeaders(StringValues asked)
    {
        foreach (var line in asked)
        {
            foreach (var range in line.AsSpan().Split(','))
            {
                var name = line.AsSpan(range).Trim(" \t");
                if (!name.IsEmpty
                    && (_anyHeader ? !HttpSyntax.IsToken(name) : !_headers.GetAlternateLookup<ReadOnlySpan<char>>().Contains(name)))
                {
                    return false;
                }
            }
        }

        return true;
    }
}
