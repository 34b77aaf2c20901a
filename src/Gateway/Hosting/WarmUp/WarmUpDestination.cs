using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Hosting.WarmUp;

/// <summary>The destinations of the warm-up: free ports on loopback, in this process.</summary>
internal sealed class WarmUpDestination : IAsyncDisposable
{
    private static readonly byte[] Body = [.. "{\"items\":\""u8, .. Enumerable.Repeat((byte)'x', 1000), .. "\"}"u8];
    private static readonly byte[] Event = "data: {\"token\":\"warm\"}\n\n"u8.ToArray();

    private readonly WebApplication _app;

    private WarmUpDestination(WebApplication app)
    {
        _app = app;
        Urls =
            [
            .. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(static address =>
                new Uri(address))];
    }

    /// <summary>Two that speak HTTP/1.1, then, if it was asked for, one that speaks HTTP/2 alone.</summary>
    public IReadOnlyList<Uri> Urls { get; }

    /// <summary>Listens.</summary>
    public static async Task<WarmUpDestination> StartAsync(bool http2, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http1);
            if (http2)
            {
                kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2);
            }
        });
        builder.WebHost.UseSockets(static sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));
        var app = builder.Build();
        var first = 0;
        app.Run(context => RespondAsync(context, context.Connection.LocalPort == Volatile.Read(ref first)));
        await app.StartAsync(cancellationToken).ConfigureAwait(false);
        var destination = new WarmUpDestination(app);
        Volatile.Write(ref first, destination.Urls[0].Port);
        return destination;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None).ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task RespondAsync(HttpContext context, bool isFirst)
    {
        var (request, response) = (context.Request, context.Response);
        if (request.ContentLength > 0)
        {
            await request.Body.CopyToAsync(Stream.Null, context.RequestAborted).ConfigureAwait(false);
        }

        switch (request.Path.Value)
        {
            case WarmUpRequests.Events:
                response.ContentType = "text/event-stream";
                for (var i = 0; i < 3; i++)
                {
                    await response.Body.WriteAsync(Event, context.RequestAborted).ConfigureAwait(false);
                    await response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
                }

                return;
            case WarmUpRequests.Retried when isFirst:
                response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                response.ContentLength = 0;
                return;
            case WarmUpRequests.Kept or WarmUpRequests.Failing when request.QueryString.HasValue:
                response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                response.ContentLength = 0;
                return;
            case WarmUpRequests.Chunked:
                break;
            default:
                response.ContentLength = Body.Length;
                break;
        }

        response.ContentType = "application/json";
        await response.Body.WriteAsync(Body, context.RequestAborted).ConfigureAwait(false);
    }
}
