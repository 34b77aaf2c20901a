using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using Gateway.Configuration.Model;
using Gateway.Upstream;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Forwarding.Requests;

/// <summary>What a route changes in the headers of requests to its destinations.</summary>
internal sealed class RequestHeaderChanges
{
    private readonly FrozenSet<string> _replaced;
    private readonly (string Name, RouteTemplate Value)[] _lines;
    private readonly ImmutableArray<IPNetwork> _trusted;

    private RequestHeaderChanges(HeaderChangesConfig changes, RouteConfig route, ImmutableArray<IPNetwork> trusted)
    {
        _replaced = changes.Set.Select(static line => line.Name).Concat(changes.Remove).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _lines = [.. changes.Set.Concat(changes.Add).Select(line => (line.Name, RouteTemplate.Of(line.Value, route)))];
        _trusted = trusted;
    }

    /// <summary>The changes of a route; null: it makes none.</summary>
    /// <param name="route">The route.</param>
    /// <param name="trusted">Networks whose word on the client is believed.</param>
    public static RequestHeaderChanges? Of(RouteConfig route, ImmutableArray<IPNetwork> trusted) =>
        route.RequestHeaders is null ? null : new RequestHeaderChanges(route.RequestHeaders, route, trusted);

    /// <summary>True: the client's header does not go further.</summary>
    public bool Replaces(string name) => _replaced.Contains(name);

    /// <summary>Writes what the route says.</summary>
    public void Write<THeaders>(HttpContext context, ref THeaders target)
        where THeaders : struct, IRequestHeaders
    {
        var asked = RequestTarget.Of(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        foreach (var (name, value) in _lines)
        {
            target.Add(name, value.For(context, asked, _trusted));
        }
    }
}
