using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Gateway.Cli;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Xunit;
using static Gateway.Tests.Support.KubernetesServer;

namespace Gateway.Tests.Health.Kubernetes;

/// <summary>A gateway whose destinations are the pods of a Service, under load.</summary>
[Trait("kind", "socket")]
public sealed class KubernetesGatewayTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pods_ComeGoAndDie_NoRequestFails()
    {
        await using var server = await KubernetesServer.StartAsync();
        await using var first = new ScriptedUpstream();
        await using var second = new ScriptedUpstream();
        var third = new ScriptedUpstream();
        Put(server, "a", first);
        Put(server, "b", third);
        await using var gateway = await StartAsync(server, "kubernetes://guide:http");
        await NamesAsync(gateway, "guide:http@a guide:http@b");
        await using var users = new Users(gateway.Client);

        // 1. A rollout: a new pod comes, an old one terminates, gets nothing more, and goes.
        Put(server, "c", second);
        await NamesAsync(gateway, "guide:http@a guide:http@b guide:http@c");
        await Eventually.BeTrueAsync(() => second.Requests.Count > 20, Patience, "the new pod serves");
        Put(server, "a", first, terminates: true);
        await NothingMoreAsync(first, second);
        server.Delete("shop", "guide-a");
        await NamesAsync(gateway, "guide:http@b guide:http@c");

        // 2. A pod dies before the control plane knows; then it does.
        await third.DisposeAsync();
        await Eventually.BeTrueAsync(() => users.Since(second), Patience, "the others serve");
        server.Delete("shop", "guide-b");
        await NamesAsync(gateway, "guide:http@c");

        // 3. The API server is cut off while a pod changes its place: it is listed again.
        await server.CutAsync();
        Put(server, "d", first);
        await NamesAsync(gateway, "guide:http@c guide:http@d");
        Put(server, "c", second, terminates: true);
        await NothingMoreAsync(second, first);

        Assert.Equal([], await users.EndAsync());

        // The destinations see the Service's name, as clients of it inside of the cluster write it.
        Assert.Equal([$"guide.shop.svc:{first.Port}"], first.Requests[^1].Header("Host"));
    }

    /// <summary>All pods terminate and none is ready: they serve on, as kube-proxy has it.</summary>
    [Fact]
    public async Task Pods_AllTerminate_ServeUntilTheyAreGone()
    {
        await using var server = await KubernetesServer.StartAsync();
        await using var only = new ScriptedUpstream();
        await using var standby = new ScriptedUpstream();
        Put(server, "a", only);
        await using var gateway = await StartAsync(server, "kubernetes://guide.shop", standby.Url);
        await gateway.BecomesAsync("up", "primary");

        Put(server, "a", only, terminates: true);
        await Eventually.BecomeTrueAsync(
            async () => (await gateway.StatusAsync()).GetRawText().Contains("guide.shop@a", StringComparison.Ordinal),
            Patience,
            "it is there");
        var before = standby.Requests.Count;
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await gateway.Client.GetAsync(new Uri("/", UriKind.Relative), Cancel)).StatusCode);
        }

        Assert.Equal(before, standby.Requests.Count);

        // Gone: the tier has nothing, and the standby serves.
        server.Delete("shop", "guide-a");
        server.Put("shop", "guide-0", "guide", []);
        await Eventually.BecomeTrueAsync(async () => await gateway.ServingAsync() is "standby", Patience, "the standby serves");
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.GetAsync(new Uri("/", UriKind.Relative), Cancel)).StatusCode);
    }

    /// <summary>The own zone first; the other one as soon as the own has too few.</summary>
    [Fact]
    public async Task Zone_OfTheGateway_ServesWhileEnoughOfItDo()
    {
        await using var server = await KubernetesServer.StartAsync();
        await using var near = new ScriptedUpstream();
        await using var near2 = new ScriptedUpstream();
        await using var far = new ScriptedUpstream();
        Put(server, "a", near, zone: "eu-a");
        Put(server, "b", near2, zone: "eu-a");
        Put(server, "c", far, zone: "eu-b");
        await using var gateway = await StartAsync(
            server, "kubernetes://guide:http", cluster: "    zonePreference: ${GATEWAY_ZONE:-}\n", zone: "eu-a");
        foreach (var index in Enumerable.Range(0, 3))
        {
            await gateway.BecomesAsync("up", "primary", index);
        }

        var destinations = (await gateway.StatusAsync()).GetProperty("clusters")[0].GetProperty("tiers")[0].GetProperty("destinations");
        Assert.Equal(
            ["eu-a", "eu-a", "eu-b"],
            destinations.EnumerateArray().Select(static d => d.GetProperty("zone").GetString()).Order(StringComparer.Ordinal));
        await AskAsync(gateway, 40);
        Assert.Empty(far.Requests);
        Assert.Equal(40, near.Requests.Count + near2.Requests.Count);

        // One of two fails: what is left is less than 70 % of what a zone has on average (1.5), so that all serve.
        near.Healthy = false;
        await gateway.BecomesAsync("down", "primary");
        await AskAsync(gateway, 40);
        Assert.InRange(far.Requests.Count, 5, 35);

        // And back.
        near.Healthy = true;
        await gateway.BecomesAsync("up", "primary");
        var before = far.Requests.Count;
        await AskAsync(gateway, 40);
        Assert.Equal(before, far.Requests.Count);
    }

    /// <summary>What <c>check --connect</c> and <c>explain</c> say of Services.</summary>
    [Fact]
    public async Task Commands_OfAService_SayWhatItStandsFor()
    {
        await using var server = await KubernetesServer.StartAsync();
        await using var only = new ScriptedUpstream();
        Put(server, "a", only);
        using var folder = new TemporaryFolder();
        var file = folder.Write("gateway.yaml", """
            version: 1
            listen: [ { url: "http://127.0.0.1:8080" } ]
            clusters:
              guide:
                zonePreference: eu-a
                probe: { timeout: 20s, interval: 30s }
                tiers:
                  - { name: primary, destinations: [ "kubernetes://guide:http", "kubernetes://guide:web", "kubernetes://gone:http" ] }
            routes: { all: { match: { path: "/{**rest}" }, cluster: guide } }
            """);

        var (code, output) = await RunAsync(server, "check", "--connect", "--json", file);
        var checks = JsonDocument.Parse(output).RootElement.GetProperty("destinations").EnumerateArray()
            .Select(static c => $"{c.GetProperty("destination").GetString()}: {c.GetProperty("result").GetString()}");
        Assert.Equal(1, code);
        Assert.Equal(
            [
                "guide:http@a: passed",
                "guide:web: Service 'guide' in namespace 'shop' has no TCP port 'web'. Write the name of one, or the number that its pods "
                    + $"listen at: http ({only.Port})",
                "gone:http: There is no EndpointSlice of a Service 'gone' in namespace 'shop'. Check both names, and that the Service has "
                    + "a selector or slices of its own",
            ],
            checks);

        (code, output) = await RunAsync(server, "explain", "GET", "/", "--config", file);
        Assert.Equal(0, code);
        Assert.Matches(@"Tiers +1\. primary: guide:http \(each ready pod\)", output);
        Assert.Matches(@"Zone +destinations of eu-a first, while 70% of what a zone has on average\s+serve\s+there; else\s+all", output);
    }

    /// <summary>A configuration that stops naming a Service stops watching it.</summary>
    [Fact]
    public async Task Reload_WithoutTheService_EndsItsWatch()
    {
        await using var server = await KubernetesServer.StartAsync();
        await using var only = new ScriptedUpstream();
        Put(server, "a", only);
        await using var gateway = await StartAsync(server, "kubernetes://guide:http");
        await NamesAsync(gateway, "guide:http@a");
        await Eventually.BeTrueAsync(() => server.Watching == 1, Patience, "it watches");

        gateway.WriteConfig(InProcessGateway.Config([only.Url]));
        await Eventually.BeTrueAsync(() => server.Watching == 0, Patience, "it watches no more");

        gateway.WriteConfig(InProcessGateway.Config(["\"kubernetes://guide:http\""]));
        await Eventually.BeTrueAsync(() => server.Watching == 1, Patience, "it watches again");
        await NamesAsync(gateway, "guide:http@a");
    }

    private static void Put(KubernetesServer server, string pod, ScriptedUpstream upstream, bool terminates = false, string? zone = null) =>
        server.Put(
            "shop",
            $"guide-{pod}",
            "guide",
            [Pod(pod, "127.0.0.1", ready: !terminates, serving: true, terminating: terminates, zone: zone)],
            ("http", upstream.Port));

    private static Task<InProcessGateway> StartAsync(
        KubernetesServer server, string url, string? standby = null, string cluster = "", string? zone = null) =>
        InProcessGateway.StartAsync(
            InProcessGateway.Config([$"\"{url}\""], standby is null ? null : [standby], cluster),
            environment: name => name is "GATEWAY_ZONE" ? zone : server.Environment(name));

    private static async Task<(int Code, string Output)> RunAsync(KubernetesServer server, params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        return (await GatewayCli.RunAsync(args, output, TextWriter.Null, server.Environment), output.ToString());
    }

    private static async Task AskAsync(InProcessGateway gateway, int times)
    {
        for (var i = 0; i < times; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await gateway.Client.GetAsync(new Uri("/", UriKind.Relative), Cancel)).StatusCode);
        }
    }

    private static Task<TimeSpan> NamesAsync(InProcessGateway gateway, string names) => Eventually.BecomeTrueAsync(
        async () => string.Join(' ', (await gateway.StatusAsync()).GetProperty("clusters")[0].GetProperty("tiers")[0]
            .GetProperty("destinations")
            .EnumerateArray()
            .Select(static d => d.GetProperty("name").GetString())
            .Order(StringComparer.Ordinal)) == names,
        Patience,
        $"the destinations are {names}");

    // From some moment on the one gets no request any more, while the other gets many.
    private static async Task NothingMoreAsync(ScriptedUpstream without, ScriptedUpstream with)
    {
        await Eventually.BecomeTrueAsync(
            async () =>
            {
                var (before, others) = (without.Requests.Count, with.Requests.Count);
                await Eventually.BeTrueAsync(() => with.Requests.Count >= others + 40, Patience, "the other serves");
                return without.Requests.Count == before;
            },
            Patience,
            "it gets nothing more");
    }

    /// <summary>Users who ask without a pause; what went wrong for them.</summary>
    private sealed class Users : IAsyncDisposable
    {
        private readonly CancellationTokenSource _end = new();
        private readonly ConcurrentQueue<string> _failures = new();
        private readonly Task _running;

        public Users(HttpClient client) => _running = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => AskAsync(client))));

        public bool Since(ScriptedUpstream upstream)
        {
            _seen ??= upstream.Requests.Count;
            return upstream.Requests.Count > _seen + 60;
        }

        private int? _seen;

        public async Task<IReadOnlyList<string>> EndAsync()
        {
            await _end.CancelAsync();
            await _running;
            return [.. _failures.Take(10)];
        }

        public async ValueTask DisposeAsync()
        {
            await EndAsync();
            _end.Dispose();
        }

        private async Task AskAsync(HttpClient client)
        {
            while (!_end.IsCancellationRequested)
            {
                try
                {
                    using var response = await client.GetAsync(new Uri("/", UriKind.Relative));
                    var body = await response.Content.ReadAsStringAsync();
                    if (response.StatusCode != HttpStatusCode.OK || body != "ok")
                    {
                        _failures.Enqueue($"{(int)response.StatusCode} {body}");
                    }
                }
                catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
                {
                    _failures.Enqueue(e.Message);
                }
            }
        }
    }
}
