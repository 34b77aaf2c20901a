using BenchmarkDotNet.Attributes;
using Gateway.Configuration;
using Gateway.Forwarding;
using Gateway.LastGood;
using Microsoft.AspNetCore.Http;

namespace Gateway.Parts;

/// <summary>What is read and written of each request: its target, its key in the store of last good answers, its events.</summary>
public class Texts
{
    private static readonly byte[] Events = "id: 41\ndata: {\"token\":\"shoes\"}\n\nid: 42\ndata: {\"token\":\"that\"}\n\n"u8.ToArray();

    private readonly DefaultHttpContext _context = new();
    private readonly ForwardedHeaders _forwarded = new([]);
    private KeyPlan _plan = null!;

    /// <summary>A request as browsers send it.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        var request = _context.Request;
        request.Method = "GET";
        request.Scheme = "http";
        request.Host = new HostString("shop.example");
        request.Path = "/api/guide/recommend";
        request.QueryString = new QueryString("?user=u1&category=shoes&page=2");
        request.Headers.UserAgent = "Mozilla/5.0";
        request.Headers.Accept = "application/json";
        _context.Connection.RemoteIpAddress = System.Net.IPAddress.Loopback;
        _plan = KeyPlan.For(new RouteConfig { Name = "recommend", Cluster = "guide", Path = "/api/guide/recommend", LastGood = new LastGoodConfig() })!;
    }

    /// <summary>The target that a destination is asked for.</summary>
    [Benchmark]
    public string Target() => RequestTarget.Of("/api/guide/recommend?user=u1&category=shoes&page=2");

    /// <summary>The facts of the request and its key.</summary>
    [Benchmark]
    public bool Key()
    {
        var key = new KeyBuilder(stackalloc char[512]);
        return _plan.TryWrite(_context.Request, _plan.Read(_context.Request), KeyPlan.Exact, ref key);
    }

    /// <summary>Who asked, for the destination.</summary>
    [Benchmark]
    public bool Forwarded()
    {
        using var message = new HttpRequestMessage();
        _forwarded.Write(_context, message);
        return message.Headers.Contains("Forwarded");
    }

    /// <summary>The end and the fields of one event of a stream.</summary>
    [Benchmark]
    public bool OneEvent()
    {
        var from = 0;
        return EventScanner.TryFindEnd(Events, ref from, out var end) && EventScanner.Read(Events.AsSpan(0, end)).HasData;
    }
}
