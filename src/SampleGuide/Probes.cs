using System.Globalization;
using System.Net.WebSockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.Features;

namespace SampleGuide;

/// <summary>Paths that show a test what arrived, and give it bodies of any size and pace.</summary>
internal sealed class Probes(TimeProvider time, CancellationToken stopping)
{
    /// <summary>What arrived: the target as it stood on the line, headers with all their values, the body's size and SHA-256.</summary>
    public static async Task EchoAsync(HttpContext context)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[16 * 1024];
        long size = 0;
        for (int read; (read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0; size += read)
        {
            sha.AppendData(buffer, 0, read);
        }

        string hash = Convert.ToHexStringLower(sha.GetHashAndReset());
        await GuideResponse.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("method", context.Request.Method);
            json.WriteString("target", context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
            json.WriteString("path", context.Request.Path.Value);
            json.WriteString("query", context.Request.QueryString.Value);
            json.WriteString("protocol", context.Request.Protocol);
            json.WriteStartObject("headers");
            foreach (var (key, values) in context.Request.Headers)
            {
                json.WriteStartArray(key.ToLowerInvariant());
                foreach (string? value in values)
                {
                    json.WriteStringValue(value);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
            json.WriteNumber("bodySize", size);
            json.WriteString("bodySha256", hash);
            json.WriteEndObject();
        });
    }

    /// <summary>N bytes, the i-th of them i modulo 251; without a Content-Length when chunked=1.</summary>
    public static async Task BytesAsync(HttpContext context)
    {
        int left = Number(context, "n", 1024, most: 1_000_000_000);
        context.Response.ContentType = "application/octet-stream";
        if (context.Request.Query["chunked"] != "1")
        {
            context.Response.ContentLength = left;
        }

        // A multiple of 251, so that every block is the same.
        var block = new byte[251 * 64];
        for (int i = 0; i < block.Length; i++)
        {
            block[i] = (byte)(i % 251);
        }

        for (int size; left > 0; left -= size)
        {
            size = Math.Min(left, block.Length);
            await context.Response.Body.WriteAsync(block.AsMemory(0, size), context.RequestAborted);
        }
    }

    /// <summary>N bytes, one each MS milliseconds.</summary>
    public async Task SlowBodyAsync(HttpContext context)
    {
        int count = Number(context, "n", 10, most: 1_000_000);
        int intervalMs = Number(context, "ms", 100, most: 600_000);
        context.Response.ContentType = "application/octet-stream";
        if (context.Request.Query["chunked"] != "1")
        {
            context.Response.ContentLength = count;
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        await context.Response.StartAsync(end.Token);
        for (int i = 0; i < count; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(intervalMs), time, end.Token);
            await context.Response.Body.WriteAsync(new[] { (byte)(i % 251) }, end.Token);
            await context.Response.Body.FlushAsync(end.Token);
        }
    }

    /// <summary>Sends every message back until the client closes.</summary>
    public async Task WebSocketAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            context.Response.Headers.Upgrade = "websocket";
            return;
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            ValueWebSocketReceiveResult part;
            try
            {
                part = await socket.ReceiveAsync(buffer.AsMemory(), end.Token);
            }
            catch (WebSocketException)
            {
                // The client went without a close frame.
                return;
            }

            if (part.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", end.Token);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, end.Token);
        }
    }

    /// <summary>A number of the query; the default when it is absent or none.</summary>
    public static int Number(HttpContext context, string key, int otherwise, int most) =>
        int.TryParse(context.Request.Query[key], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? Math.Min(number, most)
            : otherwise;
}
