using Microsoft.AspNetCore.Connections.Features;

namespace Gateway.Server;

/// <summary>
/// Once the gateway leaves, every request asks its connection to end with the response: HTTP/1.1 says <c>Connection: close</c>, HTTP/2
/// sends GOAWAY. An idle connection is left alone, since the next request may be on its way over it.
/// </summary>
internal sealed class ConnectionDraining
{
    private volatile bool _begun;

    /// <summary>True from <see cref="Begin"/> on, for good.</summary>
    public bool HasBegun => _begun;

    /// <summary>From now on.</summary>
    public void Begin() => _begun = true;

    /// <summary>Stands before the routes; until the gateway leaves it costs one read.</summary>
    public RequestDelegate Before(RequestDelegate next) => context =>
    {
        if (_begun)
        {
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }

        return next(context);
    };
}
