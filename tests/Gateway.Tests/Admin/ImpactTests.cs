using System.Globalization;
using System.Text.Json;
using Gateway.Admin.Status;
using Gateway.Observability.History;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Admin;

/// <summary>Whom a disturbance hurt: the sentence as a table, and the count over a failover on real sockets.</summary>
[Trait("kind", "socket")]
public sealed class ImpactTests
{
    private static readonly DateTimeOffset Since = new(2026, 11, 26, 10, 49, 8, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, string> Sentences => new()
    {
        { "a:10/0/0/0", "", "since 10:49:08Z: no request failed, was degraded or took longer than 1 s." },
        { "", "", "since 10:49:08Z: no request failed, was degraded or took longer than 1 s." },
        { "a:1200/0/3/1", "", "since 10:49:08Z: a: 3 failed, 1 took longer than 1 s of 1,203." },
        { "a:10/0/0/0 b:0/1504/0/8", "b",
        "since 10:49:08Z: b: 1,504 from its fallback chain (only the first tier serves its level), 8 took longer than 1 s of 1,504; other "
            + "routes: none." },
        { "a:1/1/0/0 b:1/0/1/0 c:1/0/0/1 d:1/9/0/0 e:1/2/0/0", "",
        "since 10:49:08Z: b: 1 failed of 2; d: 9 from its fallback chain of 10; e: 2 from its fallback chain of 3; a: 1 from its fallback "
            + "chain of 2; and 1 more." },
    };

    [Theory]
    [MemberData(nameof(Sentences))]
    public void Text_NamesTheRoutesThatWereHurt(string routes, string firstTierOnly, string text) =>
        Assert.Equal(
            text,
            ImpactText.Of(
                Since,
                null,
                [.. routes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Route)],
                firstTierOnly.Split(' '),
                Since.AddMinutes(1)));

    [Fact]
    public void Text_OfADisturbanceThatIsOver_HasItsEnd() =>
        Assert.Equal(
            "from 10:49:08Z to 10:50:08Z: no request failed, was degraded or took longer than 1 s.",
            ImpactText.Of(Since, Since.AddMinutes(1), [], [], Since.AddMinutes(2)));

    [Theory]
    [InlineData("a:9/5/3/2", "a:4/4/3/0", "a:5/1/0/2")]
    [InlineData("a:9/5/3/2", "a:0/0/0/0", "a:9/5/3/2")]
    [InlineData("a:1/0/0/0", "a:400/0/0/0", "a:1/0/0/0")]
    public void Difference_OfARouteThatCountsAnew_IsNeverNegative(string now, string before, string difference) =>
        Assert.Equal(Route(difference), Route(now) - Route(before));

    [Fact]
    public async Task Status_WhileTheStandbyServes_CountsWhatUsersGot()
    {
        await using var primary = new ScriptedUpstream();
        await using var standby = new ScriptedUpstream();
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([primary.Url], [standby.Url], route: "    level: low"));
        Assert.Equal("ok", await gateway.Client.GetStringAsync("/", Cancel));
        Assert.Null(await ImpactAsync(gateway));

        primary.Healthy = false;
        await Eventually.BecomeTrueAsync(
            async () => await gateway.ServingAsync() is "standby",
            TimeSpan.FromSeconds(30),
            "the standby serves");
        for (var n = 0; n < 3; n++)
        {
            // Level low is served by the first tier only: the built-in response.
            using var response = await gateway.Client.GetAsync("/", Cancel);
            Assert.Equal(503, (int)response.StatusCode);
        }

        await Eventually.BecomeTrueAsync(async () => await ImpactAsync(gateway) is { Failed: 3, Ended: false } impact
            && impact.Text.Contains(": all: 3 failed", StringComparison.Ordinal), TimeSpan.FromSeconds(30), "three requests failed");
    }

    [Fact]
    public async Task Status_ErrorsThoughEveryDestinationIsUp_AreCounted()
    {
        await using var primary = new ScriptedUpstream(static request => request.RespondAsync("broken", 500));
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config(
                [primary.Url],
                cluster: "    passive: { consecutiveFailures: 1000, minimumRequests: 100000 }"));
        for (var n = 0; n < 20; n++)
        {
            using var response = await gateway.Client.GetAsync("/", Cancel);
            Assert.Equal(500, (int)response.StatusCode);
        }

        await Eventually.BecomeTrueAsync(
            async () => await ImpactAsync(gateway) is { Failed: >= 5 },
            TimeSpan.FromSeconds(30),
            "the errors are told");
    }

    [Fact]
    public async Task Hold_OfALaterTier_NamesTheRoutesThatItDoesNotServe()
    {
        await using var primary = new ScriptedUpstream();
        await using var standby = new ScriptedUpstream();
        await using var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([primary.Url], [standby.Url], route: "    level: low"));
        Assert.Contains(
            "Meanwhile route 'all' gets its fallback chain: only the first tier serves its level.",
            await MessageAsync(gateway, """{"tier":"standby","for":"10m","reason":"x","force":true}"""),
            StringComparison.Ordinal);
        await Eventually.BecomeTrueAsync(
            async () =>
            {
                (await gateway.Client.GetAsync("/", Cancel)).Dispose();
                return await ImpactAsync(gateway) is { Ended: false, Failed: > 0 };
            },
            TimeSpan.FromSeconds(30),
            "what the hold costs is counted");
        Assert.DoesNotContain(
            "Meanwhile",
            await MessageAsync(gateway, """{"tier":"primary","for":"10m","reason":"x","force":true}"""),
            StringComparison.Ordinal);
    }

    // As "name:live/degraded/failed/slow".
    private static RouteImpact Route(string text)
    {
        var counts = text[2..].Split('/').Select(static count => long.Parse(count, CultureInfo.InvariantCulture)).ToArray();
        return new(text[..1], counts[0], counts[1], counts[2], counts[3]);
    }

    private static async Task<string> MessageAsync(InProcessGateway gateway, string hold)
    {
        var (status, body) = await gateway.PostAsync("/clusters/guide/hold", hold);
        Assert.Equal(200, status);
        return JsonDocument.Parse(body).RootElement.GetProperty("message").GetString()!;
    }

    private static async Task<(long Failed, bool Ended, string Text)?> ImpactAsync(InProcessGateway gateway) =>
        (await gateway.StatusAsync()).GetProperty("clusters")[0].TryGetProperty("impact", out var impact)
            && impact.ValueKind == JsonValueKind.Object
            ? (impact.GetProperty("failed").GetInt64(), impact.TryGetProperty("until", out var until)
                && until.ValueKind != JsonValueKind.Null, impact.GetProperty("text").GetString()!)
            : null;
}
