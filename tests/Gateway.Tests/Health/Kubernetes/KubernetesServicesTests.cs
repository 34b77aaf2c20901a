using Gateway.Configuration.Model;
using Gateway.Health.Kubernetes;
using Gateway.Health.Probing;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;
using static Gateway.Tests.Support.KubernetesServer;

namespace Gateway.Tests.Health.Kubernetes;

/// <summary>Services that are followed, at an API server that speaks list and watch over TLS.</summary>
[Trait("kind", "socket")]
public sealed class KubernetesServicesTests
{
    private static readonly KubernetesServiceName Guide = new("guide", Namespace: null, "http");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(HttpProtocols.Http1AndHttp2, "HTTP/2")]
    [InlineData(HttpProtocols.Http1, "HTTP/1.1")]
    public async Task Follow_PodsComeAndGo_IsToldEachChange(HttpProtocols protocols, string spoken)
    {
        await using var server = await KubernetesServer.StartAsync(protocols);
        server.Put("shop", "guide-1", "guide", [Pod("a", "10.0.0.1")], ("http", 8080));
        server.Put("shop", "other-1", "other", [Pod("x", "10.0.0.7")], ("http", 8080));
        server.Put("elsewhere", "guide-9", "guide", [Pod("y", "10.0.0.8")], ("http", 8080));
        await using var following = new Following(server);

        await following.BecomesAsync("a 10.0.0.1:8080");
        server.Put("shop", "guide-1", "guide", [Pod("a", "10.0.0.1"), Pod("b", "10.0.0.2")], ("http", 8080));
        await following.BecomesAsync("a 10.0.0.1:8080, b 10.0.0.2:8080");
        server.Put("shop", "guide-2", "guide", [Pod("c", "10.0.0.3")], ("http", 8080));
        await following.BecomesAsync("a 10.0.0.1:8080, b 10.0.0.2:8080, c 10.0.0.3:8080");
        server.Put(
            "shop",
            "guide-1",
            "guide",
            [Pod("a", "10.0.0.1", ready: false, serving: true, terminating: true), Pod("b", "10.0.0.2", ready: false)],
            ("http", 8080));
        await following.BecomesAsync("c 10.0.0.3:8080, a 10.0.0.1:8080 last");
        server.Delete("shop", "guide-1");
        await following.BecomesAsync("c 10.0.0.3:8080");
        server.Put("shop", "guide-2", "guide", [], []);
        await following.BecomesAsync("");

        Assert.Null(following.Problem);
        Assert.Equal(spoken, server.Protocol);
        Assert.Equal(["list", "watch 103"], server.Asked);
    }

    [Fact]
    public async Task Follow_WatchEndsByItself_GoesOnFromTheLastVersion()
    {
        await using var server = await KubernetesServer.StartAsync();
        server.WatchFor = TimeSpan.FromSeconds(2);
        server.Put("shop", "guide-1", "guide", [Pod("a", "10.0.0.1")], ("http", 8080));
        await using var following = new Following(server);
        await following.BecomesAsync("a 10.0.0.1:8080");
        await Eventually.BeTrueAsync(() => server.Watching > 0, Patience, "it watches");

        // Other objects of the cluster changed so often that the first version is compacted away: the bookmark's is not.
        server.Bookmark();
        server.Bookmark();
        await Eventually.BeTrueAsync(() => server.Asked.Contains("watch 103"), Patience, "it watches from the bookmark on");

        Assert.Equal(1, server.Asked.Count(static a => a == "list"));
    }

    /// <summary>How the watch is lost.</summary>
    [Theory]
    [InlineData("410 inside of the watch")]
    [InlineData("410 as a response")]
    [InlineData("the connection is cut")]
    [InlineData("a line that is no JSON")]
    public async Task Follow_WatchIsLost_ListsAgainAndMissesNothing(string how)
    {
        await using var server = await KubernetesServer.StartAsync();
        server.Put("shop", "guide-1", "guide", [Pod("a", "10.0.0.1")], ("http", 8080));
        server.Put("shop", "guide-2", "guide", [Pod("b", "10.0.0.2")], ("http", 8080));
        await using var following = new Following(server);
        await following.BecomesAsync("a 10.0.0.1:8080, b 10.0.0.2:8080");
        await Eventually.BeTrueAsync(() => server.Watching > 0, Patience, "it watches");
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Before = _ => held.Task;
        var refusals = 1;
        if (how is "410 as a response")
        {
            server.Refuse = verb => verb is "watch" && Interlocked.Decrement(ref refusals) >= 0 ? (410, "too old resource version") : null;
        }

        // While it is away one slice is deleted and another comes.
        await server.CutAsync();
        await Eventually.BeTrueAsync(() => server.Watching == 0, Patience, "the watch is over");
        server.Delete("shop", "guide-1");
        server.Put("shop", "guide-3", "guide", [Pod("c", "10.0.0.3")], ("http", 8080));
        if (how is "410 inside of the watch")
        {
            server.Compact();
        }

        held.SetResult();
        await following.BecomesAsync("b 10.0.0.2:8080, c 10.0.0.3:8080");

        // And it watches again.
        await Eventually.BeTrueAsync(() => server.Watching > 0, Patience, "it watches again");
        server.Put("shop", "guide-3", "guide", [Pod("d", "10.0.0.4")], ("http", 8080));
        await following.BecomesAsync("b 10.0.0.2:8080, d 10.0.0.4:8080");
    }

    /// <summary>What the API server refuses, and what the operator is told.</summary>
    [Theory]
    [InlineData("list", 403, "endpointslices.discovery.k8s.io is forbidden", "The API server forbids to read the EndpointSlices of "
        + "namespace 'shop' (403) (endpointslices.discovery.k8s.io is forbidden). Let the gateway's service account get, list and watch "
        + "endpointslices there (deploy/kubernetes/examples/endpointslices)")]
    [InlineData("list", 404, "the server could not find the requested resource", "The API server has no EndpointSlices of "
        + "discovery.k8s.io/v1 (404) (the server could not find the requested resource). They come with Kubernetes 1.21")]
    [InlineData("list", 429, "too many requests", "The API server responded with 429 (too many requests)")]
    [InlineData("list", 500, "etcdserver: leader changed", "The API server responded with 500 (etcdserver: leader changed)")]
    public async Task Follow_Refused_SaysWhyAndRecovers(string verb, int code, string message, string problem)
    {
        await using var server = await KubernetesServer.StartAsync();
        server.Put("shop", "guide-1", "guide", [Pod("a", "10.0.0.1")], ("http", 8080));
        server.Refuse = asked => asked == verb ? (code, message) : null;
        await using var following = new Following(server);

        await Eventually.BeTrueAsync(() => following.Problem == problem, Patience, $"it says: {problem}");
        Assert.False(following.IsKnown);
        server.Refuse = static _ => null;

        await following.BecomesAsync("a 10.0.0.1:8080");
        await Eventually.BeTrueAsync(() => following.Problem is null, Patience, "it is over");
    }

    /// <summary>A role that forgets <c>watch</c>: lists go on, and what is wrong is told until it is mended.</summary>
    [Fact]
    public async Task Follow_WatchForbidden_ListsAndSaysSo()
    {
        await using var server = await KubernetesServer.StartAsync();
        server.Put("shop", "guide-1", "guide", [Pod("a", "10.0.0.1")], ("http", 8080));
        server.Refuse = static verb => verb is "watch" ? (403, "cannot watch") : null;
        var time = new AheadTime();
        await using var following = new Following(server, time);
        await following.BecomesAsync("a 10.0.0.1:8080");
        time.Ahead(EndpointSliceWatch.ToldAfter);

        await Eventually.BeTrueAsync(
            () => following.Problem?.Contains("(403) (cannot watch)", StringComparison.Ordinal) is true, Patience, "it says why");
        server.Put("shop", "guide-1", "guide", [Pod("b", "10.0.0.2")], ("http", 8080));
        await following.BecomesAsync("b 10.0.0.2:8080");
        Assert.Contains("(403)", following.Problem, StringComparison.Ordinal);

        server.Refuse = static _ => null;
        await Eventually.BeTrueAsync(() => following.Problem is null, Patience, "it is over");
        Assert.Equal("b 10.0.0.2:8080", following.Text);
    }

    [Fact]
    public async Task Follow_TokenIsReplaced_TakesTheNewOne()
    {
        await using var server = await KubernetesServer.StartAsync();
        server.Put("shop", "guide-1", "guide", [Pod("a", "10.0.0.1")], ("http", 8080));
        await using var following = new Following(server);
        await following.BecomesAsync("a 10.0.0.1:8080");
        await Eventually.BeTrueAsync(() => server.Watching > 0, Patience, "it watches");

        server.Token = "second-token";
        await server.WritePodFolderAsync("shop");
        await server.CutAsync();
        server.Put("shop", "guide-1", "guide", [Pod("b", "10.0.0.2")], ("http", 8080));

        await following.BecomesAsync("b 10.0.0.2:8080");
    }

    [Fact]
    public async Task Follow_ServerAway_KeepsWhatIsKnownAndRaisesAnAlarm()
    {
        await using var server = await KubernetesServer.StartAsync();
        server.Put("shop", "guide-1", "guide", [Pod("a", "10.0.0.1")], ("http", 8080));
        var port = server.Port;
        var time = new AheadTime();
        var services = new KubernetesServices(() => AccessTo(server), time);
        await using var following = new Following(services);
        await following.BecomesAsync("a 10.0.0.1:8080");
        Assert.Null(services.Alarm);

        // 1. Away: nothing is told at first, then a problem, and the alarm when it lasts. What is known stays.
        await server.StopAsync();
        await Eventually.BeTrueAsync(
            () =>
            {
                time.Ahead(TimeSpan.FromSeconds(1));
                return following.Problem is not null;
            },
            Patience,
            "it says so");
        Assert.Null(services.Alarm);
        time.Ahead(KubernetesServices.AlarmAfter);
        Assert.StartsWith("kubernetes://guide:http, for 3", services.Alarm, StringComparison.Ordinal);
        Assert.Contains(
            $"The API server at 127.0.0.1:{port} cannot be reached: Connection refused. The endpoints known of it stay in use.",
            services.Alarm,
            StringComparison.Ordinal);
        Assert.Equal("a 10.0.0.1:8080", following.Text);
    }

    /// <summary>A server that takes a connection and says nothing.</summary>
    [Fact]
    public async Task Read_ServerIsSilent_GivesUp()
    {
        await using var server = await KubernetesServer.StartAsync();
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Before = _ => held.Task;
        var time = new ManualTime();
        using var services = new KubernetesServices(() => AccessTo(server), time);
        var reading = services.ReadAsync(Guide, Cancel);
        await Eventually.BeTrueAsync(() => server.Asked.Count > 0, Patience, "it is asked");

        time.Advance(KubernetesApi.ListWithin);

        var failure = await Assert.ThrowsAsync<KubernetesException>(() => reading);
        Assert.Equal($"The API server at 127.0.0.1:{server.Port} does not respond in time", failure.Message);
        held.SetResult();
    }

    [Fact]
    public async Task Read_AnotherAuthority_SendsItNothing()
    {
        await using var server = await KubernetesServer.StartAsync();
        using var other = new PrivateAuthority("other");
        await File.WriteAllTextAsync(Path.Combine(server.PodFolder, "ca.crt"), other.Pem, Cancel);
        using var services = new KubernetesServices(() => AccessTo(server), TimeProvider.System);

        var failure = await Assert.ThrowsAsync<KubernetesException>(() => services.ReadAsync(Guide, Cancel));

        Assert.Contains("cannot be reached: ", failure.Message, StringComparison.Ordinal);
        Assert.Empty(server.Asked);
    }

    private static ClusterAccess AccessTo(KubernetesServer server) => ClusterFinder.Find(
        name => name switch
        {
            "KUBERNETES_SERVICE_HOST" => "127.0.0.1",
            "KUBERNETES_SERVICE_PORT" => $"{server.Port}",
            _ => null,
        },
        server.PodFolder);

    /// <summary>A Service that is followed, and what was told of it last.</summary>
    private sealed class Following : IAsyncDisposable
    {
        private readonly CancellationTokenSource _end = new();
        private readonly KubernetesServices _services;
        private readonly Task _running;
        private ResolvedName? _told;
        private ResolvedName? _known;

        public Following(KubernetesServer server, TimeProvider? time = null)
            : this(new KubernetesServices(() => AccessTo(server), time ?? TimeProvider.System))
        {
        }

        public Following(KubernetesServices services)
        {
            _services = services;
            _running = services.FollowAsync(
                Guide,
                resolved =>
                {
                    Volatile.Write(ref _told, resolved);
                    if (resolved.IsCertain)
                    {
                        Volatile.Write(ref _known, resolved);
                    }

                    return ValueTask.CompletedTask;
                },
                _end.Token);
        }

        public string? Problem => Volatile.Read(ref _told)?.Problem;

        public bool IsKnown => Volatile.Read(ref _known) is not null;

        public string? Text => Volatile.Read(ref _known) is { } known ? ServiceEndpointsTests.Text(known) : null;

        public Task BecomesAsync(string text) => Eventually.BeTrueAsync(() => Text == text, Patience, $"it is: {text}");

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            await _running;
            _services.Dispose();
            _end.Dispose();
        }
    }

    /// <summary>The system's clock, which a test sets ahead.</summary>
    private sealed class AheadTime : TimeProvider
    {
        private long _ahead;

        public void Ahead(TimeSpan by) => Interlocked.Add(ref _ahead, (long)(by.TotalSeconds * System.TimestampFrequency));

        public override long GetTimestamp() => System.GetTimestamp() + Interlocked.Read(ref _ahead);
    }
}
