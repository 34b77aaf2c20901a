using System.Text.Json;
using Gateway.Drills.Processes;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Drills;

/// <summary>What operators still know after the gateway itself was killed.</summary>
[Trait("kind", "process")]
public sealed class GatewayRestartTests
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero })
    {
        Timeout = TimeSpan.FromSeconds(10)
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task KillNine_OfTheGateway_JournalAndLedgerAreRightAfterTheRestart()
    {
        await using var bed = await TestBed.StartAsync(
            new() { Primaries = 1, Standbys = 1, Config = [("clusters.ai-guide.failback.after", "1h")] },
            Cancel);
        for (var i = 0; i < 30; i++)
        {
            await AskAsync(bed);
        }

        await bed.Primaries[0].KillAsync();
        for (var i = 0; i < 20; i++)
        {
            await AskAsync(bed);
        }

        await Eventually.BecomeTrueAsync(
            async () => (await JournalAsync(bed)).Any(IsFailover),
            TimeSpan.FromSeconds(20),
            "the failover is in the journal");
        await Eventually.BecomeTrueAsync(
            async () => await LedgerAsync(bed) == 50,
            TimeSpan.FromSeconds(20),
            "50 requests are in the ledger");
        var before = Assert.Single(await JournalAsync(bed), IsFailover);

        await bed.Gateway.KillAsync();
        // Well again, so that the new process has nothing of its own to tell.
        await bed.Primaries[0].StartAsync(Cancel);
        await bed.Gateway.StartAsync(Cancel);

        var after = Assert.Single(await JournalAsync(bed), IsFailover);
        Assert.All([
            "id",
            "text",
            "from",
            "to",
            "cluster",
            "kind"
        ], name => Assert.Equal(before.GetProperty(name).ToString(), after.GetProperty(name).ToString()));
        Assert.Equal(
            before.GetProperty("at").GetDateTimeOffset(),
            after.GetProperty("at").GetDateTimeOffset(),
            TimeSpan.FromMilliseconds(1));
        Assert.Contains("primary", after.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, (await JournalAsync(bed)).Count(static e => e.GetProperty("kind").GetString() == "start"));
        Assert.Equal(50, await LedgerAsync(bed));
    }

    private static bool IsFailover(JsonElement entry) => entry.TryGetProperty("reason", out var reason) && reason.GetString() == "failover";

    private static async Task AskAsync(TestBed bed)
    {
        using var response = await Http.GetAsync($"{bed.Gateway.Url}/api/guide/recommend?category=shoes", Cancel);
        Assert.True(response.IsSuccessStatusCode);
    }

    private static async Task<JsonElement[]> JournalAsync(TestBed bed)
    {
        var json = JsonDocument.Parse(await Http.GetStringAsync($"{bed.Gateway.AdminUrl}/journal?count=100", Cancel)).RootElement;
        return [.. (json.ValueKind == JsonValueKind.Array ? json : json.GetProperty("entries")).EnumerateArray()];
    }

    private static async Task<long> LedgerAsync(TestBed bed)
    {
        using var response = await Http.GetAsync($"{bed.Gateway.AdminUrl}/availability?window=1h", Cancel);
        if (!response.IsSuccessStatusCode)
        {
            // There is no file yet.
            return -1;
        }

        var requests =
            JsonDocument.Parse(
                await response.Content.ReadAsStringAsync(Cancel)).RootElement[0].GetProperty("measured").GetProperty("requests");
        return requests.GetProperty("live").GetInt64()
            + requests.GetProperty("degraded").GetInt64()
            + requests.GetProperty("failed").GetInt64();
    }
}
