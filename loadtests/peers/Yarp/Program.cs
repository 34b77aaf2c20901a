// YARP, to compare with.
//   yarp-peer --urls http://127.0.0.1:PORT ORIGIN...                                  stock: its documented way of use, nothing tuned
//                                                                                     (https: in either place too; ASP.NET's
// Kestrel__Certificates__Default__Path and __KeyPath name the certificate)   yarp-peer --urls http://127.0.0.1:PORT --checked ORIGIN...
// --standby ORIGIN...    with its own health checks, a second tier and a static response
using Yarp.Peer;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.LoadBalancing;

var isChecked = args.Contains("--checked", StringComparer.Ordinal);
var standbyAt = Array.IndexOf(args, "--standby");
var origins = args.Index()
    .Skip(2)
    .Where(arg => arg.Item.StartsWith("http://", StringComparison.Ordinal) || arg.Item.StartsWith("https://", StringComparison.Ordinal))
    .ToList();
if (origins.Count == 0 || args is not ["--urls", ..])
{
    Console.Error.WriteLine("Usage: yarp-peer --urls http://127.0.0.1:PORT [--checked] ORIGIN... [--standby ORIGIN...]");
    return 2;
}

var builder = WebApplication.CreateSlimBuilder(args[..2]);
builder.WebHost.UseKestrelHttpsConfiguration();

// A log line for each request is the template's default for Information; every peer here runs without access log.
builder.Logging.SetMinimumLevel(isChecked ? LogLevel.Critical : LogLevel.Warning);
builder.Services.AddSingleton<ILoadBalancingPolicy, FirstTierPolicy>();
var cluster = new ClusterConfig
{
    ClusterId = "origin",
    Destinations = origins.ToDictionary(
        origin => $"{(standbyAt >= 0 && origin.Index > standbyAt ? FirstTierPolicy.Standby : "primary")}{origin.Index}",
        origin => new DestinationConfig { Address = origin.Item },
        StringComparer.Ordinal),
};
if (isChecked)
{
    cluster = cluster with
    {
        LoadBalancingPolicy = FirstTierPolicy.PolicyName,
        HealthCheck = new()
        {
            Active = new()
            {
                Enabled = true,
                Interval = TimeSpan.FromSeconds(1),
                Timeout = TimeSpan.FromMilliseconds(800),
                Policy = "ConsecutiveFailures",
                Path = "/health"
            },
            Passive = new() { Enabled = true, Policy = "TransportFailureRate", ReactivationPeriod = TimeSpan.FromSeconds(5) },
            AvailableDestinationsPolicy = "HealthyAndUnknown",
        },
        HttpRequest = new() { ActivityTimeout = TimeSpan.FromSeconds(2) },
    };
}

builder.Services.AddReverseProxy().LoadFromMemory(
    [new RouteConfig { RouteId = "all", ClusterId = "origin", Match = new() { Path = "/{**rest}" } }],
    [cluster]);
var app = builder.Build();
if (isChecked)
{
    app.MapReverseProxy(pipeline =>
    {
        pipeline.Use(async (context, next) =>
        {
            await next(context);
            if (context.Response is { HasStarted: false, StatusCode: 502 or 503 or 504 })
            {
                context.Response.Clear();
                context.Response.Headers["X-Fallback"] = "file";
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync("{\"items\":[]}", context.RequestAborted);
            }
        });
        pipeline.UseLoadBalancing();
        pipeline.UsePassiveHealthChecks();
    });
}
else
{
    app.MapReverseProxy();
}

await app.RunAsync();
return 0;
