using System.Collections.Concurrent;
using Gateway.Configuration.Model;
using Gateway.Forwarding.Overload;
using Gateway.Observability.Metrics;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>Where requests go when a tier is full: the next tier, a queue, the fallback chain; and limits of destinations.</summary>
[Trait("kind", "socket")]
public sealed class TierAdmissionTests
{
    private const string Levels = """
          low:
            match: { path: "/low/{**rest}" }
            cluster: guide
            level: low
          medium:
            match: { path: "/medium/{**rest}" }
            cluster: guide
            level: medium
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "/a", 200, "standby")]
    [InlineData("    overflow: next", "/a", 200, "standby")]
    [InlineData("    overflow: next", "/medium/a", 200, "standby")]
    [InlineData("    overflow: next", "/low/a", 503, null)]
    [InlineData("    overflow: fallback", "/a", 503, null)]
    public async Task Tier_ThatIsFull_SpillsAsConfigured(string cluster, string path, int status, string? body)
    {
        var release = new TaskCompletionSource();
        await using var primary = Held(release, "primary");
        await using var standby = new ScriptedUpstream(static request => request.RespondAsync("standby"));
        await using var gateway = await StartAsync(InProcessGateway.Config([primary.Url], [standby.Url], cluster), "capacity: 1");
        var held = gateway.GetAsync("/held");
        await Eventually.BeTrueAsync(() => primary.Requests.Count == 1, Patience, "the place is taken");

        var response = await gateway.GetAsync(path);

        Assert.Equal(status, response.Status);
        if (body is not null)
        {
            Assert.Equal(body, response.Body);
            Assert.Empty(response.Header("X-Fallback"));
        }

        release.SetResult();
        Assert.Equal("primary", (await held).Body);
        Assert.Equal("primary", (await gateway.GetAsync("/after")).Body);
    }

    [Fact]
    public async Task Destination_WithAsManyRequestsAsItMayHave_IsNotChosen()
    {
        var release = new TaskCompletionSource();
        await using var small = Held(release, "small");
        await using var large = Held(release, "large");
        await using var standby = new ScriptedUpstream(static request => request.RespondAsync("standby"));
        var limited = $"{{ url: \"{small.Url}\", maxInFlight: 1 }}";
        await using var gateway = await StartAsync(
            InProcessGateway.Config([limited, $"{{ url: \"{large.Url}\", maxInFlight: 3 }}"], [standby.Url], "    balance: roundRobin"),
            "");

        var held = new List<Task<RawResponse>>();
        for (var i = 1; i <= 4; i++)
        {
            held.Add(gateway.GetAsync("/held"));
            await Eventually.BeTrueAsync(() => small.Requests.Count + large.Requests.Count == i, Patience, $"request {i} is under way");
        }

        Assert.Equal((1, 3), (small.Requests.Count, large.Requests.Count));
        Assert.Equal("standby", (await gateway.GetAsync("/more")).Body);
        release.SetResult();
        Assert.All(await Task.WhenAll(held), static response => Assert.Equal(200, response.Status));
    }

    // 70 % of ten places are for every level; a hedge beyond would take the place of a request that somebody waits for.
    [Fact]
    public async Task Tier_InWhichALevelHasNoRoom_IsNotHedgedInto()
    {
        var release = new TaskCompletionSource();
        await using var one = Held(release, "one");
        await using var other = Held(release, "other");
        await using var gateway = await StartAsync(
            InProcessGateway.Config([one.Url, other.Url], attempts: "hedge: 20ms, retryBudget: 100%"),
            "capacity: 10");
        var held = new List<Task<RawResponse>>();
        foreach (var attempts in (int[])[2, 4, 6, 7, 8, 9])
        {
            held.Add(gateway.GetAsync("/held"));
            await Eventually.BeTrueAsync(() => one.Requests.Count + other.Requests.Count == attempts, Patience, $"{attempts} attempts");
        }

        // Three were hedged; the others ask again every 50 ms.
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, Cancel);
        Assert.Equal(9, one.Requests.Count + other.Requests.Count);
        release.SetResult();
        Assert.All(await Task.WhenAll(held), static response => Assert.Equal(200, response.Status));
        Assert.Equal(3, await gateway.MetricAsync("gateway_hedges_total"));
    }

    [Fact]
    public async Task Request_InTheQueue_GoesOnAsSoonAsThereIsAPlace()
    {
        var release = new TaskCompletionSource();
        await using var primary = Held(release, "primary");
        await using var gateway = await StartAsync(
            InProcessGateway.Config([primary.Url], cluster: "    queue: { wait: 30s }"),
            "capacity: 1");
        var held = gateway.GetAsync("/held");
        await Eventually.BeTrueAsync(() => primary.Requests.Count == 1, Patience, "the place is taken");
        var waiting = gateway.GetAsync("/waiting");
        await gateway.MetricReachesAsync(1, "gateway_queue_waiting", ("cluster", "guide"));
        Assert.Single(primary.Requests);
        Assert.Contains(
            "1 of 100 requests wait for a place; since the start 0 got one",
            await StatusAsync(gateway),
            StringComparison.Ordinal);
        release.SetResult();

        Assert.Equal((200, 200), ((await held).Status, (await waiting).Status));
        await gateway.MetricReachesAsync(0, "gateway_queue_waiting", ("cluster", "guide"));
        Assert.Equal(1, await gateway.MetricAsync("gateway_queue_total", ("result", "admitted")));
        Assert.Contains(
            "0 of 100 requests wait for a place; since the start 1 got one",
            await StatusAsync(gateway),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_ThatWaitsTooLong_OrFindsTheQueueFull_FallsBack()
    {
        var release = new TaskCompletionSource();
        await using var primary = Held(release, "primary");
        await using var gateway = await StartAsync(
            InProcessGateway.Config([primary.Url], cluster: "    queue: { max: 1, wait: 400ms }"),
            "capacity: 1");
        var held = gateway.GetAsync("/held");
        await Eventually.BeTrueAsync(() => primary.Requests.Count == 1, Patience, "the place is taken");

        var first = gateway.GetAsync("/first");
        await Eventually.BecomeTrueAsync(
            async () => await gateway.MetricAsync("gateway_queue_waiting") == 1
                || await gateway.MetricAsync("gateway_queue_total", ("result", "timed_out")) == 1, Patience, "one waits");
        var second = await gateway.GetAsync("/second");

        Assert.Equal((503, 503), ((await first).Status, second.Status));
        Assert.NotEmpty(second.Header("Retry-After"));
        Assert.InRange(await gateway.MetricAsync("gateway_queue_total", ("result", "timed_out")), 1, 2);
        release.SetResult();
        Assert.Equal(200, (await held).Status);
    }

    [Fact]
    public async Task Client_ThatLeavesTheQueue_TakesNoPlace()
    {
        var release = new TaskCompletionSource();
        await using var primary = Held(release, "primary");
        await using var gateway = await StartAsync(
            InProcessGateway.Config([primary.Url], cluster: "    queue: { wait: 30s }"),
            "capacity: 1");
        var held = gateway.GetAsync("/held");
        await Eventually.BeTrueAsync(() => primary.Requests.Count == 1, Patience, "the place is taken");
        await using (var leaving = await RawClient.ConnectAsync(gateway.Url))
        {
            await leaving.SendAsync("GET /leaving HTTP/1.1\r\nHost: a\r\n\r\n");
            await gateway.MetricReachesAsync(1, "gateway_queue_waiting");
            leaving.Reset();
        }

        await gateway.MetricReachesAsync(1, "gateway_queue_total", ("result", "client_left"));
        release.SetResult();
        Assert.Equal(200, (await held).Status);
        Assert.Equal(200, (await gateway.GetAsync("/next")).Status);
        Assert.DoesNotContain(primary.Requests, static request => request.Target == "/leaving");
    }

    [Theory]
    [InlineData(false, "no_tier")]
    [InlineData(true, "shed")]
    public async Task Queue_WhoseTierIsLost_OrWhoseGatewayStops_IsDrainedAtOnce(bool stops, string cause)
    {
        var release = new TaskCompletionSource();
        await using var primary = Held(release, "primary");
        await using var gateway = await StartAsync(
            InProcessGateway.Config(
                [primary.Url],
                cluster: "    queue: { wait: 60s }",
                top: "telemetry: { access: all, logs: { format: json, file: FOLDER/log } }"),
            "capacity: 1",
            stopWithin: TimeSpan.FromSeconds(6));
        var held = gateway.GetAsync("/held");
        await Eventually.BeTrueAsync(() => primary.Requests.Count == 1, Patience, "the place is taken");
        var waiting = gateway.GetAsync("/waiting");
        await gateway.MetricReachesAsync(1, "gateway_queue_waiting");
        var stopping = Task.CompletedTask;
        if (stops)
        {
            stopping = gateway.StopAsync();
        }
        else
        {
            primary.StopListening();
        }

        // The wait is far from over, and nothing gave the place back.
        Assert.Equal(503, (await waiting.WaitAsync(Patience, TimeProvider.System, Cancel)).Status);
        Assert.Single(primary.Requests);
        if (!stops)
        {
            Assert.Equal(1, await gateway.MetricAsync("gateway_queue_total", ("result", "drained")));
        }

        release.SetResult();
        await (stops ? stopping : gateway.StopAsync());
        await ((Task)held).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        // The log is written behind.
        string[] lines = [];
        await Eventually.BeTrueAsync(
            () =>
            {
                lines =
                    [.. File.ReadLines(gateway.PathOf("log")).Where(static line => line.Contains("/waiting", StringComparison.Ordinal))];
                return lines.Length > 0;
            },
            Patience,
            "the request is in the log");
        Assert.Contains($"\"{cause}\"", Assert.Single(lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Queue_GivesPlacesByLevel_AndInsideALevelInTurn()
    {
        var meter = new ClusterMeter("c");
        var queue = new AdmissionQueue(new QueueConfig { Wait = TimeSpan.FromMinutes(1) }, meter, TimeProvider.System);
        var places = new Places(0);
        var order = new ConcurrentQueue<string>();
        var all = new List<Task>();
        foreach (var (level, name) in ((Level, string)[])
        [
            (Level.Low, "low 1"),
            (Level.Medium, "medium 1"),
            (Level.High, "high 1"),
            (Level.Low, "low 2"),
            (Level.High, "high 2")
        ])
        {
            all.Add(WaitAsync(level, name));
            await Eventually.BeTrueAsync(() => meter.Waiting == all.Count, Patience, "it waits");
        }

        for (var i = 1; i <= all.Count; i++)
        {
            places.Free();
            queue.Signal();
            await Eventually.BeTrueAsync(() => order.Count == i, Patience, "one went on");
        }

        await Task.WhenAll(all);
        Assert.Equal(["high 1", "high 2", "medium 1", "low 1", "low 2"], order);
        Assert.Equal((0, 5), (meter.Waiting, meter.QueuedSoFar(QueueResult.Admitted)));

        async Task WaitAsync(Level level, string name)
        {
            Assert.Equal(QueueResult.Admitted, await queue.WaitAsync(level, new Place(places), Cancel));
            order.Enqueue(name);
        }
    }

    [Fact]
    public async Task Queue_UnderManyAtOnce_AdmitsEachOnce_AndForgetsNone()
    {
        const int Requests = 2000;
        const int Most = 4;
        var queue = new AdmissionQueue(
            new QueueConfig { Max = Requests, Wait = TimeSpan.FromMinutes(1) },
            new ClusterMeter("c"),
            TimeProvider.System);
        var places = new Places(Most);
        int inFlight = 0, most = 0, served = 0;

        await Task.WhenAll(Enumerable.Range(0, Requests).Select(number => Task.Run(
            async () =>
            {
                var place = new Place(places);
                Assert.Equal(QueueResult.Admitted, await queue.WaitAsync((Level)(number % 3), place, Cancel));
                InterlockedMax(ref most, Interlocked.Increment(ref inFlight));
                await Task.Yield();
                Interlocked.Decrement(ref inFlight);
                Interlocked.Increment(ref served);
                place.Dispose();
                queue.Signal();
            },
            Cancel)));

        Assert.Equal(Requests, served);
        Assert.False(queue.HasWaiting);
        Assert.InRange(most, 1, Most);
    }

    [Fact]
    public async Task Queue_GivesBackThePlaceOfAClientThatLeftWithIt()
    {
        var queue = new AdmissionQueue(
            new QueueConfig { Max = 1000, Wait = TimeSpan.FromMinutes(1) },
            new ClusterMeter("c"),
            TimeProvider.System);
        var places = new Places(1);
        for (var round = 0; round < 200; round++)
        {
            using var leaving = new CancellationTokenSource();
            var place = new Place(places);
            var waiting = queue.WaitAsync(Level.High, place, leaving.Token).AsTask();
            await leaving.CancelAsync();
            try
            {
                await waiting;
                place.Dispose();
            }
            catch (OperationCanceledException)
            {
                // It left: whatever it had been given is free again.
            }

            Assert.Equal(1, places.Left);
        }
    }

    private static async Task<string> StatusAsync(InProcessGateway gateway)
    {
        using var operators = new HttpClient(new SocketsHttpHandler()) { Timeout = Patience };
        return await operators.GetStringAsync(new Uri(gateway.AdminUrl, "/status"), Cancel);
    }

    private sealed class Places(int count)
    {
        private int _left = count;

        public int Left => Volatile.Read(ref _left);

        public void Free() => Interlocked.Increment(ref _left);

        public bool TryTake()
        {
            if (Interlocked.Decrement(ref _left) >= 0)
            {
                return true;
            }

            Free();
            return false;
        }
    }

    private sealed class Place(Places places) : IQueuedPlace
    {
        private int _held;

        public bool TryTake()
        {
            if (!places.TryTake())
            {
                return false;
            }

            Volatile.Write(ref _held, 1);
            return true;
        }

        public bool IsPointless() => false;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _held, 0) == 1)
            {
                places.Free();
            }
        }
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }

    private static ScriptedUpstream Held(TaskCompletionSource release, string body) => new(async request =>
    {
        await release.Task;
        await request.RespondAsync(body);
    });

    private static Task<InProcessGateway> StartAsync(string config, string primary, TimeSpan? stopWithin = null) =>
        InProcessGateway.StartAsync(
        config.Replace("name: primary, ", primary.Length == 0 ? "name: primary, " : $"name: primary, {primary}, ", StringComparison.Ordinal)
            + "\n"
            + Levels,
        stopWithin: stopWithin);
}
