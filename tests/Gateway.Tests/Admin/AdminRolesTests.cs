using System.Net;
using System.Net.Http.Json;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Xunit;

namespace Gateway.Tests.Admin;

/// <summary>Named tokens: what each role may do, and whose change the journal says it was.</summary>
[Trait("kind", "socket")]
public sealed class AdminRolesTests
{
    private static readonly AdminTokenConfig[] Tokens =
    [
        new() { Name = "prometheus", Token = "token-that-reads", Role = AdminRole.Read },
        new() { Name = "ann", Token = "token-that-operates", Role = AdminRole.Operate },
        new() { Name = "deploy", Token = "token-that-configures", Role = AdminRole.Configure },
    ];

    [Theory]
    [InlineData("GET", "/status", "rocf")]
    [InlineData("GET", "/metrics", "rocf")]
    [InlineData("GET", "/config", "rocf")]
    [InlineData("GET", "/journal", "rocf")]
    [InlineData("GET", "/readyz", "rocf")]
    [InlineData("GET", "/", "rocf")]
    [InlineData("POST", "/clusters/ai-guide/destinations/guide-a/drain", "ocf")]
    [InlineData("POST", "/clusters/ai-guide/release", "ocf")]
    [InlineData("DELETE", "/last-good", "ocf")]
    [InlineData("POST", "/signals/alerts", "ocf")]
    [InlineData("POST", "/signals/logs?name=x", "ocf")]
    [InlineData("POST", "/config/reload", "cf")]
    [InlineData("POST", "/CONFIG/reload", "cf")]
    [InlineData("POST", "/config/rollback", "cf")]
    [InlineData("GET", "/config/revisions", "rocf")]
    [InlineData("GET", "/config/revisions/", "rocf")]
    [InlineData("GET", "/config/revisions/1", "cf")]
    [InlineData("GET", "/CONFIG/Revisions/1", "cf")]
    [InlineData("GET", "/config/%72evisions/1", "cf")]
    public async Task Call_OfEachRole_PassesOrIsForbidden(string method, string path, string allowed)
    {
        await using var admin = await AdminFixture.StartAsync("token-for-all", tokens: [.. Tokens]);
        admin.Reload = static _ => throw new OperationCanceledException();
        string[] tokens = [.. Tokens.Select(static t => t.Token), "token-for-all"];
        foreach (var (letter, token) in "rocf".Zip(tokens))
        {
            var response = await SendAsync(admin, method, path, token);
            Assert.Equal(allowed.Contains(letter, StringComparison.Ordinal), response.StatusCode != HttpStatusCode.Forbidden);
            Assert.NotEqual(HttpStatusCode.Unauthorized, response.StatusCode);
        }

        foreach (var wrong in new[] { "token-that-read", "token-that-reads ", "TOKEN-THAT-READS", "prometheus", "" })
        {
            if (wrong.Trim() != Tokens[0].Token)
            {
                Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(admin, method, path, wrong)).StatusCode);
            }
        }
    }

    [Fact]
    public async Task Refusal_OfARole_SaysWhichItTakes()
    {
        await using var admin = await AdminFixture.StartAsync(tokens: [.. Tokens]);
        var response = await SendAsync(admin, "POST", "/clusters/ai-guide/release", Tokens[0].Token);

        Assert.Contains(
            "has the role read, and this takes operate.",
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"who":"bob@laptop"}""", "bob@laptop (token ann, 127.0.0.1)")]
    [InlineData("{}", "token ann (127.0.0.1)")]
    public async Task Change_WithANamedToken_IsTheTokensInTheJournal(string body, string who)
    {
        await using var admin = await AdminFixture.StartAsync(tokens: [.. Tokens]);
        var commands = new List<Command>();
        admin.Command = (command, _) =>
        {
            commands.Add(command);
            return Task.FromResult(new CommandResult(Done: true, "Done."));
        };

        var response = await SendAsync(admin, "POST", "/clusters/ai-guide/destinations/guide-a/ready", Tokens[1].Token, body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(who, Assert.Single(commands).By);
    }

    private static async Task<HttpResponseMessage> SendAsync(
        AdminFixture admin, string method, string path, string token, string body = "{}")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(admin.Address, path));
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        if (method == "POST")
        {
            request.Content = JsonContent.Create(System.Text.Json.JsonDocument.Parse(body).RootElement);
        }

        return await admin.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }
}
