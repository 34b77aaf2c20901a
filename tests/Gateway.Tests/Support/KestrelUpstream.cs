using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Support;

/// <summary>
/// A destination that speaks what Kestrel speaks: HTTP/2 with and without TLS, trailers, WebSocket. It answers probes by itself
/// and remembers how it was asked.
/// </summary>
internal sealed class KestrelUpstream : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Asked> _requests = new();
    private readonly ConcurrentQueue<Asked> _probes = new();
    private X509Certificate2? _certificate;

    private KestrelUpstream(
        RequestDelegate response,
        HttpProtocols protocols,
        X509Certificate2? certificate,
        int port,
        Action<HttpsConnectionAdapterOptions>? https)
    {
        _certificate = certificate;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen =>
        {
            listen.Protocols = protocols;
            if (certificate is not null)
            {
                var options = new HttpsConnectionAdapterOptions { ServerCertificateSelector = (_, _) => Volatile.Read(ref _certificate) };
                https?.Invoke(options);
                listen.UseHttps(options);
            }
        }));
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Run(context =>
        {
            var asked = new Asked(context.Request.Protocol, context.Request.Host.Value
                ?? "", context.Features.Get<ITlsHandshakeFeature>()?.HostName);
            if (context.Request.Path == "/health")
            {
                _probes.Enqueue(asked);
                return context.Response.WriteAsync("ok");
            }

            _requests.Enqueue(asked);
            return response(context);
        });
    }

    /// <summary>The certificate of its next handshakes.</summary>
    public X509Certificate2 Certificate
    {
        set => Volatile.Write(ref _certificate, value);
    }

    public int Port => new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    public string Url => $"{(_certificate is null ? "http" : "https")}://127.0.0.1:{Port.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Requests that were no probes.</summary>
    public IReadOnlyList<Asked> Requests => [.. _requests];

    public IReadOnlyList<Asked> Probes => [.. _probes];

    /// <param name="response">Answers whatever is no probe.</param>
    /// <param name="protocols">HTTP/2 alone and without a certificate means prior knowledge, as gRPC servers have it.</param>
    /// <param name="certificate">Makes it an https destination.</param>
    /// <param name="port">0: any.</param>
    /// <param name="https">Changes its side of TLS.</param>
    public static async Task<KestrelUpstream> StartAsync(
        RequestDelegate response,
        HttpProtocols protocols = HttpProtocols.Http1,
        X509Certificate2? certificate = null,
        int port = 0,
        Action<HttpsConnectionAdapterOptions>? https = null)
    {
        var upstream = new KestrelUpstream(response, protocols, certificate, port, https);
        await upstream._app.StartAsync();
        return upstream;
    }

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
    }
}

/// <summary>How a <see cref="KestrelUpstream"/> was asked.</summary>
/// <param name="Protocol"><c>HTTP/1.1</c> or <c>HTTP/2</c>.</param>
/// <param name="Host">The Host header, or HTTP/2's authority.</param>
/// <param name="Sni">The name asked for in the handshake; empty or null: none.</param>
internal sealed record Asked(string Protocol, string Host, string? Sni);
