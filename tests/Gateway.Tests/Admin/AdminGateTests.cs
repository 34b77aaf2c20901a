using System.Collections.Concurrent;
using System.Net;
using Gateway.Admin;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Gateway.Tests.Admin;

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
    public async Task Token_MissingForThePage_GivesThePageThatAsks()
    {
        await using var admin = await AdminFixture.StartAsync(token: "right");
        var answer = await admin.Client.GetAsync("/", Token);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.Single().Scheme);
        Assert.Equal("text/html", answer.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Token_WrongTooOften_IsRefusedAndLogged()
    {
        using var log = new Collected();
        await using var admin = await AdminFixture.StartAsync(token: "right", LoggerFactory.Create(b => b.AddProvider(log)));
        for (var i = 0; i < AttemptLimit.Max; i++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync("wrong")).StatusCode);
        }

        var refused = await SendAsync("right");

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.Equal(AttemptLimit.Max, log.Lines.Count(static l => l.Contains("A wrong token came", StringComparison.Ordinal)));
        Assert.DoesNotContain(log.Lines, static l => l.Contains("\"wrong\"", StringComparison.Ordinal));

        async Task<HttpResponseMessage> SendAsync(string token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/status");
            request.Headers.Authorization = new("Bearer", token);
            return await admin.Client.SendAsync(request, Token);
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
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await admin.Client.PostAsync("/clusters/ai-guide/release", form, Token)).StatusCode);

        using var large = new StringContent($$"""{"reason":"{{new string('x', 20_000)}}"}""", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await admin.Client.PostAsync("/clusters/ai-guide/release", large, Token)).StatusCode);
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

    private sealed class Collected : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
