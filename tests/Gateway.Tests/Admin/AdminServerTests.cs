using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.Admin.Endpoints;
using Gateway.Admin.Status;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reload;
using Gateway.Failover;
using Gateway.Observability.Metrics;
using Xunit;

namespace Gateway.Tests.Admin;

[Trait("kind", "socket")]
public sealed class AdminServerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Status_PrimaryServes_SaysWhoSinceWhenAndWhat()
    {
        await using var admin = await AdminFixture.StartAsync();
        admin.Instruments.Route("recommend").Live(TimeSpan.FromMilliseconds(3));

        var status = await admin.GetAsync("/status");

        var cluster = status.GetProperty("clusters")[0];
        Assert.Equal("primary", cluster.GetProperty("serving").GetString());
        Assert.Equal("up", cluster.GetProperty("tiers")[0].GetProperty("destinations")[0].GetProperty("healthStatus").GetString());
        Assert.Equal(1, cluster.GetProperty("tiers")[0].GetProperty("share").GetDouble());
        Assert.Equal(1, status.GetProperty("routes")[0].GetProperty("requests").GetProperty("live").GetInt64());
        Assert.Equal("lastGood, file: recommend.json, builtIn", string.Join(", ", status.GetProperty("routes")[0]
            .GetProperty("fallback")
            .EnumerateArray()
            .Select(static r => r.GetString())));
        Assert.Equal((4, "3f2a91c0aa01"), (status.GetProperty("config")
            .GetProperty("revision")
            .GetInt64(), status.GetProperty("config").GetProperty("hash").GetString()));
    }

    [Fact]
    public async Task Status_AfterATransition_GivesItsEvidence()
    {
        await using var admin = await AdminFixture.StartAsync();
        admin.Show("standby", primaryCanServe: false, last: Switched("primary", "standby"));

        var cluster = (await admin.GetAsync("/status")).GetProperty("clusters")[0];

        Assert.Equal("standby", cluster.GetProperty("serving").GetString());
        Assert.Equal("guide-a: 2 of 2 probes timed out.", cluster.GetProperty("why").GetString());
    }

    [Fact]
    public async Task Status_Exhausted_ServesNone()
    {
        await using var admin = await AdminFixture.StartAsync();
        admin.Show(null, primaryCanServe: false);
        Assert.False((await admin.GetAsync("/status")).GetProperty("clusters")[0].TryGetProperty("serving", out _));
    }

    [Fact]
    public async Task Readyz_NotReady_Says503AndWhyWhileLivezStays()
    {
        await using var admin = await AdminFixture.StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await admin.Client.GetAsync("/readyz", Token)).StatusCode);

        admin.Readiness = new(false, "The gateway is stopping.");

        var response = await admin.Client.GetAsync("/readyz", Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("The gateway is stopping.", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await admin.Client.GetAsync("/livez", Token)).StatusCode);
    }

    [Fact]
    public async Task Metrics_ByAccept_TextOrOpenMetrics()
    {
        await using var admin = await AdminFixture.StartAsync();
        var text = await admin.Client.GetAsync("/metrics", Token);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", text.Content.Headers.ContentType!.ToString());
        Assert.Contains("process_cpu_seconds_total ", await text.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);

        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics")
        {
            Headers = { Accept = { new("application/openmetrics-text") } }
        };
        var open = await (await admin.Client.SendAsync(request, Token)).Content.ReadAsStringAsync(Token);
        Assert.EndsWith("# EOF\n", open, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Config_WithSecrets_ShowsNone()
    {
        await using var admin = await AdminFixture.StartAsync();
        var text = await admin.Client.GetStringAsync("/config", Token);
        Assert.DoesNotContain("s3cret", text, StringComparison.Ordinal);
        var config = JsonDocument.Parse(text).RootElement.GetProperty("config");
        Assert.Equal("(hidden)", config.GetProperty("redis").GetProperty("password").GetString());
        Assert.Equal("(hidden)", config.GetProperty("redis").GetProperty("secret").GetString());
        Assert.Equal("800ms", config.GetProperty("clusters")[0].GetProperty("probe").GetProperty("timeout").GetString());
        Assert.Equal("lastGood", config.GetProperty("routes")[0].GetProperty("fallback")[0].GetString());
        Assert.Equal("10.0.0.0/8", config.GetProperty("trustedProxies")[0].GetString());
    }

    [Fact]
    public async Task Reload_Refused_AnswersEveryProblem()
    {
        await using var admin = await AdminFixture.StartAsync();
        admin.Reload = _ => Task.FromResult(new ReloadOutcome(Applied: false,
        [
            new("gateway.yaml", 3, 5, "One."),
            new("gateway.yaml", 9, 1, "Two.")
        ], [], [], 4));

        var response = await admin.PostAsync("/config/reload");

        Assert.Equal(422, (int)response.StatusCode);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.Contains("gateway.yaml:3:5: One.\\ngateway.yaml:9:1: Two.", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reload_Accepted_IsInTheJournalWithWhoAndWhy()
    {
        await using var admin = await AdminFixture.StartAsync();
        admin.Reload = _ => Task.FromResult(new ReloadOutcome(Applied: true, [], [], ["listen"], 77));

        (await admin.PostAsync("/config/reload", new { reason = "new\u001bguide", who = "ann" })).EnsureSuccessStatusCode();

        var entry = (await admin.GetAsync("/journal"))[0];
        Assert.Equal(
            "Configuration revision 77 is in force, except for these keys, whose values of the start hold until the next start: listen.",
            entry.GetProperty("text").GetString());
        Assert.Equal("new guide", entry.GetProperty("reason").GetString());
        Assert.Equal("ann (127.0.0.1)", entry.GetProperty("who").GetString());
    }

    [Fact]
    public async Task Hold_Allowed_IsCommandedShownAndInTheJournal()
    {
        await using var admin = await AdminFixture.StartAsync();
        Command? got = null;
        admin.Command = (command, _) =>
        {
            got = command;
            admin.Show("standby", hold: new("standby", TimeProvider.System.GetUtcNow().AddMinutes(10), "disk swap", Yielded: false));
            return Task.FromResult(new CommandResult(true, "The standby is held for 10 minutes."));
        };

        (await admin.PostAsync("/clusters/ai-guide/hold", new
        {
            tier = "standby",
            @for = "10m",
            reason = "disk swap"
        })).EnsureSuccessStatusCode();

        Assert.Equal(new HoldCommand("ai-guide", "standby", TimeSpan.FromMinutes(10), "disk swap") { By = "127.0.0.1" }, got);
        var hold = (await admin.GetAsync("/status")).GetProperty("clusters")[0].GetProperty("hold");
        Assert.Equal("disk swap", hold.GetProperty("reason").GetString());
        Assert.InRange(
            hold.GetProperty("until").GetDateTimeOffset() - TimeProvider.System.GetUtcNow(),
            TimeSpan.FromMinutes(9),
            TimeSpan.FromMinutes(10));
        var entry = (await admin.GetAsync("/journal?cluster=ai-guide"))[0];
        Assert.Equal(("hold", "standby"), (entry.GetProperty("kind").GetString(), entry.GetProperty("to").GetString()));
    }

    [Theory]
    [InlineData("/clusters/ai-guide/hold", """{"tier":"standby","for":"10m"}""", 400, "reason")]
    [InlineData("/clusters/ai-guide/hold", """{"tier":"standby","for":"10","reason":"x"}""", 400, "10ms or 10s")]
    [InlineData("/clusters/ai-guide/hold", """{"tier":"standby","for":"25h","reason":"x"}""", 400, "at most 24h")]
    [InlineData("/clusters/ai-guide/hold", """{"tier":"third","for":"10m","reason":"x"}""", 404, "\\\"primary\\\", \\\"standby\\\"")]
    [InlineData("/clusters/other/hold", """{"tier":"standby","for":"10m","reason":"x"}""", 404, "\\\"ai-guide\\\"")]
    [InlineData("/clusters/ai-guide/hold", "{", 400, "JSON")]
    [InlineData("/clusters/ai-guide/destinations/nobody/drain", "{}", 404, "guide-a")]
    [InlineData("/clusters/ai-guide/destinations/nobody/weight", "{\"weight\": 5}", 404, "guide-a")]
    [InlineData("/clusters/ai-guide/destinations/guide-a/weight", "{}", 400, "from 1 to 1000")]
    [InlineData("/clusters/ai-guide/destinations/guide-a/weight", "{\"weight\": 0}", 400, "from 1 to 1000")]
    [InlineData("/clusters/ai-guide/destinations/guide-a/weight", "{\"weight\": 1001}", 400, "from 1 to 1000")]
    [InlineData("/clusters/ai-guide/destinations/guide-a/weight", "{\"weight\": 5, \"clear\": true}", 400, "from 1 to 1000")]
    public async Task Verb_Wrong_SaysWhatToWrite(string path, string body, int status, string says)
    {
        await using var admin = await AdminFixture.StartAsync();
        using var content = new StringContent(body, MediaTypeHeaderValue.Parse("application/json"));
        var response = await admin.Client.PostAsync(path, content, Token);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.Contains(says, await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hold_TierCannotServe_NeedsForce()
    {
        await using var admin = await AdminFixture.StartAsync();
        admin.Show("standby", primaryCanServe: false);
        Assert.Equal(
            HttpStatusCode.Conflict,
            (await admin.PostAsync("/clusters/ai-guide/hold", new { tier = "primary", @for = "10m", reason = "x" })).StatusCode);
        Assert.Equal(
            HttpStatusCode.OK,
            (await admin.PostAsync("/clusters/ai-guide/hold", new
            {
                tier = "primary",
                @for = "10m",
                reason = "x",
                force = true
            })).StatusCode);
    }

    [Fact]
    public async Task Hold_JustSwitched_NeedsForce()
    {
        await using var admin = await AdminFixture.StartAsync();
        admin.Show("primary", last: Switched("standby", "primary"));
        Assert.Equal(
            HttpStatusCode.Conflict,
            (await admin.PostAsync("/clusters/ai-guide/hold", new { tier = "standby", @for = "10m", reason = "x" })).StatusCode);
        Assert.Equal(
            HttpStatusCode.OK,
            (await admin.PostAsync("/clusters/ai-guide/hold", new
            {
                tier = "standby",
                @for = "10m",
                reason = "x",
                force = true
            })).StatusCode);
    }

    [Fact]
    public async Task Drain_LastThatCanServe_NeedsForce()
    {
        await using var admin = await AdminFixture.StartAsync();
        admin.Show("standby", primaryCanServe: false);
        Assert.Equal(HttpStatusCode.Conflict, (await admin.PostAsync("/clusters/ai-guide/destinations/guide-c/drain")).StatusCode);
        Assert.Equal(
            HttpStatusCode.OK,
            (await admin.PostAsync("/clusters/ai-guide/destinations/guide-c/drain", new { force = true })).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await admin.PostAsync("/clusters/ai-guide/destinations/guide-a/ready")).StatusCode);
    }

    [Fact]
    public async Task Verbs_TwoAtOnce_OneWinsAndTheOtherIsTold()
    {
        await using var admin = await AdminFixture.StartAsync();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        admin.Command = async (_, _) =>
        {
            begun.TrySetResult();
            await go.Task;
            return new(true, "Done.");
        };

        var first = admin.PostAsync("/clusters/ai-guide/release");
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(10), Token);
        var second = await admin.PostAsync("/clusters/ai-guide/release");
        go.SetResult();

        Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await first).StatusCode);
    }

    [Theory]
    [InlineData("?key=shop.example%2Fa%20~recommend.12345678", 200, "1 stored response with the key \\\"shop.example/a "
        + "~recommend.12345678\\\" was forgotten.")]
    [InlineData("?prefix=/api", 200, "7 stored responses whose key or path begins with \\\"/api\\\" were forgotten.")]
    [InlineData("", 200, "12 stored responses were forgotten.")]
    [InlineData("?prefix=/api&route=recommend", 400, "Give only one of")]
    public async Task Purge_KeyPrefixOrAll_SaysHowMany(string query, int status, string says)
    {
        await using var admin = await AdminFixture.StartAsync();
        var response = await admin.Client.DeleteAsync("/last-good" + query, Token);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains(says, await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LastGood_PrefixAndLimit_ListsSoManyAndSaysThatThereAreMore()
    {
        await using var admin = await AdminFixture.StartAsync();
        var some = await admin.Client.GetFromJsonAsync<JsonElement>("/last-good?limit=2", Token);
        Assert.True(some.GetProperty("more").GetBoolean());
        Assert.Equal(2, some.GetProperty("entries").GetArrayLength());
        var first = some.GetProperty("entries")[0];
        Assert.Equal(
            ("shop.example/a ~recommend.12345678", 90, 2048, "primary"),
            (
                first.GetProperty("key").GetString(),
                first.GetProperty("age").GetDouble(),
                first.GetProperty("size").GetInt32(),
                first.GetProperty("tier").GetString()));
        Assert.Equal(12, some.GetProperty("routes")[0].GetProperty("entries").GetInt32());
        var one = await admin.Client.GetFromJsonAsync<JsonElement>("/last-good?prefix=shop.example/b", Token);
        Assert.False(one.GetProperty("more").GetBoolean());
        Assert.Equal(1, one.GetProperty("entries").GetArrayLength());
        Assert.Equal(HttpStatusCode.BadRequest, (await admin.Client.GetAsync("/last-good?limit=10001", Token)).StatusCode);
    }

    [Fact]
    public async Task Purge_OneRoute_SaysHowMany()
    {
        await using var admin = await AdminFixture.StartAsync();
        var response = await admin.Client.DeleteAsync("/last-good?route=recommend", Token);
        Assert.Contains(
            "5 stored responses of the route \\\"recommend\\\" were forgotten.",
            await response.Content.ReadAsStringAsync(Token),
            StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await admin.Client.DeleteAsync("/last-good?route=nobody", Token)).StatusCode);
    }

    [Theory]
    [InlineData("GET", "/clusters/ai-guide/hold", 405)]
    [InlineData("GET", "/config/reload", 405)]
    [InlineData("POST", "/status", 405)]
    [InlineData("GET", "/nothing", 404)]
    public async Task Path_WrongMethodOrNone_IsAProblem(string method, string path, int status)
    {
        await using var admin = await AdminFixture.StartAsync();
        using var request = new HttpRequestMessage(new(method), path);
        var response = await admin.Client.SendAsync(request, Token);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Events_JournalEntry_ComesAtOnceAndStopEndsTheStream()
    {
        await using var admin = await AdminFixture.StartAsync();
        using var response = await admin.Client.GetAsync("/events", HttpCompletionOption.ResponseHeadersRead, Token);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
        Assert.Equal("event: status", await reader.ReadLineAsync(Token));

        admin.Records.Journal.Append(new(TimeProvider.System.GetUtcNow(), "transition", "NEWS") { Cluster = "ai-guide" });

        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        while (!(await reader.ReadLineAsync(deadline.Token))!.Contains("NEWS", StringComparison.Ordinal))
        {
        }

        await admin.StopAsync();
        while (await reader.ReadLineAsync(deadline.Token) is not null)
        {
        }
    }

    [Fact]
    public async Task Availability_RequestsCounted_AreInTheWindow()
    {
        await using var admin = await AdminFixture.StartAsync();
        for (var i = 0; i < 4; i++)
        {
            admin.Instruments.Route("recommend").Ended(i == 3 ? RequestOutcome.Failed : RequestOutcome.Live, TimeSpan.FromMilliseconds(3));
        }

        var deadline = TimeProvider.System.GetTimestamp();
        JsonElement measured = default;
        while (TimeProvider.System.GetElapsedTime(deadline) < TimeSpan.FromSeconds(20))
        {
            var response = await admin.Client.GetAsync("/availability?window=1h", Token);
            if (response.IsSuccessStatusCode
                && (measured =
                    (await response.Content.ReadFromJsonAsync<JsonElement>(Token))[0].GetProperty("measured")).TryGetProperty(
                        "byRequests",
                        out _))
            {
                break;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Token);
        }

        Assert.Equal(0.75, measured.GetProperty("byRequests").GetDouble());
        Assert.Equal(HttpStatusCode.BadRequest, (await admin.Client.GetAsync("/availability?window=soon", Token)).StatusCode);
    }

    [Fact]
    public async Task Status_NewestFileRefused_SaysWhere()
    {
        await using var admin = await AdminFixture.StartAsync();
        admin.State = admin.State with
        {
            FileIsInForce = false,
            LastRejected = new([new("gateway.yaml", 3, 5, "One.")], "", DateTimeOffset.UnixEpoch)
        };
        foreach (var config in new[]
        {
            (await admin.GetAsync("/status")).GetProperty("config"),
            (await admin.GetAsync("/config")).GetProperty("status")
        })
        {
            Assert.False(config.GetProperty("fileIsInForce").GetBoolean());
            Assert.Equal("gateway.yaml:3:5: One.", config.GetProperty("rejected").GetProperty("problems")[0].GetString());
        }
    }

    [Fact]
    public async Task Metrics_FromTheRoomsReadings_ShowStateAndAvailability()
    {
        await using var admin = await AdminFixture.StartAsync();
        admin.Instruments.ReadStateFrom(StatusProjections.State(
            () => [admin.Cluster],
            () => admin.State,
            admin.Records,
            TimeProvider.System));
        StatusProjections.Count(admin.Instruments, Switched("primary", null));
        admin.Instruments.Route("recommend").Live(TimeSpan.FromMilliseconds(3));

        var text = await admin.Client.GetStringAsync("/metrics", Token);

        Assert.Contains("gateway_active_tier{cluster=\"ai-guide\",tier=\"primary\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("gateway_tier_share{cluster=\"ai-guide\",tier=\"standby\"} 0\n", text, StringComparison.Ordinal);
        Assert.Contains(
            "gateway_destination_up{cluster=\"ai-guide\",tier=\"primary\",destination=\"guide-a\"} 1\n",
            text,
            StringComparison.Ordinal);
        Assert.Contains("gateway_inflight{cluster=\"ai-guide\",tier=\"primary\"} 3\n", text, StringComparison.Ordinal);
        Assert.Contains("gateway_config_reload_success 1\n", text, StringComparison.Ordinal);
        Assert.Contains(
            "gateway_transitions_total{cluster=\"ai-guide\",from=\"primary\",to=\"none\",reason=\"failover\"} 1\n",
            text,
            StringComparison.Ordinal);
    }

    private static Transition Switched(string from, string? to) =>
        new("ai-guide", from, to, TransitionReason.Failover, "guide-a: 2 of 2 probes timed out.", TimeProvider.System.GetUtcNow());

    [Fact]
    public void Server_OpenAddressWithoutToken_IsRefused()
    {
        var open = new AdminConfig { Url = new("http://0.0.0.0:8081") };
        var e = Assert.Throws<ArgumentException>(() => new AdminServer(open, null!, TimeProvider.System, null!));
        Assert.Contains("admin.token", e.Message, StringComparison.Ordinal);
    }
}
