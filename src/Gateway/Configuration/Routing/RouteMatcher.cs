using System.Collections.Immutable;
using System.Diagnostics;
using Gateway.Configuration.Model;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Configuration.Routing;

/// <summary>What ASP.NET's routing says of one request.</summary>
/// <param name="Route">The route, or null when none matches.</param>
/// <param name="Values">The route's values.</param>
/// <param name="MethodRefused">True when the path matches a route and the method does not (405).</param>
internal sealed record RouteMatch(RouteConfig? Route, RouteValueDictionary Values, bool MethodRefused);

/// <summary>ASP.NET's own routing in memory, without a server, for <c>explain</c> and <c>check</c>.</summary>
internal sealed class RouteMatcher : IAsyncDisposable, IDisposable
{
    private readonly ServiceProvider _services;
    private readonly RouteTable _table;

    public RouteMatcher(ImmutableArray<RouteConfig> routes)
    {
        _services = new ServiceCollection()
            .AddLogging()
            .AddGatewayRouting()
            .AddSingleton(new DiagnosticListener("gateway.explain"))
            .AddSingleton<DiagnosticSource>(provider => provider.GetRequiredService<DiagnosticListener>())
            .BuildServiceProvider();

        _table = new RouteTable(_services, routes, _ => _ => Task.CompletedTask);
    }

    /// <summary>Matches one request.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="url">Its absolute URL.</param>
    /// <param name="headers">Its headers; null: it has none but Host.</param>
    public async Task<RouteMatch> MatchAsync(string method, Uri url, IEnumerable<KeyValuePair<string, string>>? headers = null)
    {
        var context = ContextOf(method, url);
        foreach (var (name, value) in headers ?? [])
        {
            context.Request.Headers.Append(name, value);
        }

        await _table.MatchAsync(context);

        var endpoint = context.GetEndpoint();
        var route = endpoint?.Metadata.GetMetadata<RouteConfig>();
        return new RouteMatch(route, context.Request.RouteValues, MethodRefused: endpoint is not null && route is null);
    }

    /// <summary>
    /// Why ASP.NET cannot match by these routes; null: it can. The first request makes it build its tree, so one is matched.
    /// </summary>
    public Exception? FindFault()
    {
        // Routing in memory waits for nothing: the task has ended when it is returned.
        var matched = _table.MatchEverywhereAsync(() => ContextOf(HttpMethods.Get, new Uri("http://localhost/")));
        return matched.Exception?.GetBaseException();
    }

    private DefaultHttpContext ContextOf(string method, Uri url)
    {
        var context = new DefaultHttpContext { RequestServices = _services };
        context.Request.Method = method;
        context.Request.Scheme = url.Scheme;
        context.Request.Host = HostString.FromUriComponent(url);
        context.Request.Path = PathString.FromUriComponent(url);
        context.Request.QueryString = QueryString.FromUriComponent(url);
        context.Features.Set<IEndpointFeature>(new EndpointFeature());
        return context;
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    public void Dispose() => _services.Dispose();

    private sealed class EndpointFeature : IEndpointFeature
    {
        public Endpoint? Endpoint { get; set; }
    }
}
