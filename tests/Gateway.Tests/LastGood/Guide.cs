using System.Text;
using Gateway.Configuration.Model;
using Gateway.LastGood;
using Gateway.LastGood.InMemory;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.LastGood;

/// <summary>Requests, responses and stores as the tests of this room need them.</summary>
internal static class Guide
{
    public const string Host = "shop.example";

    public static RouteConfig Route(LastGoodConfig? lastGood = null, string name = "recommend") =>
        new() { Name = name, Path = "/{**rest}", Cluster = "ai-guide", LastGood = lastGood ?? new LastGoodConfig() };

    public static HttpRequest Get(string target, params (string Name, string Value)[] headers) => Request("GET", target, headers);

    public static HttpRequest Request(string method, string target, params (string Name, string Value)[] headers)
    {
        var request = new DefaultHttpContext().Request;
        var query = target.IndexOf('?', StringComparison.Ordinal);
        request.Method = method;
        request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = target;
        request.Scheme = "http";
        request.Host = new HostString(Host);
        request.Path = !target.StartsWith('/') ? "/" : query < 0 ? target : target[..query];
        request.QueryString = query < 0 ? QueryString.Empty : new QueryString(target[query..]);
        foreach (var (name, value) in headers)
        {
            request.Headers.Append(name, value);
        }

        return request;
    }

    public static HeaderDictionary Headers(params (string Name, string Value)[] headers)
    {
        var dictionary = new HeaderDictionary();
        foreach (var (name, value) in headers)
        {
            dictionary.Append(name, value);
        }

        return dictionary;
    }

    public static LastGoodStore Store(TimeProvider time, ILastGoodStore? backing = null, LastGoodOptions? options = null) =>
        new(
            options ?? new LastGoodOptions { WithdrawalsOver = TimeSpan.Zero },
            time,
            NullLogger<LastGoodStore>.Instance,
            backing is null ? [] : [backing]);

    /// <summary>A shared store with a copy on disk.</summary>
    public static LastGoodStore Store(TimeProvider time, ILastGoodStore shared, ILastGoodStore copy) =>
        new(new LastGoodOptions { WithdrawalsOver = TimeSpan.Zero }, time, NullLogger<LastGoodStore>.Instance, [shared, copy]);

    /// <summary>A live response from head to end.</summary>
    public static void Respond(
        this LastGoodStore store,
        RouteConfig route,
        HttpRequest request,
        string body,
        int status = 200,
        params (string Name, string Value)[] headers)
    {
        var capture = store.OnResponse(route, request, status, Headers(headers), "primary");
        capture?.Append(Encoding.UTF8.GetBytes(body));
        capture?.Complete();
    }

    /// <summary>The service takes a resource back, as often as it takes; without a span, as in <c>Store</c>.</summary>
    public static void Withdraw(
        this LastGoodStore store,
        RouteConfig route,
        HttpRequest request,
        int status = 404,
        params (string Name, string Value)[] headers)
    {
        for (var i = 0; i < WithdrawalRule.Times; i++)
        {
            store.Respond(route, request, "", status, headers);
        }
    }

    /// <summary>The body that a request would be given; null: none.</summary>
    public static string? BodyFor(this LastGoodStore store, RouteConfig route, HttpRequest request) =>
        store.Find(route, request) is { } found ? Encoding.UTF8.GetString(found.Response.Body) : null;

    /// <summary>Waits for a condition with a deadline.</summary>
    public static async Task Until(Func<bool> condition, string what, int seconds = 20)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(seconds), TimeProvider.System);
        while (!condition())
        {
            Xunit.Assert.False(deadline.IsCancellationRequested, $"Not within {seconds} s: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, CancellationToken.None);
        }
    }
}

/// <summary>A folder that goes with its test.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("last-good-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
