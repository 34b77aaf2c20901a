using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using Gateway.Configuration.Model;
using Gateway.Configuration.Routing;

namespace Gateway.Parts;

/// <summary>The choice of a request's route, by path alone and among hosts and tenants.</summary>
public class Routing
{
    private readonly DefaultHttpContext _context = new();
    private RouteTable _plain = null!;
    private RouteTable _hosts = null!;
    private RouteTable _tenants = null!;

    /// <summary>Routes of the configuration.</summary>
    [Params(1, 1000)]
    public int Routes { get; set; }

    /// <summary>Routes by path; by host, each with a header; and by a header at one path.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        var services = RoutingServices();
        _plain = Table(services, i => new RouteConfig { Name = $"r{i}", Path = $"/api/r{i}/{{**rest}}", Cluster = "guide" });
        _hosts = Table(
            services,
            i => new RouteConfig
            {
                Name = $"r{i}",
                Hosts = [$"shop{i}.example"],
                Path = "/api/{**rest}",
                Conditions = [new MatchCondition(MatchSource.Header, "X-Tenant", MatchTest.Exact, $"t{i}")],
                Cluster = "guide"
            });
        _tenants = Table(
            services,
            i => new RouteConfig
            {
                Name = $"r{i}",
                Path = "/api/{**rest}",
                Conditions = [new MatchCondition(MatchSource.Header, "X-Tenant", MatchTest.Exact, $"t{i}")],
                Cluster = "guide"
            });
        var last = Routes - 1;
        _context.RequestServices = services;
        _context.Request.Method = "GET";
        _context.Request.Path = $"/api/r{last}/recommend";
        _context.Request.Host = new HostString($"shop{last}.example");
        _context.Request.Headers["X-Tenant"] = $"t{last}";
        foreach (var table in (RouteTable[])[_plain, _hosts, _tenants])
        {
            Match(table);
            if (!string.Equals(_context.GetEndpoint()?.DisplayName, $"r{last}", StringComparison.Ordinal))
            {
                throw new InvalidOperationException("The request got another route.");
            }
        }
    }

    /// <summary>By path.</summary>
    [Benchmark]
    public void ByPath() => Match(_plain);

    /// <summary>By host, path and a header.</summary>
    [Benchmark]
    public void ByHost() => Match(_hosts);

    /// <summary>All at one path, by a header.</summary>
    [Benchmark]
    public void ByHeader() => Match(_tenants);

    private static ServiceProvider RoutingServices()
    {
        var listener = new DiagnosticListener("parts");
        return new ServiceCollection()
            .AddLogging()
            .AddGatewayRouting()
            .AddSingleton(listener)
            .AddSingleton<DiagnosticSource>(listener)
            .BuildServiceProvider();
    }

    private RouteTable Table(IServiceProvider services, Func<int, RouteConfig> route) =>
        new(services, [.. Enumerable.Range(0, Routes).Select(route)], static _ => static _ => Task.CompletedTask);

    private void Match(RouteTable table)
    {
        _context.SetEndpoint(null);
        table.MatchAsync(_context).GetAwaiter().GetResult();
    }
}
