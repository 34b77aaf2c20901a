using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Gateway.Tests.Server.Acme;

/// <summary>An authority that sends what RFC 8555 does not allow: the order fails with words, and the loop goes on.</summary>
[Trait("kind", "socket")]
public sealed class HostileAuthorityTests
{
    private const string Pending = "\"status\":\"pending\",\"finalize\":\"https://127.0.0.1:1/f\"";

    [Theory]
    [InlineData("", "")]
    [InlineData("null", "")]
    [InlineData("{}", "")]
    [InlineData("[[[[[[", "")]
    [InlineData("{\"newNonce\":null,\"newAccount\":null,\"newOrder\":null}", "")]
    [InlineData("{\"newNonce\":\"nonce\",\"newAccount\":\"\",\"newOrder\":\"ftp://x\"}", "")]
    [InlineData("2 MiB", "")]
    [InlineData("good", "null")]
    [InlineData("good", "{" + Pending + ",\"authorizations\":null}")]
    [InlineData("good", "{" + Pending + ",\"authorizations\":[null]}")]
    [InlineData("good", "{" + Pending + ",\"authorizations\":[\"../..\"]}")]
    public async Task Authority_ThatSendsNonsense_FailsTheOrderAlone(string directory, string order)
    {
        using var trust = new PrivateAuthority("acme");
        var own = "";
        await using var authority = await KestrelUpstream.StartAsync(
            context => RespondAsync(context, own, directory, order), certificate: trust.Issue("127.0.0.1"));
        own = authority.Url;
        await using var guide = new ScriptedUpstream();
        var listen = $$"""
              - url: http://127.0.0.1:0
              - url: "https://127.0.0.1:0"
                certificates: [ { hosts: [ shop.test ], acme: { directory: "{{own}}/dir", ca: FOLDER/ca.pem } } ]
            """;
        await using var gateway = await InProcessGateway.StartAsync(
            InProcessGateway.Config([guide.Url], listen: listen),
            new Dictionary<string, string>(StringComparer.Ordinal) { ["ca.pem"] = trust.Pem });

        await Eventually.BecomeTrueAsync(
            async () => (await AlarmsAsync(gateway)).Contains("shop.test was not issued by 127.0.0.1", StringComparison.Ordinal),
            TimeSpan.FromSeconds(60),
            "an alarm says that it was not issued");
        Assert.DoesNotContain("has ended", await AlarmsAsync(gateway), StringComparison.Ordinal);
        Assert.Equal(200, (await gateway.GetAsync()).Status);
    }

    private static async Task<string> AlarmsAsync(InProcessGateway gateway) =>
        (await gateway.StatusAsync()).GetProperty("alarms").ToString();

    private static Task RespondAsync(HttpContext context, string own, string directory, string order)
    {
        context.Response.Headers["Replay-Nonce"] = "nonce";
        context.Response.Headers.Location = own + "/made";
        return context.Request.Path.Value switch
        {
            "/dir" when directory is "good" => context.Response.WriteAsync(
                $"{{\"newNonce\":\"{own}/nonce\",\"newAccount\":\"{own}/account\",\"newOrder\":\"{own}/order\"}}"),
            "/dir" when directory is "2 MiB" => context.Response.WriteAsync(new string('x', 2 << 20)),
            "/dir" => context.Response.WriteAsync(directory),
            "/order" => context.Response.WriteAsync(order),
            "/nonce" => Task.CompletedTask,
            _ => context.Response.WriteAsync("{}"),
        };
    }
}
