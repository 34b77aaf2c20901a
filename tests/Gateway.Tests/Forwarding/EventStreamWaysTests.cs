using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>
/// Event streams on each way that they can take: asked for by GET and POST, from a destination that frames them in chunks, by the end of its connection or in HTTP/2.
/// </summary>
public class EventStreamWaysTests
{
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

    private static Func<StreamGuideRequest, Task> Says(string body) => async request =>
    {
        await request.BeginAsync();
        if (body.Length > 0)
        {
            await request.SendAsync(body);
        }

        await request.EndAsync();
    };

    private static Task<InProcessGateway> StartAsync(StreamGuide first, StreamGuide? second, string stream, string attempts = "hedge: off", TimeSpan? stopWithin = null) =>
        InProcessGateway.StartAsync(
            InProcessGateway.Config([first.Url], second is null ? null : [second.Url], route: "    stream: " + stream, attempts: attempts.Trim('{', '}')), stopWithin: stopWithin);

    private static HttpRequestMessage Request(InProcessGateway gateway, string method)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), new Uri(gateway.Url, "/chat"));
        if (method != "GET")
        {
            request.Content = new StringContent("hello");
        }

        return request;
    }
}
