using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Support;

/// <summary>A server on a free port that keeps what it is sent: a webhook, a collector.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Received> _received = new();

    private Receiver(Func<int, HttpContext, Task> response, HttpProtocols protocols)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols));
        _app = builder.Build();
        _app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            _received.Enqueue(new(context.Request.Path.Value!, context.Request.Headers.Authorization.ToString(), body.ToArray()));
            await response(_received.Count, context);
        });
    }

    public Uri Url => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public IReadOnlyList<Received> All => [.. _received];

    /// <param name="response">Answers the nth request, from 1; null: always 200.</param>
    /// <param name="protocols">HTTP/2 alone means without TLS and without a negotiation, as gRPC speaks it.</param>
    public static async Task<Receiver> StartAsync(
        Func<int, HttpContext, Task>? response = null,
        HttpProtocols protocols = HttpProtocols.Http1)
    {
        var receiver = new Receiver(response ?? (static (_, _) => Task.CompletedTask), protocols);
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>Answers as a gRPC service that has nothing to say: an empty message and the status in the trailers.</summary>
    public static async Task Grpc(HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        context.Response.AppendTrailer("grpc-status", "0");
        await context.Response.Body.WriteAsync(new byte[5], context.RequestAborted);
    }

    /// <summary>Answers with a status.</summary>
    public static Task Status(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
    }
}

/// <summary>One request that a <see cref="Receiver"/> got.</summary>
internal sealed record Received(string Path, string Authorization, byte[] Body)
{
    public string Text => System.Text.Encoding.UTF8.GetString(Body);
}
