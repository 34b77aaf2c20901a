using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Configuration.Model;
using Gateway.Fallback;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Fallback;

/// <summary>
/// A real server whose every route gets its fallback chain's response, and a client that sends exactly the bytes that a test says.
/// </summary>
internal sealed class FallbackServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly int _port;

    private FallbackServer(WebApplication app, TemporaryFolder folder, FallbackFiles files)
    {
        _app = app;
        Folder = folder;
        Files = files;
        _port = new Uri(app.Services
            .GetRequiredService<IServer>().Features
            .GetRequiredFeature<IServerAddressesFeature>().Addresses
            .First()).Port;
    }

    public TemporaryFolder Folder { get; }

    public FallbackFiles Files { get; }

    /// <summary>What the fallback chain said of its last response.</summary>
    public FallbackStep? LastStep { get; private set; }

    public static async Task<FallbackServer> StartAsync(
        RouteConfig[] routes,
        LastGoodResponse? lastGood = null,
        Func<HttpContext, Task>? before = null)
    {
        var folder = new TemporaryFolder();
        folder.Write("static/data.json", "{\"a\":1}");
        folder.Write("static/page.html", "<p>away</p>");
        folder.Write("static/chat.sse", "data: {}\n\n");
        folder.Write("static/trending/shoes.json", "[\"shoes\"]");
        folder.Write("static/trending/any.json", "[\"any\"]");
        folder.Write("secret.json", "{\"secret\":1}");
        var files = new FallbackFiles(Path.Combine(folder.Path, "static"), new ManualTime(), NullLogger<FallbackFiles>.Instance);
        await files.LookAsync(TestContext.Current.CancellationToken);
        var fallback = new FallbackChain(files, lastGood, static () => 0.5, NullLogger<FallbackChain>.Instance);

        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        builder.Services.AddRoutingCore();
        WebApplication app = builder.Build();
        FallbackServer? server = null;
        app.UseRouting();
        foreach (RouteConfig route in routes)
        {
            app.Map(route.Path, async (HttpContext context) =>
            {
                if (before is not null)
                {
                    await before(context);
                }

                server!.LastStep = await fallback.RespondAsync(context, route);
            });
        }

#pragma warning disable ASP0014 // The empty builder adds no endpoints middleware of its own.
        app.UseEndpoints(static _ => { });
#pragma warning restore ASP0014
        await app.StartAsync(TestContext.Current.CancellationToken);
        server = new FallbackServer(app, folder, files);
        return server;
    }

    /// <summary>The whole response as it came over the wire, without its Date.</summary>
    public async Task<WireResponse> SendAsync(string method, string target, string headers = "")
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        await socket.ConnectAsync(IPAddress.Loopback, _port, deadline.Token);
        await socket.SendAsync(
            Encoding.Latin1.GetBytes($"{method} {target} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n{headers}\r\n"),
            deadline.Token);
        using var received = new MemoryStream();
        var buffer = new byte[4096];
        try
        {
            for (int read; (read = await socket.ReceiveAsync(buffer, deadline.Token)) > 0;)
            {
                received.Write(buffer, 0, read);
            }
        }
        catch (SocketException)
        {
            // A cut response is what some tests look for: what came before it tells.
        }

        return WireResponse.Parse(Encoding.UTF8.GetString(received.ToArray()));
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Files.Dispose();
        Folder.Dispose();
    }
}

/// <summary>A response: the status, the headers in the order of their names, the body.</summary>
internal sealed record WireResponse(int Status, string Headers, string Body)
{
    public static WireResponse Parse(string text)
    {
        int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return new WireResponse(0, "", text);
        }

        string[] lines = text[..end].Split("\r\n");
        IEnumerable<string> headers = lines.Skip(1)
            .Where(static line => !line.StartsWith("Date:", StringComparison.Ordinal)
                && !line.StartsWith("Connection:", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
        return new WireResponse(
            int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture),
            string.Join(" | ", headers),
            text[(end + 4)..]);
    }
}
