using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>
/// Event streams on each way that they can take: asked for by GET and POST, from a destination that frames them in chunks, by the end of
/// its connection or in HTTP/2.
/// </summary>
[Trait("kind", "socket")]
public class EventStreamWaysTests
{
    private const int InternalError = 0x2;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Ways()
    {
        var ways = new TheoryData<string, string>();
        foreach (var framing in StreamGuide.Framings)
        {
            ways.Add(framing, "GET");
            ways.Add(framing, "POST");
        }

        return ways;
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Is_AnotherStatusThan200_IsAResponseAsItCame(string framing, string method)
    {
        const string problem = "{\"error\":{\"message\":\"no such model\"}}";
        async Task RefuseAsync(StreamGuideRequest request)
        {
            await request.BeginAsync(400);
            await request.SendAsync(problem);
            await request.EndAsync();
        }

        await using var first = await StreamGuide.StartAsync(framing, RefuseAsync);
        await using var second = await StreamGuide.StartAsync(framing, RefuseAsync);
        await using var gateway = await StartAsync(first, second, "{ onInterrupt: resume }");

        var heard = await AskAsync(gateway, method);

        Assert.Equal((400, problem, true), (heard.Status, heard.Body, heard.IsWhole));
        Assert.Equal("text/event-stream", heard.ContentType);
        Assert.Equal((1, 0), (first.Requests.Count, second.Requests.Count));
    }

    public static TheoryData<string, string, string> Heads()
    {
        var heads = new TheoryData<string, string, string>();
        foreach (var headers in new[]
        {
            "Content-Type: text/event-stream\r\nContent-Encoding: identity",
            "Content-Type: text/event-stream\r\nContent-Encoding: none",
            "Content-Type: text/event-stream; charset=utf-8;",
            "Content-Type: TEXT/Event-Stream ; charset",
        })
        {
            heads.Add("chunked", "GET", headers);
            heads.Add("close", "POST", headers);
            heads.Add("h2", "GET", headers);
            heads.Add("h2", "POST", headers);
        }

        return heads;
    }

    [Theory]
    [MemberData(nameof(Heads))]
    public async Task Is_UnusualHead_IsAnEventStream(string framing, string method, string headers)
    {
        await using var guide = await StreamGuide.StartAsync(framing, async request =>
        {
            await request.BeginAsync(200, headers);
            await request.SendAsync("data: a\n\ndata: ha");
            await request.LeftAsync();
        });
        await using var gateway = await StartAsync(guide, null, "{ idle: 300ms }");

        var heard = await AskAsync(gateway, method);

        Assert.StartsWith("data: a\n\nevent: error\ndata: {", heard.Body, StringComparison.Ordinal);
        Assert.False(heard.IsWhole);
    }

    [Theory]
    [InlineData("chunked", "GET")]
    [InlineData("chunked", "POST")]
    [InlineData("h2", "GET")]
    public async Task Is_ShortDeclaredLength_IsHandedOnEventByEvent(string framing, string method)
    {
        var heard = new TaskCompletionSource();
        await using var guide = framing == "h2"
            ? await StreamGuide.StartAsync(framing, async request =>
            {
                await request.BeginAsync(200, StreamGuideRequest.Events + "\r\nContent-Length: 18");
                await request.SendAsync("data: a\n\n");
                await heard.Task;
                await request.SendAsync("data: b\n\n");
            })
            : null;
        await using var plain = new ScriptedUpstream(async request =>
        {
            await request.ReadBodyAsync();
            await request.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 18\r\n\r\ndata: a\n\n");
            await heard.Task;
            await request.SendAsync("data: b\n\n");
        });
        await using var gateway = await InProcessGateway.StartAsync(Config([guide?.Url ?? plain.Url], null, "{ }"));
        using var response = await SendAsync(gateway, method);
        await using var body = await response.Content.ReadAsStreamAsync(Cancel);
        var first = new byte[9];
        await body.ReadExactlyAsync(first, Cancel);

        heard.SetResult();
        using var rest = new StreamReader(body);

        Assert.Equal(("data: a\n\n", "data: b\n\n"), (Encoding.UTF8.GetString(first), await rest.ReadToEndAsync(Cancel)));
    }

    public static TheoryData<string, string, string> WholeBodies()
    {
        var bodies = new TheoryData<string, string, string>();
        foreach (var body in new[]
        {
            "\uFEFFdata: a\n\ndata: b\n\n",
            "\uFEFF\n\ndata: a\n\n",
            "data:\n\n",
            "data\n\n",
            ": nothing to tell\n\n",
            ": nothing to tell\n",
            "retry: 10000\n\n",
            "data: only",
            "data: a\n\ndata: last",
            "data: a\n\ndata: last\n",
            "data: a\r\n\r\ndata: last\r",
            "id: 1\ndata: a\n\nid: 2\ndata: last",
        })
        {
            foreach (var framing in StreamGuide.Framings)
            {
                bodies.Add(framing, "GET", body);
            }

            bodies.Add("chunked", "POST", body);
        }

        bodies.Add("chunked", "GET", "");
        bodies.Add("h2", "POST", "");
        return bodies;
    }

    [Theory]
    [MemberData(nameof(WholeBodies))]
    public async Task CleanEnd_WhateverCameBefore_ArrivesToTheLastByte(string framing, string method, string body)
    {
        await using var first = await StreamGuide.StartAsync(framing, Says(body));
        await using var second = await StreamGuide.StartAsync(framing, Says("data: another\n\n"));
        await using var gateway = await StartAsync(first, second, "{ onInterrupt: resume }");

        var heard = await AskAsync(gateway, method);

        Assert.Equal((200, body, true), (heard.Status, heard.Body, heard.IsWhole));
        Assert.Equal((1, 0), (first.Requests.Count, second.Requests.Count));
    }

    public static TheoryData<string, string, int> LongEvents()
    {
        var lengths = new TheoryData<string, string, int>();
        foreach (var length in new[] { 65_535, 65_536, 65_537, 70_000, 131_073 })
        {
            lengths.Add("chunked", "GET", length);
            lengths.Add("close", "POST", length);
            lengths.Add("h2", "GET", length);
        }

        return lengths;
    }

    [Theory]
    [MemberData(nameof(LongEvents))]
    public async Task LongEvent_AroundTheBuffersLength_IsWholeOrVisiblyBroken(string framing, string method, int length)
    {
        var isCut = false;
        var end = "";
        await using var guide = await StreamGuide.StartAsync(framing, async request =>
        {
            await request.BeginAsync();
            await request.SendAsync("data: " + new string('x', length - 6) + end);
            if (isCut)
            {
                // What was sent must not be lost to the reset.
                await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System);
                await request.CutAsync();
            }
            else
            {
                await request.EndAsync();
            }
        });
        await using var gateway = await StartAsync(guide, null, "{ }", "hedge: off, max: 1");

        var unended = await AskAsync(gateway, method);
        end = "\n\n";
        var whole = await AskAsync(gateway, method);
        isCut = true;
        end = "";
        var cut = await AskAsync(gateway, method);

        Assert.Equal((length, true), (unended.Body.Length, unended.IsWhole));
        Assert.Equal((length + 2, true), (whole.Body.Length, whole.IsWhole));
        Assert.False(cut is { Status: 200, IsWhole: true });
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Comments_BeforeTheFirstContent_RenewTheWait(string framing, string method)
    {
        await using var first = await StreamGuide.StartAsync(framing, async request =>
        {
            await request.BeginAsync();
            for (var i = 0; i < 16; i++)
            {
                await request.SendAsync(": thinking\n\n");
                await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System);
            }

            await request.SendAsync("data: thought\n\n");
            await request.EndAsync();
        });
        await using var second = await StreamGuide.StartAsync(framing, Says("data: another\n\n"));
        await using var gateway = await StartAsync(first, second, "{ firstContent: 3s }");

        var heard = await AskAsync(gateway, method);

        Assert.EndsWith("data: thought\n\n", heard.Body, StringComparison.Ordinal);
        Assert.True(heard.IsWhole);
        Assert.Equal((1, 0), (first.Requests.Count, second.Requests.Count));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Heartbeat_BeforeTheFirstContent_ReachesTheUser(string framing, string method)
    {
        var heard = new TaskCompletionSource();
        await using var guide = await StreamGuide.StartAsync(framing, async request =>
        {
            await request.BeginAsync();
            // Not even a whole line: what the user hears is the gateway's.
            await request.SendAsync(": thin");
            await heard.Task;
            await request.SendAsync("king\n\ndata: thought\n\n");
            await request.EndAsync();
        });
        await using var gateway = await StartAsync(guide, null, "{ firstContent: 30s, heartbeat: 200ms }");
        using var response = await SendAsync(gateway, method);
        await using var body = await response.Content.ReadAsStreamAsync(Cancel);
        var beats = new byte[6];
        await body.ReadExactlyAsync(beats, Cancel);

        heard.SetResult();
        using var rest = new StreamReader(body);

        Assert.Equal(":\n\n:\n\n", Encoding.UTF8.GetString(beats));
        Assert.EndsWith(": thinking\n\ndata: thought\n\n", await rest.ReadToEndAsync(Cancel), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chunked", "GET", true)]
    [InlineData("chunked", "GET", false)]
    [InlineData("close", "PUT", false)]
    [InlineData("h2", "GET", true)]
    [InlineData("h2", "PUT", false)]
    [InlineData("chunked", "POST", true)]
    public async Task Heartbeat_WentOutAndNoContentFollows_AnotherDestinationTakesOver(string framing, string method, bool isCut)
    {
        var heard = new TaskCompletionSource();
        await using var first = await StreamGuide.StartAsync(framing, async request =>
        {
            await request.BeginAsync();
            await request.SendAsync(": thinking\n\n: ha");
            await heard.Task;
            if (isCut)
            {
                await request.CutAsync();
            }
            else
            {
                await request.LeftAsync();
            }
        });
        await using var second = await StreamGuide.StartAsync(framing, Says("\uFEFFid: 1\ndata: another\n\n"));
        await using var gateway = await StartAsync(first, second, "{ firstContent: 4s, heartbeat: 200ms }");
        using var response = await SendAsync(gateway, method);
        await using var body = await response.Content.ReadAsStreamAsync(Cancel);
        var sign = new byte[3];
        await body.ReadExactlyAsync(sign, Cancel);

        heard.SetResult();
        var (rest, isWhole) = await ReadAsync(body);

        // Whose comments come first depends on how the destination's body can be waited for.
        rest = Encoding.UTF8.GetString(sign) + rest;
        Assert.StartsWith(":", rest, StringComparison.Ordinal);
        rest = rest.Replace(": thinking\n\n", "", StringComparison.Ordinal).Replace(":\n\n", "", StringComparison.Ordinal);
        if (method == "POST")
        {
            // It may not be sent twice: the user is told.
            Assert.StartsWith("event: error\n", rest, StringComparison.Ordinal);
            Assert.False(isWhole);
            Assert.Empty(second.Requests);
            return;
        }

        Assert.Equal(("id: 1\ndata: another\n\n", true), (rest, isWhole));
        Assert.Empty(Assert.Single(second.Requests).Header("Last-Event-ID"));
    }

    [Theory]
    [InlineData("chunked", "GET", "é-会2")]
    [InlineData("close", "POST", "é-会2")]
    [InlineData("h2", "GET", "é-会2")]
    [InlineData("h2", "POST", "Ünïcode 7")]
    public async Task Resume_IdBeyondAscii_IsSentAsItsBytes(string framing, string method, string id)
    {
        await using var first = await StreamGuide.StartAsync(framing, CutAfter($"id: {id}\ndata: a\n\n"));
        await using var second = await StreamGuide.StartAsync(framing, Says("\uFEFFid: next\ndata: b\n\n"));
        await using var gateway = await StartAsync(first, second, "{ onInterrupt: resume }\n    retryable: true");

        var heard = await AskAsync(gateway, method);

        Assert.Equal(($"id: {id}\ndata: a\n\nid: next\ndata: b\n\n", true), (heard.Body, heard.IsWhole));
        Assert.Equal([Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(id))], Assert.Single(second.Requests).Header("Last-Event-ID"));
    }

    [Theory]
    [InlineData("chunked", "id: 1\ndata: a\n\nid:\ndata: b\n\n")]
    [InlineData("h2", "id: 1\ndata: a\n\nid\ndata: b\n\n")]
    [InlineData("chunked", "id: 1\u0001\ndata: a\n\n")]
    public async Task Resume_NoIdThatAHeaderCarries_EndsAndSendsNone(string framing, string body)
    {
        await using var first = await StreamGuide.StartAsync(framing, CutAfter(body));
        await using var second = await StreamGuide.StartAsync(framing, Says("id: 2\ndata: c\n\n"));
        await using var gateway = await StartAsync(first, second, "{ onInterrupt: resume }");

        var heard = await AskAsync(gateway, "GET");

        Assert.StartsWith(body + "event: error\n", heard.Body, StringComparison.Ordinal);
        Assert.False(heard.IsWhole);
        Assert.Empty(second.Requests);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task AcceptEncoding_OfAStreamsRoute_IsIdentity(string framing, string method)
    {
        await using var guide = await StreamGuide.StartAsync(framing, Says("data: a\n\n"));
        await using var gateway = await StartAsync(guide, null, "{ }");
        foreach (var accepted in new[] { null, "gzip, deflate, br, zstd" })
        {
            using var request = Request(gateway, method);
            request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
            using var response = await gateway.Client.SendAsync(request, Cancel);
        }

        Assert.Equal(2, guide.Requests.Count);
        Assert.All(guide.Requests, static request => Assert.Equal(["identity"], request.Header("Accept-Encoding")));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Stop_StreamsWait_EachIsToldThatTheGatewayRestarts(string framing, string method)
    {
        const int count = 12;
        await using var guide = await StreamGuide.StartAsync(framing, static async request =>
        {
            await request.BeginAsync();
            await request.SendAsync("data: a\n\n");
            await request.LeftAsync();
        });
        await using var gateway = await StartAsync(guide, null, "{ }", stopWithin: TimeSpan.FromSeconds(3));
        var streams = new List<(HttpResponseMessage Response, Stream Body)>();
        for (var i = 0; i < count; i++)
        {
            var response = await SendAsync(gateway, method);
            var body = await response.Content.ReadAsStreamAsync(Cancel);
            await body.ReadExactlyAsync(new byte[9], Cancel);
            streams.Add((response, body));
        }

        var stopping = gateway.StopAsync();
        var ends = await Task.WhenAll(streams.Select(static stream => ReadAsync(stream.Body)));
        await stopping;

        Assert.All(
            ends,
            static end => Assert.Contains(
                "\"code\":\"gateway_restarting\",\"message\":\"The gateway is restarting.\"",
                end.Body,
                StringComparison.Ordinal));
        foreach (var (response, body) in streams)
        {
            await body.DisposeAsync();
            response.Dispose();
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Cut_ErrorEvent_IsReadByClientLibraries(string framing, string method)
    {
        await using var guide = await StreamGuide.StartAsync(framing, CutAfter("data: a\n\n"));
        await using var gateway = await StartAsync(guide, null, "{ }");

        var heard = await AskAsync(gateway, method);

        var data =
            JsonDocument.Parse(heard.Body[(heard.Body.IndexOf("event: error\ndata: ", StringComparison.Ordinal) + 19)..]).RootElement;
        var error = data.GetProperty("error");
        Assert.Equal("The response was interrupted.", error.GetProperty("message").GetString());
        Assert.Equal("stream_interrupted", error.GetProperty("type").GetString());
        Assert.Equal("stream_interrupted", error.GetProperty("code").GetString());
        Assert.Equal("error", data.GetProperty("type").GetString());
        Assert.Equal("The response was interrupted.", data.GetProperty("message").GetString());
        Assert.True(data.GetProperty("retry").GetBoolean());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Cut_UserOfHttp2_StreamIsResetByInternalError(string framing, string method)
    {
        await using var guide = await StreamGuide.StartAsync(framing, CutAfter("data: a\n\n"));
        await using var gateway = await InProcessGateway.StartTlsAsync(Config([guide.Url], null, "{ }"));
        using var request = Request(gateway, method);
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        await using var body = await response.Content.ReadAsStreamAsync(Cancel);

        var reset = await Assert.ThrowsAnyAsync<Exception>(() => body.CopyToAsync(Stream.Null, Cancel));

        Assert.Equal(InternalError, ((reset as HttpProtocolException) ?? reset.InnerException as HttpProtocolException)?.ErrorCode);
    }

    [Fact]
    public async Task Connection_StreamOfManyWaitsEnds_CarriesTheNextRequest()
    {
        await using var guide = new ScriptedUpstream(async request =>
        {
            if (request.Target == "/small")
            {
                await request.RespondAsync("small");
                return;
            }

            await request.BeginEventsAsync();
            foreach (var length in new[] { 1, 100, 9_000, 20_000, 3, 70_000, 10 })
            {
                await request.ChunkAsync("data: " + new string('x', length) + "\n\n");
                // Long enough that the next one is waited for, mostly.
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }

            await request.EndChunksAsync();
        });
        await using var gateway = await InProcessGateway.StartAsync(Config([guide.Url], null, "{ }"));
        var before = guide.Connections;

        for (var i = 0; i < 3; i++)
        {
            var heard = await AskAsync(gateway, "GET");
            using var small = await gateway.Client.GetAsync("/small", Cancel);

            Assert.Equal((99_114 + (7 * 8), true), (heard.Body.Length, heard.IsWhole));
            Assert.Equal("small", await small.Content.ReadAsStringAsync(Cancel));
        }

        Assert.Equal(before + 1, guide.Connections);
    }

    private static Func<StreamGuideRequest, Task> Says(string body) => async request =>
    {
        await request.BeginAsync();
        if (body.Length > 0)
        {
            await request.SendAsync(body);
        }

        await request.EndAsync();
    };

    private static Func<StreamGuideRequest, Task> CutAfter(string body) => async request =>
    {
        await request.BeginAsync();
        await request.SendAsync(body);
        // A reset overtakes what was sent just before it.
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System);
        await request.CutAsync();
    };

    private static Task<InProcessGateway> StartAsync(
        StreamGuide first,
        StreamGuide? second,
        string stream,
        string attempts = "hedge: off",
        TimeSpan? stopWithin = null) =>
        InProcessGateway.StartAsync(Config([first.Url], second is null ? null : [second.Url], stream, attempts), stopWithin: stopWithin);

    /// <summary>Connecting and probing have the time that a busy machine takes: neither is what is tested here.</summary>
    private static string Config(string[] primary, string[]? standby, string stream, string attempts = "hedge: off") => InProcessGateway
        .Config(primary, standby, cluster: "    timeouts: { connect: 10s }", route: "    stream: " + stream, attempts: attempts)
        .Replace("interval: 500ms, timeout: 400ms", "interval: 20s, timeout: 10s", StringComparison.Ordinal);

    private static HttpRequestMessage Request(InProcessGateway gateway, string method)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), new Uri(gateway.Url, "/chat"));
        if (method != "GET")
        {
            request.Content = new StringContent("hello");
        }

        return request;
    }

    private static async Task<HttpResponseMessage> SendAsync(InProcessGateway gateway, string method)
    {
        using var request = Request(gateway, method);
        return await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
    }

    private static async Task<Heard> AskAsync(InProcessGateway gateway, string method)
    {
        using var response = await SendAsync(gateway, method);
        await using var stream = await response.Content.ReadAsStreamAsync(Cancel);
        var (body, isWhole) = await ReadAsync(stream);
        return new Heard(
            (int)response.StatusCode,
            response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var type) ? type.ToString() : "",
            body,
            isWhole);
    }

    private static async Task<(string Body, bool IsWhole)> ReadAsync(Stream stream)
    {
        using var body = new MemoryStream();
        var isWhole = true;
        var buffer = new byte[16 * 1024];
        try
        {
            while (await stream.ReadAsync(buffer, Cancel) is > 0 and var count)
            {
                body.Write(buffer, 0, count);
            }
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            isWhole = false;
        }

        return (Encoding.UTF8.GetString(body.ToArray()), isWhole);
    }

    private sealed record Heard(int Status, string ContentType, string Body, bool IsWhole);
}
