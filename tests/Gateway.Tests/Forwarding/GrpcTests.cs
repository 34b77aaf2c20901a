using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>gRPC as its clients and servers put it on the wire: framed messages of unknown number, the status behind them.</summary>
[Trait("kind", "socket")]
public class GrpcTests
{
    private const int InternalError = 0x2;
    private const int RefusedStream = 0x7;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("https")]
    [InlineData("http")]
    public async Task Unary_ThroughTheGateway_BringsMessageAndStatus(string scheme)
    {
        await using var guide = await StartAsync(scheme, EchoAsync);
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([guide.Url]));

        var (messages, status) = await CallAsync(gateway, "hello");

        Assert.Equal(["hello"], messages);
        Assert.Equal("0", status);
        Assert.Equal("HTTP/2", Assert.Single(guide.Requests).Protocol);
    }

    [Theory]
    [InlineData("https")]
    [InlineData("http")]
    public async Task Unary_StatusWithoutMessage_Arrives(string scheme)
    {
        // "Trailers only": what would be trailers stands in the one head there is.
        await using var guide = await StartAsync(scheme, static context =>
        {
            context.Response.Headers["grpc-status"] = "5";
            return Task.CompletedTask;
        });
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([guide.Url]));
        using var response = await gateway.Client.SendAsync(Call(static stream => WriteAsync(stream, "hello")), Cancel);

        Assert.Equal(["5"], response.Headers.TryGetValues("grpc-status", out var values) ? values : []);
    }

    [Theory]
    [InlineData("https")]
    [InlineData("http")]
    public async Task ServerStream_EachMessage_ArrivesBeforeTheNextIsSent(string scheme)
    {
        using var next = new SemaphoreSlim(0);
        await using var guide = await StartAsync(scheme, async context =>
        {
            await ReadAsync(context.Request.Body);
            for (var i = 0; i < 3; i++)
            {
                await WriteAsync(context.Response.Body, i.ToString(CultureInfo.InvariantCulture));
                await next.WaitAsync(context.RequestAborted);
            }

            context.Response.AppendTrailer("grpc-status", "0");
        });
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([guide.Url]));
        using var response = await gateway.Client.SendAsync(
            Call(static stream => WriteAsync(stream, "begin")),
            HttpCompletionOption.ResponseHeadersRead,
            Cancel);
        await using var body = await response.Content.ReadAsStreamAsync(Cancel);

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(i.ToString(CultureInfo.InvariantCulture), await ReadAsync(body));
            next.Release();
        }

        Assert.Null(await ReadAsync(body));
        Assert.Equal("0", StatusOf(response));
    }

    [Theory]
    [InlineData("https")]
    [InlineData("http")]
    public async Task Bidirectional_EachSideWaitsForTheOthersMessages_NeitherForItsEnd(string scheme)
    {
        using var received = new SemaphoreSlim(0);
        await using var guide = await StartAsync(scheme, EchoAsync);
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([guide.Url]));
        using var request = Call(async stream =>
        {
            for (var i = 0; i < 5; i++)
            {
                await WriteAsync(stream, $"message {i}");
                await received.WaitAsync(Cancel);
            }
        });
        using var response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        await using var body = await response.Content.ReadAsStreamAsync(Cancel);

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal($"message {i}", await ReadAsync(body));
            received.Release();
        }

        Assert.Null(await ReadAsync(body));
        Assert.Equal("0", StatusOf(response));
    }

    [Fact]
    public async Task Bidirectional_ClientOnlyListens_StaysOpen()
    {
        // Longer than the five seconds after which a request body that does not come ends other requests.
        await using var guide = await StartAsync("http", static async context =>
        {
            await ReadAsync(context.Request.Body);
            for (var i = 0; i < 8; i++)
            {
                await WriteAsync(context.Response.Body, "news");
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, context.RequestAborted);
            }

            context.Response.AppendTrailer("grpc-status", "0");
        });
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([guide.Url]));
        using var heard = new SemaphoreSlim(0);
        using var request = Call(async stream =>
        {
            await WriteAsync(stream, "subscribe");
            await heard.WaitAsync(Cancel);
        });
        using var response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        await using var body = await response.Content.ReadAsStreamAsync(Cancel);
        var news = 0;
        while (await ReadAsync(body) is not null)
        {
            news++;
        }

        heard.Release();
        Assert.Equal((8, "0"), (news, StatusOf(response)));
    }

    [Theory]
    [InlineData("timeouts: { firstByte: 300ms, total: 1s }", true)]
    [InlineData("timeouts: { firstByte: 300ms, total: 1s, idle: 700ms }", false)]
    public async Task ClientStream_SlowerThanTheDeadlines_OnlySilenceEndsIt(string timeouts, bool arrives)
    {
        await using var guide = await StartAsync("http", static async context =>
        {
            var count = 0;
            while (await ReadAsync(context.Request.Body) is not null)
            {
                count++;
            }

            await WriteAsync(context.Response.Body, count.ToString(CultureInfo.InvariantCulture));
            context.Response.AppendTrailer("grpc-status", "0");
        });
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([guide.Url], cluster: "    " + timeouts));
        using var request = Call(static async stream =>
        {
            for (var i = 0; i < 3; i++)
            {
                await WriteAsync(stream, "reading");
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, Cancel);
            }
        });

        using var response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);

        Assert.Equal(arrives ? HttpStatusCode.OK : HttpStatusCode.RequestTimeout, response.StatusCode);
        Assert.Equal(arrives ? "3" : null, arrives ? await ReadAsync(await response.Content.ReadAsStreamAsync(Cancel)) : null);
    }

    [Theory]
    [InlineData("https", 5, false)]
    [InlineData("http", 5, false)]
    [InlineData("http", 5, true)]
    [InlineData("http", 20_000, true)]
    public async Task Unary_StreamIsRefused_IsTriedElsewhereWhole(string scheme, int length, bool afterReading)
    {
        var message = new string('m', length);
        var refused = 0;
        await using var leaving = await StartAsync(scheme, async context =>
        {
            if (afterReading)
            {
                await ReadAsync(context.Request.Body);
            }

            Interlocked.Increment(ref refused);
            context.Features.Get<IHttpResetFeature>()!.Reset(RefusedStream);
        });
        await using var guide = await StartAsync(scheme, EchoAsync);
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([leaving.Url], [guide.Url]));

        var (messages, status) = await CallAsync(gateway, message);

        Assert.Equal([message], messages);
        Assert.Equal("0", status);
        Assert.True(refused > 0);
        Assert.Single(guide.Requests);
    }

    [Fact]
    public async Task ClientStream_IsRefusedInTheMiddle_GoesOnElsewhereFromItsBegin()
    {
        await using var leaving = await StartAsync("http", static async context =>
        {
            await ReadAsync(context.Request.Body);
            context.Features.Get<IHttpResetFeature>()!.Reset(RefusedStream);
        });
        await using var guide = await StartAsync("http", EchoAsync);
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([leaving.Url], [guide.Url]));
        using var request = Call(async stream =>
        {
            await WriteAsync(stream, "one");
            await Eventually.BeTrueAsync(() => guide.Requests.Count == 1, TimeSpan.FromSeconds(60), "the call is at the next destination");
            await WriteAsync(stream, "two");
        });

        using var response = await gateway.Client.SendAsync(request, Cancel);
        await using var body = await response.Content.ReadAsStreamAsync(Cancel);

        Assert.Equal(("one", "two", null), (await ReadAsync(body), await ReadAsync(body), await ReadAsync(body)));
        Assert.Equal("0", StatusOf(response));
    }

    [Theory]
    [InlineData("https")]
    [InlineData("http")]
    public async Task Unary_FailsAfterItMayHaveBeenExecuted_IsNotRepeated(string scheme)
    {
        static async Task Fail(HttpContext context)
        {
            await ReadAsync(context.Request.Body);
            context.Features.Get<IHttpResetFeature>()!.Reset(InternalError);
        }

        await using var first = await StartAsync(scheme, Fail);
        await using var second = await StartAsync(scheme, Fail);
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([first.Url], [second.Url]));

        using var response = await gateway.Client.SendAsync(Call(static stream => WriteAsync(stream, "order")), Cancel);

        // UNKNOWN: a client repeats UNAVAILABLE by itself.
        Assert.Equal((HttpStatusCode.OK, "2"), (response.StatusCode, Assert.Single(response.Headers.GetValues("grpc-status"))));
        Assert.Single(first.Requests.Concat(second.Requests));
    }

    [Theory]
    [InlineData("https", true)]
    [InlineData("http", true)]
    [InlineData("http", false)]
    public async Task ServerStream_CutInTheMiddle_IsResetAndNeverEndsCleanly(string scheme, bool resets)
    {
        using var arrived = new SemaphoreSlim(0);
        await using var guide = await StartAsync(scheme, async context =>
        {
            await ReadAsync(context.Request.Body);
            await WriteAsync(context.Response.Body, "one");
            await arrived.WaitAsync(context.RequestAborted);
            if (resets)
            {
                context.Features.Get<IHttpResetFeature>()!.Reset(InternalError);
            }
            else
            {
                context.Abort();
            }
        });
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([guide.Url]));
        using var response = await gateway.Client.SendAsync(
            Call(static stream => WriteAsync(stream, "begin")),
            HttpCompletionOption.ResponseHeadersRead,
            Cancel);
        await using var body = await response.Content.ReadAsStreamAsync(Cancel);

        Assert.Equal("one", await ReadAsync(body));
        arrived.Release();
        var cut = await Assert.ThrowsAnyAsync<Exception>(() => ReadAsync(body));

        // Not CANCEL, by which the client would think that it gave the call up itself.
        Assert.Equal(InternalError, (cut as HttpProtocolException ?? cut.InnerException as HttpProtocolException)?.ErrorCode);
        Assert.Empty(response.TrailingHeaders);
    }

    [Fact]
    public async Task GrpcWeb_ToAnHttp11Destination_IsHttp11()
    {
        await using var guide = new ScriptedUpstream(static r => r.RespondAsync("ok", 200, "Content-Type: application/grpc-web\r\n"));
        await using var gateway = await InProcessGateway.StartTlsAsync(InProcessGateway.Config([guide.Url]));
        using var content = new ByteArrayContent(new byte[5]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc-web+proto");

        using var response = await gateway.Client.PostAsync("/guide.Guide/Recommend", content, Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.StartsWith("POST /guide.Guide/Recommend HTTP/1.1", guide.Last.Line, StringComparison.Ordinal);
    }

    private static Task<KestrelUpstream> StartAsync(string scheme, RequestDelegate response) => KestrelUpstream.StartAsync(
        context =>
        {
            context.Response.ContentType = "application/grpc";
            return response(context);
        },
        HttpProtocols.Http2,
        scheme == "https" ? TestAuthority.Issue("127.0.0.1") : null);

    private static async Task EchoAsync(HttpContext context)
    {
        while (await ReadAsync(context.Request.Body) is { } message)
        {
            await WriteAsync(context.Response.Body, message);
        }

        context.Response.AppendTrailer("grpc-status", "0");
    }

    private static async Task<(string[] Messages, string? Status)> CallAsync(InProcessGateway gateway, string message)
    {
        using var response = await gateway.Client.SendAsync(Call(stream => WriteAsync(stream, message)), Cancel);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await using var body = await response.Content.ReadAsStreamAsync(Cancel);
        var messages = new List<string>();
        while (await ReadAsync(body) is { } one)
        {
            messages.Add(one);
        }

        return ([.. messages], StatusOf(response));
    }

    private static HttpRequestMessage Call(Func<Stream, Task> messages)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/guide.Guide/Recommend")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new Messages(messages),
        };
        request.Headers.TE.ParseAdd("trailers");
        return request;
    }

    private static string? StatusOf(HttpResponseMessage response) =>
        response.TrailingHeaders.TryGetValues("grpc-status", out var values) ? string.Join(',', values) : null;

    /// <summary>One message: a byte for compression, four for the length, and its bytes.</summary>
    private static async Task WriteAsync(Stream stream, string message)
    {
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        Encoding.Latin1.GetBytes(message, frame.AsSpan(5));
        await stream.WriteAsync(frame, Cancel);
        await stream.FlushAsync(Cancel);
    }

    /// <summary>The next message; null: the stream has come to its end.</summary>
    private static async Task<string?> ReadAsync(Stream stream)
    {
        var head = new byte[5];
        var read = await stream.ReadAtLeastAsync(head, 5, throwOnEndOfStream: false, Cancel);
        if (read == 0)
        {
            return null;
        }

        Assert.Equal(5, read);
        var message = new byte[BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1))];
        await stream.ReadExactlyAsync(message, Cancel);
        return Encoding.Latin1.GetString(message);
    }

    /// <summary>A request body as gRPC clients have it: its length is not known before.</summary>
    private sealed class Messages : HttpContent
    {
        private readonly Func<Stream, Task> _write;

        public Messages(Func<Stream, Task> write)
        {
            _write = write;
            Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => _write(stream);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
