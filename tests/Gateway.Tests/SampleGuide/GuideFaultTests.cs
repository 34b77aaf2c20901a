using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Gateway.Tests.SampleGuide;

[Trait("kind", "process")]
public sealed class GuideFaultTests : IAsyncLifetime
{
    private const string Path = "/api/guide/recommend?user=u&category=c";

    private GuideUnderTest _guide = null!;

    public async ValueTask InitializeAsync() => _guide = await GuideUnderTest.StartAsync();

    public ValueTask DisposeAsync() => _guide.DisposeAsync();

    [Theory]
    [InlineData("500", null)]
    [InlineData("503", "5")]
    [InlineData("429", "5")]
    public async Task Status_Everything_FailsWithIt(string mode, string? retryAfter)
    {
        await _guide.FaultAsync($$"""{"mode":"{{mode}}","retryAfter":5}""");
        foreach (string path in new[] { Path, "/health" })
        {
            using HttpResponseMessage response = await _guide.GetAsync(path);
            Assert.Equal(mode, ((int)response.StatusCode).ToString());
            Assert.Equal(retryAfter, response.Headers.RetryAfter?.ToString());
        }

        using (HttpResponseMessage off = await _guide.SendAsync(HttpMethod.Delete, "/faults"))
        {
            Assert.Contains(
                "\"none\"",
                await off.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
                StringComparison.Ordinal);
        }

        using HttpResponseMessage good = await _guide.GetAsync(Path);
        Assert.Equal(HttpStatusCode.OK, good.StatusCode);
    }

    [Theory]
    [InlineData("good", 200, 500)]
    [InlineData("bad", 500, 200)]
    public async Task Health_Said_SuffersAlone(string health, int ofHealth, int ofUsers)
    {
        await _guide.FaultAsync($$"""{"mode":"500","health":"{{health}}"}""");
        using HttpResponseMessage probe = await _guide.GetAsync("/health");
        using HttpResponseMessage user = await _guide.GetAsync(Path);
        Assert.Equal((ofHealth, ofUsers), ((int)probe.StatusCode, (int)user.StatusCode));
    }

    [Fact]
    public async Task Share_FivePercent_IsEveryTwentieth()
    {
        await _guide.FaultAsync("""{"mode":"500","share":0.05}""");
        var hit = new List<int>();
        for (int i = 1; i <= 60; i++)
        {
            using HttpResponseMessage response = await _guide.GetAsync(Path);
            using HttpResponseMessage probe = await _guide.GetAsync("/health");
            if (response.StatusCode == HttpStatusCode.InternalServerError)
            {
                hit.Add(i);
            }
        }

        Assert.Equal([20, 40, 60], hit);
    }

    [Theory]
    [InlineData("slow")]
    [InlineData("late")]
    public async Task Delay_Mode_HoldsTheResponseOrItsBody(string mode)
    {
        await _guide.FaultAsync($$"""{"mode":"{{mode}}","delay":"400ms"}""");
        long started = Stopwatch.GetTimestamp();
        using HttpResponseMessage response = await _guide.GetAsync(Path);
        Assert.True(Stopwatch.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(390));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Slow_OrderWhoseClientLeft_IsExecutedAllTheSame()
    {
        await _guide.FaultAsync("""{"mode":"slow","delay":"300ms"}""");
        using (var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            await socket.ConnectAsync(IPAddress.Loopback, _guide.Url.Port, TestContext.Current.CancellationToken);
            await socket.SendAsync(
                "POST /api/cart?id=o-9 HTTP/1.1\r\nHost: guide\r\nContent-Length: 0\r\n\r\n"u8.ToArray(),
                TestContext.Current.CancellationToken);
        }

        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        string executed;
        do
        {
            deadline.Token.ThrowIfCancellationRequested();
            using HttpResponseMessage response = await _guide.GetAsync("/api/cart/executions");
            executed = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        }
        while (!string.Equals(executed, "{\"o-9\":1}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Hang_Request_IsNeverAnsweredAndEndsWithTheGuide()
    {
        await _guide.FaultAsync("""{"mode":"hang"}""");
        Task<(string Received, SocketError? End)> hanging = _guide.RawAsync(Path);
        await _guide.FaultAsync("""{"mode":"hang","health":"good"}""");
        using (HttpResponseMessage probe = await _guide.GetAsync("/health"))
        {
            Assert.Equal(HttpStatusCode.OK, probe.StatusCode);
        }

        Assert.False(hanging.IsCompleted);
        Assert.Equal(0, await _guide.EndAsync());
        Assert.Equal("", (await hanging).Received);
    }

    [Theory]
    [InlineData("""{"mode":"reset"}""", "")]
    [InlineData("""{"mode":"reset","when":"accept"}""", "")]
    [InlineData("""{"mode":"reset","when":"headers"}""", "HTTP/1.1 200 OK")]
    [InlineData("""{"mode":"reset","when":"body"}""", "HTTP/1.1 200 OK")]
    [InlineData("""{"mode":"cut"}""", "HTTP/1.1 200 OK")]
    public async Task Reset_Mode_IsARealReset(string fault, string start)
    {
        await _guide.FaultAsync(fault);
        (string received, SocketError? end) = await _guide.RawAsync(Path);

        Assert.Equal(SocketError.ConnectionReset, end);
        Assert.StartsWith(start, received, StringComparison.Ordinal);
        Assert.Equal(start.Length == 0, received.Length == 0);

        await _guide.FaultAsync("""{"mode":"none"}""");
        Assert.Null((await _guide.RawAsync("/health")).End);
    }

    [Theory]
    [InlineData(Path, """{"mode":"cut","end":"close"}""")]
    [InlineData("/bytes?n=5000&chunked=1", """{"mode":"cut","end":"close","after":1000}""")]
    [InlineData("/bytes?n=100&chunked=1", """{"mode":"cut","end":"close"}""")]
    public async Task Cut_ByClose_LooksLikeAnEndThatCameTooSoon(string path, string fault)
    {
        await _guide.FaultAsync(fault);
        (string received, SocketError? end) = await _guide.RawAsync(path);

        Assert.Null(end);
        Assert.StartsWith("HTTP/1.1 200 OK", received, StringComparison.Ordinal);
        Assert.DoesNotContain("\r\n0\r\n", received, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => _guide.GetAsync(path));
    }

    [Fact]
    public async Task Cut_WithALength_GivesHalfTheBody()
    {
        await _guide.FaultAsync("""{"mode":"cut"}""");
        (string received, _) = await _guide.RawAsync("/bytes?n=100");
        Assert.Equal(50, Encoding.UTF8.GetByteCount(received[(received.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]));
    }

    [Fact]
    public async Task Drip_Body_ComesOneByteAtATime()
    {
        await _guide.FaultAsync("""{"mode":"drip","delay":"50ms"}""");
        long started = Stopwatch.GetTimestamp();
        using HttpResponseMessage response = await _guide.GetAsync("/bytes?n=8");
        Assert.Equal(8, (await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).Length);
        Assert.True(Stopwatch.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(390));
    }

    [Fact]
    public async Task Garbage_Response_IsNoHttp()
    {
        await _guide.FaultAsync("""{"mode":"garbage"}""");
        Assert.StartsWith("HTTP/1.1 2OO banana\r\n", (await _guide.RawAsync(Path)).Received, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"mode\":\"banana\"}", "banana")]
    [InlineData("{\"mood\":\"slow\"}", "mood")]
    [InlineData("{\"mode\":\"slow\",\"delay\":\"soon\"}", "soon")]
    [InlineData("{\"share\":2}", "share")]
    [InlineData("[]", "JSON object")]
    [InlineData("", "JSON object")]
    public async Task Switch_Mistake_IsRefusedAndNamed(string body, string named)
    {
        using HttpResponseMessage response = await _guide.SendAsync(
            HttpMethod.Put,
            "/faults",
            request => request.Content = new StringContent(body));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(named, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
