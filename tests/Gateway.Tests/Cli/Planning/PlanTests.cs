using Gateway.Cli;
using Gateway.Tests.Configuration;
using Xunit;

namespace Gateway.Tests.Cli.Planning;

/// <summary><c>plan</c>: what a changed configuration means, by planted changes that are valid and harmful, and by harmless ones.</summary>
[Trait("kind", "unit")]
public sealed class PlanTests
{
    private const string Before = """
        version: 1
        listen: [ { url: "http://127.0.0.1:8080" } ]
        staticFallback: FOLDER
        limits: { requestBody: 10MiB }
        clusters:
          guide:
            tiers:
              - { name: primary, capacity: 200, destinations: [ "http://10.0.0.1:9001", "http://10.0.0.2:9001" ] }
              - { name: standby, capacity: 100, destinations: [ "http://10.0.0.3:9001" ] }
            probe: { path: /health }
          pages:
            tiers: [ { name: all, destinations: [ "http://10.0.1.1:9001" ] } ]
        routes:
          recommend:
            match: { path: "/api/guide/recommend", methods: [GET] }
            cluster: guide
            lastGood: { key: [path, query] }
            fallback: [ lastGood, { file: "recommend.json" } ]
          chat:
            match: { path: "/api/guide/chat/{id:int}", methods: [GET, POST] }
            cluster: guide
          tenant:
            match: { path: "/api/{**rest}", headers: { X-Tenant: a }, query: { v: "2" } }
            cluster: guide
          coded:
            match: { path: "/coded/{code:regex(^[x-z]{{7}}$)}" }
            cluster: guide
          asked:
            match: { path: "/asked", query: { q: "a & b" } }
            cluster: guide
          shop:
            match: { path: "/{**rest}", host: "*.shop.example" }
            cluster: pages
            rewrite: { prefix: /shop }
          all:
            match: { path: "/{**rest}" }
            cluster: pages
        """;

    /// <summary>Text of the file, what stands there instead, and what is said about it; all of it is valid.</summary>
    public static TheoryData<string, string, string> Harmful() => new()
    {
        { "name: primary,", "name: standby2,", "tiers in the order standby2, standby" },
        { "- { name: standby, capacity: 100, destinations: [ \"http://10.0.0.3:9001\" ] }", "", "no other tier can take over" },
        { "path: /health", "path: /healthz", "every destination is probed by GET /healthz" },
        { "path: /health", "path: /health, port: 9002", "at port 9002" },
        { "path: /health", "path: /health, expect: { status: 204 }", "every destination is probed" },
        { "\"http://10.0.0.3:9001\"", "\"http://10.0.9.3:9001\"", "every destination of tier standby is another" },
        { "capacity: 100", "capacity: 10", "without tier primary the others take 10 requests in flight" },
        { "path: \"/api/guide/recommend\"", "path: \"/api/guide/recommendations\"", "cluster pages; it was cluster guide" },
        { "methods: [GET, POST]", "methods: [GET]", "cluster pages; it was cluster guide" },
        { "{id:int}", "{id:guid}", "cluster pages; it was cluster guide" },
        { "X-Tenant: a", "X-Tenant: b", "cluster pages; it was cluster guide" },
        { "v: \"2\"", "v: \"3\"", "cluster pages; it was cluster guide" },
        { "prefix: /shop", "prefix: /store", "destinations are asked for /store" },
        { "  all:\n    match: { path: \"/{**rest}\" }", "  all:\n    match: { path: \"/pages/{**rest}\" }", "404; it was cluster pages" },
        { "fallback: [ lastGood, { file: \"recommend.json\" } ]", "fallback: [ lastGood ]", "fallback chain: " },
        { "key: [path, query]", "key: [path]", "lastGood.key changes" },
        { "requestBody: 10MiB", "requestBody: 10KiB", "limits.requestBody changes" },
        {
            "path: \"/{**rest}\", host: \"*.shop.example\" }\n    cluster: pages",
            "path: \"/{**rest}\", host: \"*.shop.example\" }\n    cluster: guide",
            "cluster guide; it was cluster pages"
        },
        { "methods: [GET] }\n    cluster: guide", "methods: [GET] }\n    level: low\n    cluster: guide", "level low" },
        {
            "  all:\n    match: { path: \"/{**rest}\" }\n    cluster: pages",
            "  all:\n    match: { path: \"/{**rest}\" }\n    redirect: { to: \"https://shop.example\", status: 308 }",
            "a redirect"
        },
        {
            "methods: [GET, POST] }\n    cluster: guide",
            "methods: [GET, POST] }\n    allow: [ 10.0.0.0/8 ]\n    cluster: guide",
            "others get 403"
        },
        { "version: 1", "version: 1\ntrustedProxies: [ 10.0.0.0/8 ]", "trustedProxies changes" },
        { "{code:regex(^[x-z]{{7}}$)}", "{code:regex(^[x-y]{{7}}$)}", "no request that it takes could be made up" },
        { "q: \"a & b\"", "q: \"a & c\"", "cluster pages; it was cluster guide" },
    };

    /// <summary>The same with what users do not notice while all is well, or hardly.</summary>
    public static TheoryData<string, string, string, string> Harmless() => new()
    {
        {
            "lastGood: { key: [path, query] }", "lastGood: { key: [path, query] }\n    mirror: 5%",
            "low", "mirror: standby gets 5% of such requests as well, and both responses are compared; it was off"
        },
        {
            "lastGood: { key: [path, query] }", "lastGood: { key: [path, query] }\n    responseBuffer: 0",
            "medium", "a response is given as it comes; it was"
        },
        { "limits: { requestBody: 10MiB }", "drills: { freeze: [ 2026-12-24 ] }", "medium", "drills changes" },
        { "version: 1", "version: 1\n", "none", "they mean the same" },
        { "version: 1", "# a comment\nversion: 1", "none", "they mean the same" },
        { "path: /health", "path: /health, interval: 900ms", "low", "probes alone notice a killed destination" },
        { "path: /health", "path: /health, interval: 5s", "medium", "probes alone notice a killed destination" },
        { "  recommend:", "  advice:", "low", "route advice takes it" },
        { "\"http://10.0.0.2:9001\"", "\"http://10.0.0.2:9001\", \"http://10.0.0.4:9001\"", "low", "gains 10.0.0.4:9001" },
        { ", \"http://10.0.0.2:9001\"", "", "medium", "loses 10.0.0.2:9001" },
        { "\"http://10.0.0.1:9001\"", "{ url: \"http://10.0.0.1:9001\", weight: 3 }", "low", "has weight 3; it was 1" },
        { "capacity: 100", "capacity: 300", "low", "the others take 300 requests" },
        { "probe: { path: /health }", "probe: { path: /health }\n    balance: peakEwma", "low", "balance changes" },
        { "probe: { path: /health }", "probe: { path: /health }\n    attempts: { max: 2 }", "medium", "attempts: up to 2" },
        {
            "probe: { path: /health }",
            "probe: { path: /health }\n    timeouts: { firstByte: 2s }",
            "medium",
            "a read waits for 6s at most"
        },
        { "probe: { path: /health }", "probe: { path: /health }\n    failback: { after: 1m }", "medium", "failback changes" },
        {
            "  all:",
            "  extra:\n    match: { path: \"/extra\", host: new.example }\n    cluster: pages\n  all:",
            "low",
            "route extra takes it"
        },
        { "requestBody: 10MiB", "requestBody: 20MiB", "low", "limits.requestBody changes" },
        { "8080", "8085", "medium", "listen is changed by a restart alone" },
        { "version: 1", "version: 1\ntelemetry: { access: all }", "none", "they mean the same" },
        {
            "  pages:\n",
            "  spare:\n    tiers: [ { name: all, destinations: [ \"http://10.0.2.1:9001\" ] } ]\n  pages:\n",
            "low",
            "it is new"
        },
    };

    [Theory]
    [MemberData(nameof(Harmful))]
    public async Task Change_ThatIsValidAndHarmful_IsOfHighRisk(string text, string instead, string says)
    {
        var (exit, output) = await PlanAsync(text, instead);

        Assert.Contains("the risk is high", output, StringComparison.Ordinal);
        Assert.Contains(says, output, StringComparison.Ordinal);
        Assert.Equal(1, exit);
    }

    [Theory]
    [MemberData(nameof(Harmless))]
    public async Task Change_ThatHurtsNobody_IsNot(string text, string instead, string risk, string says)
    {
        var (exit, output) = await PlanAsync(text, instead);

        Assert.Contains(says, output, StringComparison.Ordinal);
        Assert.Contains(risk == "none" ? "they mean the same" : $"the risk is {risk},", output, StringComparison.Ordinal);
        Assert.Equal(0, exit);
    }

    // What goes elsewhere is shown by a request that `explain` takes as it stands.
    [Fact]
    public async Task Witness_OfAChange_IsARequest()
    {
        var (_, output) = await PlanAsync("X-Tenant: a", "X-Tenant: b");

        Assert.Contains("like GET /api?v=2 --header \"X-Tenant: a\" and 5 more", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_HasEveryFinding()
    {
        var (_, output) = await PlanAsync("capacity: 100", "capacity: 10", "--json");

        var plan = System.Text.Json.JsonDocument.Parse(output).RootElement;
        Assert.Equal("high", plan.GetProperty("risk").GetString());
        Assert.Equal("cluster guide", plan.GetProperty("findings")[0].GetProperty("subject").GetString());
        Assert.InRange(plan.GetProperty("witnesses").GetInt32(), 10, 100);
    }

    [Fact]
    public async Task File_ThatIsNotValid_IsSaid()
    {
        var (exit, output) = await PlanAsync("version: 1", "version: 1\nclusterz: {}");

        Assert.Equal(2, exit);
        Assert.Contains("\"clusterz\"", output, StringComparison.Ordinal);
    }

    private static async Task<(int Exit, string Output)> PlanAsync(string text, string instead, params string[] options)
    {
        Assert.Contains(text, Before, StringComparison.Ordinal);
        using var folder = new TemporaryFolder();
        var (before, after) = (Path.Combine(folder.Path, "before.yaml"), Path.Combine(folder.Path, "after.yaml"));
        var cancel = TestContext.Current.CancellationToken;
        var known = Before.Replace("FOLDER", folder.Path, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "recommend.json"), "{}", cancel);
        await File.WriteAllTextAsync(before, known, cancel);
        await File.WriteAllTextAsync(after, known.Replace(text, instead, StringComparison.Ordinal), cancel);
        using var output = new StringWriter();
        var exit = await GatewayCli.RunAsync(["plan", after, "--config", before, .. options], output, output, static _ => null);
        return (exit, string.Join(' ', output.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
    }
}
