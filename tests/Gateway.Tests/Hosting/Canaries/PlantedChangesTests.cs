using System.Globalization;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Hosting.Canaries;

/// <summary>
/// Valid changes that harm users, one after the other under load, with <c>reload.confirmAbove</c> and <c>reload.canary</c>: each is stopped
/// before or by its first few requests.
/// </summary>
[Trait("kind", "socket")]
public sealed class PlantedChangesTests : IAsyncDisposable
{
    // An hour of so little traffic as ten requests a second is 36,000; one in a hundred of them would be 360.
    private const int MostHarmed = 200;

    private static readonly string[] Paths = ["/api/recommend", "/api/search?q=a", "/api/cart", "/page/a", "/page/b"];

    private readonly ScriptedUpstream _a = new(RespondAsync);
    private readonly ScriptedUpstream _b = new(RespondAsync);
    private readonly ScriptedUpstream _standby = new(RespondAsync);
    private InProcessGateway? _gateway;

    private InProcessGateway Gateway => _gateway ?? throw new InvalidOperationException("It is not started.");

    private string Base => $$"""
        version: 1
        listen: [ { url: "http://127.0.0.1:0" } ]
        admin: { url: "http://127.0.0.1:0" }
        state: FOLDER/state
        staticFallback: FOLDER/static
        reload: { confirmAbove: 5%, canary: 30s }
        clusters:
          guide:
            tiers:
              - { name: primary, destinations: [ "{{_a.Url}}", "{{_b.Url}}" ] }
              - { name: standby, destinations: [ "{{_standby.Url}}" ] }
            probe: { path: /health, interval: 500ms, timeout: 400ms }
            timeouts: { firstByte: 4s }
            attempts: { max: 2 }
          pages:
            tiers:
              - { name: primary, destinations: [ "{{_a.Url}}" ] }
            probe: { interval: 500ms, timeout: 400ms }
        routes:
          recommend:
            match: { path: /api/recommend }
            cluster: guide
          search:
            match: { path: /api/search }
            cluster: guide
          cart:
            match: { path: /api/cart, methods: [GET, POST] }
            cluster: guide
          pages:
            match: { path: "/page/{**rest}" }
            cluster: pages

        """;

    private (string Name, string Text, string Instead)[] Harmful =>
    [
        ("tiers swapped", "- { name: primary, destinations: [ \"" + _a.Url + "\", \"" + _b.Url + "\" ] }\n      - { name: standby",
            "- { name: standby, destinations: [ \"" + _a.Url + "\", \"" + _b.Url + "\" ] }\n      - { name: primary"),
        ("a probe path nobody serves", "path: /health,", "path: /nothing,"),
        ("a probe of a status nobody gives", "path: /health,", "path: /health, expect: { status: 299 },"),
        ("a probe of a body nobody gives", "path: /health,", "path: /health, expect: { body: ready-to-go },"),
        ("a probe of a closed port", "path: /health,", "path: /health, port: 1,"),
        ("a misspelt path", "path: /api/search", "path: /api/serach"),
        ("a lost route", "  cart:\n    match: { path: /api/cart, methods: [GET, POST] }\n    cluster: guide\n", ""),
        ("a narrower path", "path: \"/page/{**rest}\"", "path: \"/page/b/{**rest}\""),
        ("a host nobody asks for", "match: { path: /api/recommend }", "match: { path: /api/recommend, host: shop.example }"),
        ("methods nobody uses", "path: /api/search }", "path: /api/search, methods: [POST] }"),
        ("a header nobody sends", "path: /api/search }", "path: /api/search, headers: { X-Tenant: a } }"),
        ("a prefix nobody serves", Of("recommend"), Of("recommend") + "    rewrite: { prefix: /v2 }\n"),
        ("a prefix too many stripped", Of("search"), Of("search") + "    rewrite: { stripPrefix: /api }\n"),
        ("a path nobody serves", Of("recommend"), Of("recommend") + "    rewrite: { path: /api/reccomend }\n"),
        ("another cluster", Of("search"), Of("search").Replace("guide", "pages", StringComparison.Ordinal)
            + "    rewrite: { prefix: /shop }\n"),
        ("a deadline that none keeps", "timeouts: { firstByte: 4s }", "timeouts: { connect: 5ms, firstByte: 5ms, total: 12ms }"),
        ("a rate limit that none keeps", Of("search"), Of("search") + "    rateLimit: { rate: 1/m, burst: 1 }\n"),
        ("clients denied", Of("recommend"), Of("recommend") + "    deny: [ 127.0.0.0/8 ]\n"),
        ("clients not allowed", Of("search"), Of("search") + "    allow: [ 10.0.0.0/8 ]\n"),
        ("a redirect to elsewhere", Of("search"), "  search:\n    match: { path: /api/search }\n"
            + "    redirect: { to: \"https://old.example{path}\", status: 308 }\n"),
    ];

    public async ValueTask DisposeAsync()
    {
        await (_gateway?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _a.DisposeAsync();
        await _b.DisposeAsync();
        await _standby.DisposeAsync();
    }

    // Explicit, since a busy machine may take longer than a reload may.
    [Fact(Explicit = true)]
    public async Task HarmfulChanges_AreStopped()
    {
        await StartAsync();
        var report = new List<string>();
        foreach (var (name, text, instead) in Harmful)
        {
            Assert.Contains(text, Base, StringComparison.Ordinal);
            var revision = await RevisionAsync();
            Gateway.WriteConfig(Base.Replace(text, instead, StringComparison.Ordinal));
            var (status, body) = await Gateway.PostAsync("/config/reload", "{}");
            var harmed = status == 422 ? 0 : await HarmedAsync(revision + 2, name);
            Assert.True(status is 422 or 200, $"{name}: {body}");
            Assert.True(status == 200 || body.Contains("waits for an operator", StringComparison.Ordinal), $"{name}: {body}");
            Assert.InRange(harmed, 0, MostHarmed);
            report.Add(string.Create(CultureInfo.InvariantCulture, $"{name}: {(status == 422 ? "waits" : $"{harmed} requests harmed")}"));
            Gateway.WriteConfig(Base);
            Assert.Equal(200, (await Gateway.PostAsync("/config/reload", "{}")).Status);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', report));
        Assert.Equal(20, report.Count);
    }

    [Fact(Explicit = true)]
    public async Task HarmlessChanges_AreNot()
    {
        await StartAsync();
        await using var third = new ScriptedUpstream(RespondAsync);
        var (waiting, report) = (new List<string>(), new List<string>());
        var count = 0;
        foreach (var (name, text) in HarmlessChanges.Of(Base, _a.Url, third.Url))
        {
            count++;
            Gateway.WriteConfig(Base);
            Assert.Equal(200, (await Gateway.PostAsync("/config/reload", """{"force":true,"reason":"the next one"}""")).Status);
            await SendAsync(5);
            Gateway.WriteConfig(text);
            var (status, body) = await Gateway.PostAsync("/config/reload", "{}");
            if (status != 200)
            {
                Assert.Contains("waits for an operator", body, StringComparison.Ordinal);
                waiting.Add(name);
                continue;
            }

            var bad = await SendAsync(20);
            if (bad > 0)
            {
                report.Add(string.Create(CultureInfo.InvariantCulture, $"{name}: {bad} of 20 requests failed"));
            }
        }

        await SendAsync(200);
        var journal = await Gateway.JournalTextAsync();
        Assert.DoesNotContain("is rolled back", journal, StringComparison.Ordinal);
        Assert.True(report.Count == 0, string.Join('\n', report));

        // Another path may give another response with the same status, which nothing here compares.
        Assert.True(
            waiting.Count == 2 && waiting.TrueForAll(static name => name.Contains("rewrite", StringComparison.Ordinal)),
            string.Join('\n', waiting));
        Assert.Equal(100, count);
    }

    private static string Of(string route) => $"  {route}:\n    match: {{ path: /api/{route} }}\n    cluster: guide\n";

    private static async Task RespondAsync(UpstreamRequest request)
    {
        if (request.Target.StartsWith("/api/search", StringComparison.Ordinal))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System);
        }

        await (request.Target.Split('?')[0] switch
        {
            "/api/recommend" or "/api/search" or "/api/cart" or "/page/a" or "/page/b" or "/healthz" or "/ready"
                or "/v1/api/recommend" or "/v1/api/search" => request.RespondAsync("fine"),
            _ => request.RespondAsync("no such page", status: 404),
        });
    }

    private async Task StartAsync()
    {
        _gateway = await InProcessGateway.StartAsync(Base);
        Assert.Equal(0, await SendAsync(3000));

        // Until they are in the ledger: a change is weighed by the last hour's requests.
        await Eventually.BecomeTrueAsync(
            async () => (await Gateway.AdminJsonAsync("/availability?window=1h")).ToString().Contains(":1200", StringComparison.Ordinal),
            TimeSpan.FromSeconds(30),
            "the ledger has them");
    }

    private async Task<long> RevisionAsync() =>
        (await Gateway.StatusAsync()).GetProperty("config").GetProperty("revision").GetInt64();

    // How many requests get no 200 until the change is rolled back.
    private async Task<int> HarmedAsync(long rolledBack, string name)
    {
        var harmed = 0;
        for (var i = 0; i < 1000; i++)
        {
            harmed += await SendAsync(5);
            if (await RevisionAsync() == rolledBack)
            {
                return harmed;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        throw new InvalidOperationException($"{name}: not rolled back after {harmed} of 5,000 requests that were harmed.");
    }

    private async Task<int> SendAsync(int requests)
    {
        var bad = 0;
        for (var i = 0; i < requests; i++)
        {
            using var response = await Gateway.Client.GetAsync(new Uri(Paths[i % Paths.Length], UriKind.Relative));
            bad += response.IsSuccessStatusCode ? 0 : 1;
        }

        return bad;
    }
}
