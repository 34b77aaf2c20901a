using System.Collections.Immutable;
using System.Net;
using Gateway.Configuration.Model;
using Gateway.Forwarding.Requests;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Forwarding.Responses;

/// <summary>What a route changes in the headers of its responses, whatever gives them: it is done last, when a response begins.</summary>
internal sealed class ResponseHeaderChanges
{
    // One for all requests: what it needs is its state.
    private static readonly Func<object, Task> Change = static state =>
    {
        var (context, changes) = ((HttpContext, ResponseHeaderChanges))state;
        changes.Apply(context);
        return Task.CompletedTask;
    };

    private readonly string[] _remove;
    private readonly (string Name, RouteTemplate Value)[] _set;
    private readonly (string Name, RouteTemplate Value)[] _add;
    private readonly ImmutableArray<IPNetwork> _trusted;

    private ResponseHeaderChanges(HeaderChangesConfig changes, RouteConfig route, ImmutableArray<IPNetwork> trusted)
    {
        _remove = [.. changes.Remove];
        _set = [.. changes.Set.Select(line => (line.Name, RouteTemplate.Of(line.Value, route)))];
        _add = [.. changes.Add.Select(line => (line.Name, RouteTemplate.Of(line.Value, route)))];
        _trusted = trusted;
    }

    /// <summary>The changes of a route; null: it makes none.</summary>
    /// <param name="route">The route.</param>
    /// <param name="trusted">Networks whose word on the client is believed.</param>
    public static ResponseHeaderChanges? Of(RouteConfig route, ImmutableArray<IPNetwork> trusted) =>
        route.ResponseHeaders is null ? null : new ResponseHeaderChanges(route.ResponseHeaders, route, trusted);

    /// <summary>Changes the response of this request once it begins.</summary>
    public void Register(HttpContext context) => context.Response.OnStarting(Change, (context, this));

    private void Apply(HttpContext context)
    {
        var headers = context.Response.Headers;
        foreach (var name in _remove)
        {
            headers.Remove(name);
        }

        var asked = RequestTarget.Of(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        foreach (var (name, value) in _set)
        {
            headers[name] = value.For(context, asked, _trusted);
        }

        foreach (var (name, value) in _add)
        {
            headers.Append(name, value.For(context, asked, _trusted));
        }
    }
}
