using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Tests.Support;

/// <summary>
/// A destination whose responses a script sends piece by piece, in each framing that a stream may have: HTTP/1.1 in chunks
/// (<c>chunked</c>), HTTP/1.1 up to the end of the connection (<c>close</c>), and HTTP/2 (<c>h2</c>).
/// </summary>
internal sealed class StreamGuide : IAsyncDisposable
{
    private readonly ConcurrentQueue<StreamGuideRequest> _requests = new();
    private IAsyncDisposable? _server;

    public static readonly string[] Framings = ["chunked", "close", "h2"];

    public string Url { get; private set; } = "";

    /// <summary>Requests that were no probes.</summary>
    public IReadOnlyList<StreamGuideRequest> Requests => [.. _requests];

    public static async Task<StreamGuide> StartAsync(string framing, Func<StreamGuideRequest, Task> script)
    {
        var guide = new StreamGuide();
        Task ServeAsync(StreamGuideRequest request)
        {
            guide._requests.Enqueue(request);
            return script(request);
        }

        if (framing == "h2")
        {
            var server = await KestrelUpstream.StartAsync(
                context => ServeAsync(new Http2Request(context)), HttpProtocols.Http2, TestAuthority.Issue("127.0.0.1"));
            (guide._server, guide.Url) = (server, server.Url);
        }
        else
        {
            var server = new ScriptedUpstream(async request =>
            {
                await request.ReadBodyAsync();
                await ServeAsync(new Http11Request(request, isChunked: framing == "chunked"));
            });
            (guide._server, guide.Url) = (server, server.Url);
        }

        return guide;
    }

    public ValueTask DisposeAsync() => _server!.DisposeAsync();

    private sealed class Http11Request(UpstreamRequest request, bool isChunked) : StreamGuideRequest
    {
        public override string[] Header(string name) => request.Header(name);

        public override Task BeginAsync(int status = 200, string headers = Events) =>
            request.SendAsync(
                $"HTTP/1.1 {status} Test\r\n{headers}\r\n{(isChunked ? "Transfer-Encoding: chunked" : "Connection: close")}\r\n\r\n");

        public override async Task SendAsync(ReadOnlyMemory<byte> bytes)
        {
            if (!isChunked)
            {
                await request.SendAsync(bytes);
                return;
            }

            await request.SendAsync($"{bytes.Length:x}\r\n");
            await request.SendAsync(bytes);
            await request.SendAsync("\r\n");
        }

        public override async Task EndAsync()
        {
            if (isChunked)
            {
                await request.EndChunksAsync();
            }
            else
            {
                request.Close();
            }
        }

        public override Task CutAsync()
        {
            request.Reset();
            return Task.CompletedTask;
        }

        public override Task LeftAsync() => request.ClosedByPeerAsync();
    }

    private sealed class Http2Request(HttpContext context) : StreamGuideRequest
    {
        // They do not outlive the request. Kestrel reads them as UTF-8.
        private readonly Dictionary<string, string[]> _headers = context.Request.Headers.ToDictionary(
            static header => header.Key,
            static header => header.Value.Select(static value => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(value ?? ""))).ToArray(),
            StringComparer.OrdinalIgnoreCase);

        public override string[] Header(string name) => _headers.GetValueOrDefault(name, []);

        public override Task BeginAsync(int status = 200, string headers = Events)
        {
            context.Response.StatusCode = status;
            foreach (var line in headers.Split("\r\n"))
            {
                var colon = line.IndexOf(':', StringComparison.Ordinal);
                context.Response.Headers.Append(line[..colon], line[(colon + 1)..].Trim());
            }

            return context.Response.Body.FlushAsync();
        }

        public override async Task SendAsync(ReadOnlyMemory<byte> bytes)
        {
            await context.Response.Body.WriteAsync(bytes);
            await context.Response.Body.FlushAsync();
        }

        public override Task EndAsync() => Task.CompletedTask;

        public override Task CutAsync()
        {
            context.Abort();
            return Task.CompletedTask;
        }

        public override async Task LeftAsync()
        {
            var left = new TaskCompletionSource();
            await using var registration = context.RequestAborted.Register(left.SetResult);
            await left.Task;
        }
    }
}

/// <summary>One request at a <see cref="StreamGuide"/>.</summary>
internal abstract class StreamGuideRequest
{
    public const string Events = "Content-Type: text/event-stream";

    /// <summary>All values of a header, one character a byte.</summary>
    public abstract string[] Header(string name);

    /// <summary>Sends the head; header lines are separated by CR LF.</summary>
    public abstract Task BeginAsync(int status = 200, string headers = Events);

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public abstract Task SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>The clean end.</summary>
    public abstract Task EndAsync();

    /// <summary>The end as of a process that was killed.</summary>
    public abstract Task CutAsync();

    /// <summary>Says nothing more until the other side has left.</summary>
    public abstract Task LeftAsync();
}
