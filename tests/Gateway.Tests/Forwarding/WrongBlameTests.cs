using System.Globalization;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>What one client, one URL or one route provokes takes no destination from the others; what a destination does, does.</summary>
[Trait("kind", "socket")]
public class WrongBlameTests
{
    private const string QuietRoute = """
          quiet:
            match: { path: "/quiet/{**rest}" }
            cluster: guide
        """;

    private const string Timeouts = "    timeouts: { firstByte: 300ms, total: 20s }";

    public static TheoryData<string, string, string> Attacks()
    {
        var data = new TheoryData<string, string, string>();
        foreach (var fault in new[] { "503", "503 after", "500", "501", "505", "429 after", "reset", "cut", "silent" })
        {
            foreach (var method in new[] { "GET", "POST" })
            {
                data.Add(fault, method, "/quiet/a");
                data.Add(fault, method, "/a?bad");
            }
        }

        data.Add("501", "PROPFIND", "/a?bad");
        data.Add("slow", "GET", "/quiet/a");
        data.Add("slow", "GET", "/a?bad");
        return data;
    }

    /// <summary>The URL fails alike at every destination.</summary>
    [Theory]
    [MemberData(nameof(Attacks))]
    public async Task OneUrl_FailsWhereverItGoes_EjectsNobody(string fault, string method, string target)
    {
        await using var farm = new Farm(request => request.Target == target ? fault : "");
        // A slow URL is one that is served in the end, behind hedges; silence is one that is not.
        await using var gateway = await farm.StartAsync(
            attempts: fault == "slow"
                ? "hedge: 20ms, retryBudget: 100%"
                : "hedge: off, retryBudget: 100%, retryOn: [connect, reset, timeout, truncated, 429, 502, 503, 504]",
            cluster: fault == "slow" ? "" : Timeouts);
        var count = fault is "slow" or "silent" ? 14 : 40;

        await Task.WhenAll(Enumerable.Range(0, count).Select(_ => AskAsync(gateway, method, target)));

        await AllUpAsync(gateway);
        for (var i = 0; i < 10; i++)
        {
            var good = await AskAsync(gateway, "GET", "/good");
            Assert.Equal(200, good.Status);
            // A failure that nothing was compared with makes its own route look elsewhere for a while; no other route.
            Assert.True(good.Body.StartsWith("primary", StringComparison.Ordinal)
                || (target == "/a?bad" && (method == "POST" || fault == "500")), good.Body);
        }
    }

    /// <summary>The route fails in the primary tier alone: it is served by the other one, and the other routes stay.</summary>
    [Theory]
    [InlineData("503", "GET")]
    [InlineData("503", "POST")]
    [InlineData("reset", "GET")]
    [InlineData("reset", "POST")]
    [InlineData("500", "GET")]
    public async Task OneRoute_FailsInOneTier_GoesElsewhereAlone(string fault, string method)
    {
        await using var farm = new Farm(static request => request.Target.StartsWith("/quiet", StringComparison.Ordinal)
            ? "FAULT"
            : "")
        { Fault = fault, OnlyPrimary = true };
        await using var gateway = await farm.StartAsync(
            attempts: "hedge: off, retryBudget: 100%",
            cluster: "    passive: { ejectFor: 1m }");
        var servedInARow = 0;

        for (var i = 0; i < 400 && servedInARow < 20; i++)
        {
            var good = await AskAsync(gateway, "GET", "/good");
            Assert.Equal(200, good.Status);
            Assert.StartsWith("primary", good.Body, StringComparison.Ordinal);
            servedInARow = (await AskAsync(gateway, method, "/quiet/a")).Body.StartsWith("standby", StringComparison.Ordinal)
                ? servedInARow + 1
                : 0;
        }

        Assert.Equal(20, servedInARow);
        await AllUpAsync(gateway);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task RetryAfter_OfOneRequestByAll_MovesNothing(string method)
    {
        await using var farm = new Farm(static request => request.Target == "/quiet/a" ? "503 after" : "");
        await using var gateway = await farm.StartAsync(attempts: "hedge: off, retryBudget: 100%");

        Assert.Equal(503, (await AskAsync(gateway, method, "/quiet/a")).Status);

        await AllUpAsync(gateway);
        var served = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 60; i++)
        {
            served.Add((await AskAsync(gateway, "GET", "/good")).Body);
            Assert.StartsWith("primary", (await AskAsync(gateway, "GET", "/quiet/b")).Body, StringComparison.Ordinal);
        }

        Assert.Equal(["primary0", "primary1"], served.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("GET", "429 after")]
    [InlineData("PUT", "429 after")]
    [InlineData("GET", "429")]
    [InlineData("GET", "503 after")]
    public async Task Busy_OneOfTwo_IsHiddenFromUsersAndNotEjected(string method, string status)
    {
        await using var farm = new Farm(static request => request.Target == "/quiet/a" ? "FAULT" : "") { Fault = status, OnlyFirst = true };
        await using var gateway = await farm.StartAsync(attempts: "hedge: off, retryBudget: 100%, retryOn: [429, 503]");

        for (var i = 0; i < 60; i++)
        {
            Assert.Equal("primary1", (await AskAsync(gateway, method, "/quiet/a")).Body);
        }

        Assert.InRange(farm.FirstAsked, 1, status == "429" ? 60 : 10);
        await AllUpAsync(gateway);
        var served = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 60; i++)
        {
            served.Add((await AskAsync(gateway, "GET", "/good")).Body);
        }

        Assert.Equal(["primary0", "primary1"], served.Order(StringComparer.Ordinal));
    }

    // It asked for a pause, and the other one is slow: hedges go there, and it asks again.
    [Fact]
    public async Task Busy_ThatIsHedgedTo_IsNotEjected()
    {
        await using var busy = new ScriptedUpstream(static r => r.RespondAsync("later", 503, "Retry-After: 60\r\n"));
        await using var slow = new ScriptedUpstream(static async r =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(60), TimeProvider.System);
            await r.RespondAsync("slow");
        });
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config(
            [busy.Url, slow.Url], attempts: "hedge: 10ms, retryBudget: 100%"));

        for (var i = 0; i < 30; i++)
        {
            Assert.Equal("slow", (await AskAsync(gateway, "GET", "/a")).Body);
        }

        Assert.InRange(busy.Requests.Count, 10, 60);
        await Task.Delay(TimeSpan.FromMilliseconds(600), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Equal("up", await gateway.HealthStatusAsync("primary"));
    }

    [Theory]
    [InlineData("503", "GET")]
    [InlineData("503", "POST")]
    [InlineData("500", "GET")]
    [InlineData("500", "POST")]
    [InlineData("reset", "GET")]
    [InlineData("reset", "POST")]
    [InlineData("cut", "GET")]
    [InlineData("silent", "GET")]
    [InlineData("silent", "POST")]
    public async Task OneDestination_FailsWhateverItIsAsked_IsEjected(string fault, string method)
    {
        await using var farm = new Farm(static _ => "FAULT") { Fault = fault, OnlyFirst = true };
        await using var gateway = await farm.StartAsync(attempts: "hedge: off, retryBudget: 100%", cluster: Timeouts
            + "\n    passive: { ejectFor: 1m }");

        await Eventually.BecomeTrueAsync(
            async () =>
            {
                var response = await AskAsync(gateway, method, "/a");
                Assert.True(response.Status == 200 || method == "POST" || fault == "500");
                return await gateway.HealthStatusAsync("primary") == "ejected";
            },
            TimeSpan.FromSeconds(60),
            "it is ejected");

        Assert.Equal("ejected", await gateway.HealthStatusAsync("primary"));
        Assert.Equal("up", await gateway.HealthStatusAsync("primary", 1));
        Assert.Equal("primary", await gateway.ServingAsync());
        Assert.InRange(farm.FirstAsked, 3, 60);
    }

    [Theory]
    [InlineData("503", "GET")]
    [InlineData("503", "POST")]
    [InlineData("500", "GET")]
    [InlineData("reset", "GET")]
    [InlineData("reset", "POST")]
    [InlineData("silent", "GET")]
    public async Task OneTier_FailsWhateverItIsAsked_IsLeft(string fault, string method)
    {
        await using var farm = new Farm(static _ => "FAULT") { Fault = fault, OnlyPrimary = true };
        await using var gateway = await farm.StartAsync(attempts: "hedge: off, retryBudget: 100%", cluster: Timeouts
            + "\n    passive: { ejectFor: 1m }");

        await Eventually.BecomeTrueAsync(
            async () =>
            {
                var response = await AskAsync(gateway, method, "/a");
                Assert.True(response.Status == 200 || method == "POST" || fault == "500");
                return await gateway.ServingAsync() == "standby";
            },
            TimeSpan.FromSeconds(60),
            "the tier is left");

        Assert.Equal("standby", await gateway.ServingAsync());
        Assert.Equal(("ejected", "ejected"), (await gateway.HealthStatusAsync("primary"), await gateway.HealthStatusAsync("primary", 1)));
    }

    private static Task<RawResponse> AskAsync(InProcessGateway gateway, string method, string target) => gateway.AskAsync(
        string.Create(
            CultureInfo.InvariantCulture,
            $"{method} {target} HTTP/1.1\r\nHost: shop.test\r\n{(method == "GET" ? "" : "Content-Length: 2\r\n")}\r\n"
                + $"{(method == "GET" ? "" : "hi")}"), method);

    private static async Task AllUpAsync(InProcessGateway gateway)
    {
        // All evidence is judged and shown by then.
        await Task.Delay(TimeSpan.FromMilliseconds(600), TimeProvider.System, TestContext.Current.CancellationToken);
        var statuses = new[]
        {
            await gateway.HealthStatusAsync("primary"),
            await gateway.HealthStatusAsync("primary", 1),
            await gateway.HealthStatusAsync("standby"),
            await gateway.HealthStatusAsync("standby", 1)
        };
        Assert.Equal(["up", "up", "up", "up"], statuses);
        Assert.Equal("primary", await gateway.ServingAsync());
        Assert.Empty(await gateway.TransitionsAsync());
    }

    /// <summary>Two tiers of two, with one fault.</summary>
    private sealed class Farm : IAsyncDisposable
    {
        private readonly ScriptedUpstream[] _all = new ScriptedUpstream[4];
        private readonly Func<UpstreamRequest, string> _fault;

        public Farm(Func<UpstreamRequest, string> fault)
        {
            _fault = fault;
            for (var i = 0; i < _all.Length; i++)
            {
                var index = i;
                _all[i] = new ScriptedUpstream(request => ServeAsync(request, index));
            }
        }

        /// <summary>What a request meets for which the fault is called "FAULT".</summary>
        public string Fault { get; init; } = "";

        public bool OnlyFirst { get; init; }

        public bool OnlyPrimary { get; init; }

        public int FirstAsked => _all[0].Requests.Count(request => _fault(request).Length > 0);

        public Task<InProcessGateway> StartAsync(string attempts, string cluster = "") =>
            InProcessGateway.StartAsync(InProcessGateway.Config([
                _all[0].Url,
                _all[1].Url
            ], [_all[2].Url, _all[3].Url], cluster, QuietRoute, attempts));

        public async ValueTask DisposeAsync()
        {
            foreach (var one in _all)
            {
                await one.DisposeAsync();
            }
        }

        private async Task ServeAsync(UpstreamRequest request, int index)
        {
            await request.ReadBodyAsync();
            var fault = _fault(request);
            fault = (OnlyFirst && index > 0) || (OnlyPrimary && index > 1) ? "" : fault == "FAULT" ? Fault : fault;
            switch (fault)
            {
                case "":
                    await request.RespondAsync((index < 2 ? "primary" : "standby") + (index % 2).ToString(CultureInfo.InvariantCulture));
                    break;
                case "reset":
                    request.Reset();
                    break;
                case "cut":
                    await request.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
                    request.Close();
                    break;
                case "silent":
                    await request.ClosedByPeerAsync();
                    break;
                case "slow":
                    await Task.Delay(TimeSpan.FromSeconds(1.5), TimeProvider.System);
                    await request.RespondAsync("slow");
                    break;
                default:
                    await request.RespondAsync(
                        "fault",
                        int.Parse(fault.Split(' ')[0], CultureInfo.InvariantCulture),
                        fault.EndsWith("after", StringComparison.Ordinal) ? "Retry-After: 60\r\n" : "");
                    break;
            }
        }
    }
}
