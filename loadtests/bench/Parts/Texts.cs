using BenchmarkDotNet.Attributes;
using Gateway.Configuration.Model;
using Gateway.Forwarding.EventStreams;
using Gateway.Forwarding.Requests;
using Gateway.LastGood.Keys;
using Gateway.Upstream.Http1;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Parts;

/// <summary>What is read and written of each request: its target, its key in the store of last good responses, its events.</summary>
public class Texts
{
    private static readonly byte[] Events = "id: 41\ndata: {\"token\":\"shoes\"}\n\nid: 42\ndata: {\"token\":\"that\"}\n\n"u8.ToArray();

    private static readonly byte[] NextHead =
        ("HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Sun, 22 Nov 2026 10:00:01 GMT\r\n"u8
            + "Content-Type: application/json\r\nContent-Length: 1021\r\n"u8
            + "Connection: keep-alive\r\nCache-Control: max-age=60\r\n\r\n"u8).ToArray();

    private readonly ResponseHead _lastHead = ResponseHead.Parse(
        "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Sun, 22 Nov 2026 10:00:00 GMT\r\n"u8
            + "Content-Type: application/json\r\nContent-Length: 1021\r\nConnection: keep-alive\r\nCache-Control: max-age=60\r\n\r\n"u8,
        null);

    private readonly DefaultHttpContext _context = new();
    private readonly ForwardedHeaders _forwarded = new([]);
    private CacheKeyTemplate _plan = null!;

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
        _context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = "/api/guide/recommend?user=u1&category=shoes&page=2";
        request.Headers.UserAgent = "Mozilla/5.0";
        request.Headers.Accept = "application/json";
        _context.Connection.RemoteIpAddress = System.Net.IPAddress.Loopback;
        _plan = CacheKeyTemplate.For(new RouteConfig
        {
            Name = "recommend",
            Cluster = "guide",
            Path = "/api/guide/recommend",
            LastGood = new LastGoodConfig()
        })!;
    }

    /// <summary>The target that a destination is asked for.</summary>
    [Benchmark]
    public string Target() => RequestTarget.Of("/api/guide/recommend?user=u1&category=shoes&page=2");

    /// <summary>The facts of the request and its key.</summary>
    [Benchmark]
    public bool Key()
    {
        var key = new KeyBuilder(stackalloc char[512]);
        return _plan.TryWrite(_context.Request, _plan.Read(_context.Request), CacheKeyTemplate.Exact, ref key);
    }

    /// <summary>The client, for the destination.</summary>
    [Benchmark]
    public int Forwarded()
    {
        var head = new RequestHeadWriter();
        _forwarded.Write(_context, ref head);
        var length = head.Written.Length;
        head.Return();
        return length;
    }

    /// <summary>The head of a destination's response of which one line differs from the response before.</summary>
    [Benchmark]
    public int OneResponse() => ResponseHead.Parse(NextHead, _lastHead).Status;

    /// <summary>The end and the fields of one event of a stream.</summary>
    [Benchmark]
    public bool OneEvent()
    {
        var from = 0;
        return EventScanner.TryFindEnd(Events, ref from, out var end) && EventScanner.Read(Events.AsSpan(0, end)).HasData;
    }
}
