// Stock YARP, to compare with: its documented way of use, its default settings, nothing tuned and nothing slowed down.
//   yarp-peer --urls http://127.0.0.1:PORT ORIGIN...
using Yarp.ReverseProxy.Configuration;

var origins = args.Where(arg => arg.StartsWith("http://", StringComparison.Ordinal)).Skip(1).ToList();
if (origins.Count == 0 || args is not ["--urls", ..])
{
    Console.Error.WriteLine("Usage: yarp-peer --urls http://127.0.0.1:PORT ORIGIN...");
    return 2;
}

var builder = WebApplication.CreateSlimBuilder(args[..2]);

// A log line for each request is the template's default for Information; every peer here runs without access log.
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.AddReverseProxy().LoadFromMemory(
    [new RouteConfig { RouteId = "all", ClusterId = "origin", Match = new() { Path = "/{**rest}" } }],
    [
        new ClusterConfig
        {
            ClusterId = "origin",
            Destinations = origins.Index().ToDictionary(pair => $"d{pair.Index}", pair => new DestinationConfig { Address = pair.Item }, StringComparer.Ordinal),
        },
    ]);
var app = builder.Build();
app.MapReverseProxy();
await app.RunAsync();
return 0;
