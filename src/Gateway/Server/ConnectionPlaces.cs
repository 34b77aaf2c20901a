using Gateway.Observability.Metrics;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Server;

/// <summary>
/// Bounds users' connections (<c>limits.connections</c>) and counts them. In place of Kestrel's own limit, which does the same but does not
/// publish its count.
/// </summary>
internal sealed class ConnectionPlaces(long most, ConnectionMeter meter)
{
    /// <summary>Stands around everything that serves a connection: one without a place is closed before a byte of it was read.</summary>
    public ConnectionDelegate Around(ConnectionDelegate next) => async context =>
    {
        if (!meter.TryOpen(most))
        {
            await context.DisposeAsync().ConfigureAwait(false);
            return;
        }

        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            meter.Close();
        }
    };
}
