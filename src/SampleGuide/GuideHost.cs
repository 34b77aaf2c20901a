using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SampleGuide;

/// <summary>Puts the guide together: a bare host, HTTP/1.1, no logging.</summary>
internal static class GuideHost
{
    public static WebApplication Build(GuideOptions options, TimeProvider time)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        var faults = new FaultSwitch(options.Fault);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.AllowSynchronousIO = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(options.Address, options.Port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => BreakConnection.AtAccept(next, faults, time));
            });
        });

        // Requests that stream or hang end by themselves when the host stops; the rest is done well within this.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        WebApplication app = builder.Build();
        var guide = new Guide(options, time, app.Lifetime.ApplicationStopping);

        app.Use(async (context, next) =>
        {
            context.Response.Headers["X-Guide"] = options.Name;
            try
            {
                await next(context);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException
                && (context.RequestAborted.IsCancellationRequested || app.Lifetime.ApplicationStopping.IsCancellationRequested))
            {
                // The client has gone, or the guide goes: the connection ends visibly, and no client waits for more.
                context.Abort();
            }
        });
        app.Use(next => new FaultMiddleware(next, faults, time, app.Lifetime).InvokeAsync);
        app.UseWebSockets();
        app.Run(guide.HandleAsync);
        return app;
    }
}
