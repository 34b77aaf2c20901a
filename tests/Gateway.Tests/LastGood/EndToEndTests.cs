using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.Cli;
using Gateway.Drills.Figures;
using Gateway.Drills.Load;
using Gateway.Drills.Processes;
using Xunit;

namespace Gateway.Tests.LastGood;

/// <summary>The last-good response as users meet it: real guides, a real gateway, a real Redis, and kill -9.</summary>
[Trait("kind", "process")]
public sealed class EndToEndTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EverythingKilledUnderLoad_ThenTheGatewayToo_EachUserGetsTheLastLiveBytes() =>
        AssertHolds(await LastGoodDrill.OutageAsync(200, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), p99: null, Progress));

    [Fact]
    public async Task SecondGatewayThatNeverSawTheRequests_AnswersFromRedisToTheByte()
    {
        Assert.SkipUnless(RedisProcess.IsInstalled, "redis-server is not installed.");
        AssertHolds(await LastGoodDrill.RedisAsync(200, TimeSpan.FromSeconds(1.5), p99: null, Progress));
    }

    [Fact]
    public async Task MixedRequestsWithOutagesAbortsAndRestarts_NoByteOfOneUserInAnothers() =>
        AssertHolds(await LastGoodMixDrill.MeasureAsync(50_000, 2_500, Progress));

    [Fact]
    public async Task GatewayKilledWhileWriting_TheStoreOpensEachTimeAndServesNoWrongByte() =>
        AssertHolds(await LastGoodKillDrill.MeasureAsync(8, Progress));

    [Fact]
    public async Task Exhausted_GuideHangsThatLooksHealthy_HalfOpenProbesGoOnAndNoUserWaitsForOne()
    {
        // 1. One guide; it answers its probes and lets requests hang, so only a half-open probe can bring it back.
        await using var bed = await TestBed.StartAsync(
            new()
            {
                Primaries = 1,
                Standbys = 0,
                Config =
                [
                    ("clusters.ai-guide.timeouts.firstByte", "4s"), ("clusters.ai-guide.attempts.hedge", "off"),
                    ("clusters.ai-guide.attempts.max", "1"),
                    ("clusters.ai-guide.passive.ejectFor", "1s"),
                ],
            },
            Cancel);
        var known = await KnownScenario.AskAsync(bed.Primaries[0].Url, 50, Cancel);
        var target = LoadTarget.Parse(bed.Gateway.Url);
        Task<Ledger> LoadAsync(double rate, double seconds) =>
            LoadRun.RunAsync(new()
            {
                Target = target,
                Rate = RateProfile.Constant(rate, TimeSpan.FromSeconds(seconds)),
                Scenarios = [known]
            });
        var live = await LoadAsync(100, 1);
        Assert.Equal(live.Total, live.Count(Outcome.Live));
        await bed.Primaries[0].SetFaultAsync(new() { Mode = "hang", Health = "good" }, Cancel);

        // 2. The first users find it out.
        var tries = 0;
        while (!await IsExhausted(bed))
        {
            Assert.InRange(++tries, 1, 20);
            await LoadAsync(10, 0.5);
        }

        // 3. From then on half-open probes hang for their four seconds, one at a time, and every user is answered at once.
        var before = Attempts(await bed.Gateway.MetricsAsync(Cancel));
        var ledger = await LoadAsync(50, 6);
        var probes = Attempts(await bed.Gateway.MetricsAsync(Cancel)) - before;

        Assert.Equal(ledger.Total, ledger.Count(Outcome.LastGood));
        Assert.InRange(ledger.Latencies().Max, TimeSpan.Zero, TimeSpan.FromSeconds(3));
        Assert.InRange(probes, 1, 5);
    }

    [Fact]
    public async Task Operators_ListWarmAndPurge_OnARunningGateway()
    {
        await using var bed = await TestBed.StartAsync(new() { Primaries = 1, Standbys = 0 }, Cancel);
        var list = Path.Combine(bed.Folder, "warm.txt");
        await File.WriteAllLinesAsync(list,
        [
            "# users of the morning",
            "/api/guide/recommend?user=u1",
            "/api/guide/recommend?user=u2",
            "",
            "http://shop.example/guide/about",
            "/api/guide/recommend?user=u1"
        ], Cancel);

        // 1. Fetched ahead, in the users' way.
        var (code, output, _) = await RunAsync(bed, "last-good", "--warm", list, "--url", bed.Gateway.Url);
        Assert.Equal(0, code);
        Assert.StartsWith("3 of 3 were answered live", output, StringComparison.Ordinal);

        // 2. Listed by key, without bodies.
        using var client = new HttpClient();
        var entries =
            (await client.GetFromJsonAsync<JsonElement>($"{bed.Gateway.AdminUrl}/last-good?prefix=/api", Cancel)).GetProperty("entries");
        Assert.Equal(2, entries.GetArrayLength());
        Assert.Equal(["age", "key", "nearest", "route", "size", "tier"], entries[0]
            .EnumerateObject()
            .Select(static p => p.Name)
            .Order(StringComparer.Ordinal));
        Assert.Equal(("recommend", "primary"), (entries[0].GetProperty("route").GetString(), entries[0].GetProperty("tier").GetString()));
        (_, output, _) = await RunAsync(bed, "last-good", "--prefix", "shop.example/guide");
        Assert.Contains("shop.example/guide/about ~pages.", output, StringComparison.Ordinal);

        // 3. The figures, for the status page and for Prometheus. A second look at the same key could be answered by now.
        await client.GetStringAsync($"{bed.Gateway.Url}/api/guide/recommend?user=u1", Cancel);
        var metrics = await bed.Gateway.MetricsAsync(Cancel);
        Assert.Equal(3, metrics.Sum("gateway_last_good_entries"));
        Assert.InRange(metrics.Sum("gateway_last_good_coverage_ratio", ("route", "recommend")), 0.3, 0.4);

        // 4. Purged by key, by prefix and by route; each leaves the rest.
        var key = entries[0].GetProperty("key").GetString()!;
        Assert.Equal(
            (0, $"1 stored response with the key \"{key}\" was forgotten."),
            await DoneAsync(bed, "last-good", "purge", "--key", key));
        Assert.Equal(
            (0, "1 stored response whose key or path begins with \"/guide\" was forgotten."),
            await DoneAsync(bed, "last-good", "purge", "--prefix", "/guide"));
        Assert.Equal(
            (0, "0 stored responses of the route \"pages\" were forgotten."),
            await DoneAsync(bed, "last-good", "purge", "--route", "pages"));
        Assert.Equal(
            (0, "1 stored response of the route \"recommend\" was forgotten."),
            await DoneAsync(bed, "last-good", "purge", "--route", "recommend"));

        // 5. What cannot be fetched is said, line by line.
        await bed.Primaries[0].KillAsync();
        (code, output, _) = await RunAsync(bed, "last-good", "--warm", list, "--url", bed.Gateway.Url);
        Assert.Equal(1, code);
        Assert.Contains("/api/guide/recommend?user=u2: no tier answered, only the fallback \"file\"", output, StringComparison.Ordinal);
        Assert.Contains("0 of 3 were answered live", output, StringComparison.Ordinal);
    }

    private static void AssertHolds(Verdict verdict) =>
        Assert.True(
            verdict.Holds,
            string.Join(
                '\n',
                verdict.Expectations.Select(static e => $"{(e.Holds ? "holds" : "DOES NOT HOLD")}: {e.What}: {e.Measured}, {e.Limit}")));

    private static void Progress(string text) => TestContext.Current.SendDiagnosticMessage(text);

    private static double Attempts(Metrics metrics) => metrics.Sum("gateway_attempts_total");

    private static async Task<bool> IsExhausted(TestBed bed) =>
        !JsonDocument.Parse(await bed.Gateway.StatusAsync(Cancel)).RootElement.GetProperty("clusters")[0].TryGetProperty("serving", out _);

    private static async Task<(int Code, string Output)> DoneAsync(TestBed bed, params string[] arguments)
    {
        // Lines are wrapped for a terminal.
        var (code, output, _) = await RunAsync(bed, arguments);
        return (code, string.Join(' ', output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(TestBed bed, params string[] arguments)
    {
        var (output, error) = (new StringWriter(CultureInfo.InvariantCulture), new StringWriter(CultureInfo.InvariantCulture));
        var code = await GatewayCli.RunAsync([.. arguments, .. arguments.Contains("--warm", StringComparer.Ordinal)
            ? Array.Empty<string>()
            : ["--admin", bed.Gateway.AdminUrl]], output, error, static _ => null);
        return (code, output.ToString(), error.ToString());
    }
}
