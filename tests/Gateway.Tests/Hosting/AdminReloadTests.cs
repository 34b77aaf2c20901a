using System.Net.Http.Headers;
using System.Text.Json;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Hosting;

[Trait("kind", "socket")]
public sealed class AdminReloadTests
{
    private const string First = "first-token-0123456789";
    private const string Second = "second-token-0123456789";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(First, Second, "changed: the new token is needed")]
    [InlineData(null, Second, "was set: the admin endpoint needs it")]
    [InlineData(First, null, "was removed: the admin endpoint needs no token")]
    public async Task Token_ChangedByReload_IsInForceAtOnce(string? before, string? after, string said)
    {
        await using var guide = new ScriptedUpstream();
        var config = InProcessGateway.Config([guide.Url]);
        await using var gateway = await InProcessGateway.StartAsync(With(config, before));
        using var operators = new HttpClient { BaseAddress = gateway.AdminUrl };
        gateway.WriteConfig(With(config, after));
        Assert.Contains(await AskAsync("/config/reload", before ?? after, HttpMethod.Post), new[] { 200, 401 });

        // The file is followed as well, so that the reload itself may have come with the old token too late.
        await Eventually.BecomeTrueAsync(async () => await AskAsync("/config", after) == 200
            && (after is null || await AskAsync("/config", before ?? "none") == 401), TimeSpan.FromSeconds(30),
            "the new token is in force, the old one refused");

        using var request = Request("/journal", after, HttpMethod.Get);
        using var response = await operators.SendAsync(request, Token);
        Assert.Contains(
            said,
            JsonDocument.Parse(await response.Content.ReadAsStringAsync(Token)).RootElement.ToString(),
            StringComparison.Ordinal);

        async Task<int> AskAsync(string path, string? token, HttpMethod? method = null)
        {
            using var asked = Request(path, token, method ?? HttpMethod.Get);
            using var given = await operators.SendAsync(asked, Token);
            return (int)given.StatusCode;
        }
    }

    [Theory]
    [InlineData("admin: { url: \"http://127.0.0.1:0\" }", "admin: { url: \"http://[::1]:0\" }", "admin.url")]
    [InlineData("- url: http://127.0.0.1:0", "- url: http://127.0.0.2:0", "listen")]
    [InlineData("version: 1", "version: 1\nlimits: { headersTimeout: 3s }", "limits.headersTimeout")]
    public async Task Key_ThatNeedsARestart_IsNamedAsNotInForce(string from, string to, string key)
    {
        await using var guide = new ScriptedUpstream();
        var config = InProcessGateway.Config([guide.Url]);
        await using var gateway = await InProcessGateway.StartAsync(config);
        gateway.WriteConfig(config.Replace(from, to, StringComparison.Ordinal));
        var (status, body) = await gateway.PostAsync("/config/reload", "{}");
        Assert.Equal(200, status);
        Assert.Contains(
            $"is in force, except for these keys, whose values of the start hold until the next start: {key}.",
            body,
            StringComparison.Ordinal);
        Assert.Equal(key, (await gateway.StatusAsync()).GetProperty("config").GetProperty("restartNeeded")[0].GetString());
    }

    [Fact]
    public async Task Token_WithoutWhichThePortWouldBeOpen_IsNotRemoved()
    {
        await using var guide = new ScriptedUpstream();
        var config = InProcessGateway.Config([guide.Url]);
        await using var gateway =
            await InProcessGateway.StartAsync(config.Replace(
                "http://127.0.0.1:0\" }",
                $"http://0.0.0.0:0\", token: {First} }}",
                StringComparison.Ordinal));
        using var operators = new HttpClient { BaseAddress = gateway.AdminUrl };
        gateway.WriteConfig(config);
        using var request = Request("/config/reload", First, HttpMethod.Post);
        using var response = await operators.SendAsync(request, Token);
        Assert.Equal(422, (int)response.StatusCode);
        var body = await response.Content.ReadAsStringAsync(Token);
        Assert.Contains("can be reached from other machines and needs", body, StringComparison.Ordinal);
        Assert.Contains("admin.token", body, StringComparison.Ordinal);
        using var without = await operators.GetAsync("/config", Token);
        Assert.Equal(401, (int)without.StatusCode);
        Assert.Equal(200, (await gateway.GetAsync("/")).Status);
    }

    private static string With(string config, string? token) =>
        token is null
            ? config
            : config.Replace(
                "admin: { url: \"http://127.0.0.1:0\" }",
                $"admin: {{ url: \"http://127.0.0.1:0\", token: {token} }}",
                StringComparison.Ordinal);

    private static HttpRequestMessage Request(string path, string? token, HttpMethod method)
    {
        var request = new HttpRequestMessage(method, path);
        if (method == HttpMethod.Post)
        {
            request.Content = new StringContent("{}", System.Text.Encoding.UTF8, "application/json");
        }

        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return request;
    }
}
