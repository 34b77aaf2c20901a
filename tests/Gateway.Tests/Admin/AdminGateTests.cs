using System.Net;
using Gateway.Admin.Security;
using Gateway.Admin.Status;
using Gateway.Configuration.Model;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Gateway.Tests.Admin;

[Trait("kind", "socket")]
public sealed class AdminGateTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, 401)]
    [InlineData("Bearer wrong", 401)]
    [InlineData("Basic cmlnaHQ=", 401)]
    [InlineData("Bearer right", 200)]
    [InlineData("bearer  right", 200)]
    public async Task Token_Set_IsNeededOnEveryPath(string? authorization, int status)
    {
        await using var admin = await AdminFixture.StartAsync(token: "right");
        foreach (var path in new[] { "/status", "/metrics", "/config", "/journal" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (authorization is not null)
            {
                request.Headers.TryAddWithoutValidation("Authorization", authorization);
            }

            Assert.Equal(status, (int)(await admin.Client.SendAsync(request, Token)).StatusCode);
        }
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    public async Task Token_MissingForLivezAndReadyz_TellsTheStatusAlone(string method)
    {
        await using var admin = await AdminFixture.StartAsync(token: "right");
        Assert.Equal((200, ""), await AskAsync("/livez"));
        Assert.Equal((200, ""), await AskAsync("/readyz"));
        admin.Readiness = new(false, "The gateway is stopping.");
        Assert.Equal((503, ""), await AskAsync("/readyz"));
        Assert.Equal((200, ""), await AskAsync("/livez"));

        // With the token the reason is told; a wrong one is wrong here, too.
        Assert.Equal(
            method == "HEAD" ? (503, "") : (503, "{\"ready\":false,\"why\":\"The gateway is stopping.\"}"),
            await AskAsync("/readyz", "right"));
        Assert.Equal(401, (await AskAsync("/readyz", "wrong")).Status);

        async Task<(int Status, string Body)> AskAsync(string path, string? token = null)
        {
            using var request = new HttpRequestMessage(new(method), path);
            request.Headers.Authorization = token is null ? null : new("Bearer", token);
            using var response = await admin.Client.SendAsync(request, Token);
            return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Token));
        }
    }

    [Fact]
    public async Task Livez_WithoutTokenUnderAnyHost_Answers()
    {
        await using var admin = await AdminFixture.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/livez") { Headers = { Host = "10.1.2.3:8081" } };
        Assert.Equal(HttpStatusCode.OK, (await admin.Client.SendAsync(request, Token)).StatusCode);
    }

    [Fact]
    public async Task Token_Set_IsNotAskedForWhenABalancerAsksForHealth()
    {
        await using var admin = await AdminFixture.StartAsync(token: "right");
        Assert.Equal(HttpStatusCode.OK, (await admin.Client.GetAsync("/livez", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await admin.Client.GetAsync("/readyz", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await admin.Client.PostAsync("/readyz", content: null, Token)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await admin.Client.GetAsync("/readyz/../status", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await admin.Client.GetAsync("/livezx", Token)).StatusCode);
    }

    [Fact]
    public async Task Host_AskedForHealthWithoutOne_IsAnswered()
    {
        await using var admin = await AdminFixture.StartAsync();
        Assert.StartsWith(
            "HTTP/1.1 200",
            (await RawClient.AskAsync(admin.Client.BaseAddress!, "GET /readyz HTTP/1.0\r\n\r\n")).Head,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "HTTP/1.1 421",
            (await RawClient.AskAsync(admin.Client.BaseAddress!, "GET /status HTTP/1.0\r\n\r\n")).Head,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_MissingForThePage_GivesThePageThatAsks()
    {
        await using var admin = await AdminFixture.StartAsync(token: "right");
        var response = await admin.Client.GetAsync("/", Token);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.Single().Scheme);
        Assert.Equal("text/html", response.Content.Headers.ContentType!.MediaType);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1_000)]
    [InlineData(100_000)]
    public async Task Token_WrongFromManyAddresses_LocksNobodyOut(int addresses)
    {
        using var log = new CollectedLog();
        using var factory = LoggerFactory.Create(b => b.AddProvider(log));
        var time = new ManualTime();
        var gate = new AdminGate(
            static _ => Task.CompletedTask,
            new StatusPage(),
            "127.0.0.1",
            new AdminCredentials(new AdminConfig { Token = "right" }, speaksTls: false, certificates: null),
            time,
            factory.CreateLogger("gate"));
        for (var i = 0; i < Math.Max(addresses, 1_000); i++)
        {
            Assert.Contains(await AskAsync("wrong", i % addresses), new[] { 401, 429 });
        }

        // The right token passes from an address that is new, and from those that sent wrong ones.
        Assert.Equal(200, await AskAsync("right", addresses));
        Assert.Equal(200, await AskAsync("right", 0));
        Assert.InRange(log.Lines.Count, 1, AttemptLimit.MaxLines);
        Assert.DoesNotContain(log.Lines, static l => l.Contains("\"wrong\"", StringComparison.Ordinal));

        // A second later nothing is held against anybody.
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(401, await AskAsync("wrong", 0));

        async Task<int> AskAsync(string token, int address)
        {
            var context = new DefaultHttpContext();
            context.Connection.RemoteIpAddress = new IPAddress([10, (byte)(address >> 16), (byte)(address >> 8), (byte)address]);
            context.Request.Method = "GET";
            context.Request.Path = "/status";
            context.Request.Headers.Authorization = "Bearer " + token;
            await gate.InvokeAsync(context);
            return context.Response.StatusCode;
        }
    }

    [Fact]
    public void Limit_OneAddress_IsRefusedBySecondAndByNetwork()
    {
        var time = new ManualTime();
        var limit = new AttemptLimit(time);
        Assert.Equal([1, 2, 3], Enumerable.Range(0, 3).Select(_ => limit.Wrong(IPAddress.Parse("192.0.2.1"))));
        Assert.Equal(1, limit.Wrong(IPAddress.Parse("2001:db8:1:2::1")));
        Assert.Equal(2, limit.Wrong(IPAddress.Parse("2001:db8:1:2:ffff::9")));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, limit.Wrong(IPAddress.Parse("192.0.2.1")));
    }

    [Fact]
    public async Task Token_WrongTooOftenInASecond_Is429AndTheRightOnePasses()
    {
        await using var admin = await AdminFixture.StartAsync(token: "right");
        var statuses = new List<int>();
        for (var i = 0; i < 400 && !statuses.Contains(429); i++)
        {
            statuses.AddRange(await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SendAsync("wrong"))));
        }

        Assert.Contains(401, statuses);
        Assert.Contains(429, statuses);
        Assert.Equal(200, await SendAsync("right"));

        async Task<int> SendAsync(string token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/status");
            request.Headers.Authorization = new("Bearer", token);
            using var response = await admin.Client.SendAsync(request, Token);
            return (int)response.StatusCode;
        }
    }

    [Theory]
    [InlineData("Host", "evil.example", 421)]
    [InlineData("Host", "127.0.0.1.evil.example:8081", 421)]
    [InlineData("Host", "localhost:8081", 200)]
    [InlineData("Host", "[::1]:8081", 200)]
    [InlineData("Origin", "http://evil.example", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Sec-Fetch-Site", "cross-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-origin", 200)]
    public async Task Foreign_HostOrOrigin_IsRefused(string header, string value, int status)
    {
        await using var admin = await AdminFixture.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/clusters/ai-guide/release");
        request.Headers.TryAddWithoutValidation(header, value);
        Assert.Equal(status, (int)(await admin.Client.SendAsync(request, Token)).StatusCode);
    }

    [Fact]
    public async Task Origin_OurOwnPage_Passes()
    {
        await using var admin = await AdminFixture.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/clusters/ai-guide/release");
        request.Headers.TryAddWithoutValidation("Origin", admin.Address.GetLeftPart(UriPartial.Authority));
        Assert.Equal(HttpStatusCode.OK, (await admin.Client.SendAsync(request, Token)).StatusCode);
    }

    [Fact]
    public async Task Body_AsAFormOrTooLarge_IsRefused()
    {
        await using var admin = await AdminFixture.StartAsync();
        using var form = new StringContent("tier=standby", new System.Net.Http.Headers.MediaTypeHeaderValue("text/plain"));
        Assert.Equal(
            HttpStatusCode.UnsupportedMediaType,
            (await admin.Client.PostAsync("/clusters/ai-guide/release", form, Token)).StatusCode);

        using var large = new StringContent(
            $$"""{"reason":"{{new string('x', 20_000)}}"}""",
            new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
        Assert.Equal(
            HttpStatusCode.RequestEntityTooLarge,
            (await admin.Client.PostAsync("/clusters/ai-guide/release", large, Token)).StatusCode);
    }

    [Fact]
    public async Task Page_Headers_AllowOnlyItsOwnScript()
    {
        await using var admin = await AdminFixture.StartAsync();
        var first = await admin.Client.GetAsync("/", Token);
        var policy = first.Headers.GetValues("Content-Security-Policy").Single();
        var html = await first.Content.ReadAsStringAsync(Token);
        var nonce = policy.Split("'nonce-")[1].Split('\'')[0];
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Contains($"<script nonce=\"{nonce}\">", html, StringComparison.Ordinal);
        Assert.DoesNotContain("{{nonce}}", html, StringComparison.Ordinal);
        Assert.DoesNotContain("innerHTML", html, StringComparison.Ordinal);
        Assert.Equal("nosniff", first.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("DENY", first.Headers.GetValues("X-Frame-Options").Single());
        Assert.NotEqual(policy, (await admin.Client.GetAsync("/", Token)).Headers.GetValues("Content-Security-Policy").Single());
    }
}
