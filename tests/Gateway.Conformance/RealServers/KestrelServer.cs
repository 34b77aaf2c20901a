using System.Net;
using System.Security.Cryptography.X509Certificates;
using Gateway.Conformance.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Conformance.RealServers;

/// <summary>A plain Kestrel inside this process: files, an echo, and an upload that is refused before it is read.</summary>
internal sealed class KestrelServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private KestrelServer(WebApplication app) => _app = app;

    /// <summary>URL by transport.</summary>
    public IReadOnlyDictionary<string, string> Urls { get; private set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public static async Task<KestrelServer> StartAsync(string root, Authority authority)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(
                IPAddress.Loopback,
                0,
                listen => listen.UseHttps(X509Certificate2.CreateFromPemFile(authority.CertificateFile, authority.KeyFile)));
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        var app = builder.Build();
        app.Run(context => RespondAsync(context, root));
        await app.StartAsync();
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        return new(app)
        {
            Urls = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["h1"] = addresses[0],
                ["tls2"] = addresses[1],
                ["h2c"] = addresses[2]
            }
        };
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task RespondAsync(HttpContext context, string root)
    {
        var name = Path.GetFileName(context.Request.Path.Value!);
        switch (name)
        {
            case "upload":
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                await context.Response.WriteAsync("no", context.RequestAborted);
                break;
            case "echo":
                await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
                break;
            case "chunked":
                foreach (var part in new[] { "one ", "two ", "three" })
                {
                    await context.Response.WriteAsync(part, context.RequestAborted);
                    await context.Response.Body.FlushAsync(context.RequestAborted);
                }

                break;
            default:
                var file = Path.Combine(root, name);
                if (File.Exists(file))
                {
                    await Results.File(
                        file,
                        "application/octet-stream",
                        lastModified: new DateTimeOffset(File.GetLastWriteTimeUtc(file)),
                        enableRangeProcessing: true).ExecuteAsync(context);
                }
                else
                {
                    context.Response.StatusCode = StatusCodes.Status404NotFound;
                    await context.Response.WriteAsync("not here", context.RequestAborted);
                }

                break;
        }
    }
}
