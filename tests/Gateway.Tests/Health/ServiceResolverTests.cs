using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Health.Probing;
using Gateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Health;

/// <summary>Services (SRV), from a name server that speaks DNS over UDP.</summary>
[Trait("kind", "socket")]
public class ServiceResolverTests
{
    private const string Service = "_http._tcp.guide.test";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ResolveAsync_Records_GivesEndpointsByPriority(bool along)
    {
        await using var server = new DnsServer();
        DnsRecord[] services =
        [
            DnsServer.ServiceOf(Service, 20, 0, 9003, "c.guide.test"),
            DnsServer.ServiceOf(Service, 10, 30, 9001, "a.guide.test"),
            DnsServer.ServiceOf(Service, 10, 70, 9002, "b.guide.test")
        ];
        DnsRecord[] addresses =
        [
            DnsServer.AddressOf("a.guide.test", "127.0.0.1"),
            DnsServer.AddressOf("b.guide.test", "127.0.0.2"),
            DnsServer.AddressOf("b.guide.test", "::1"),
            DnsServer.AddressOf("c.guide.test", "127.0.0.3")
        ];
        server.Records = along ? services : [.. services, .. addresses];
        server.Along = along ? addresses : [];

        var resolved = await ResolveAsync(server);

        Assert.Equal(
            "10 127.0.0.1:9001 a.guide.test 30, 10 127.0.0.2:9002 b.guide.test 70, 10 ::1:9002 b.guide.test 70, 20 127.0.0.3:9003 "
                + "c.guide.test 1",
            string.Join(
                ", ",
                resolved.Endpoints.Select(static e => string.Create(
                    CultureInfo.InvariantCulture,
                    $"{e.Priority} {e.Address}:{e.Port} {e.Host} {e.Weight}"))));
        Assert.Equal(along ? 1 : 7, server.Asked.Count);
    }

    /// <summary>Time to live of the service and of the address, and the time until it is looked up again, in seconds.</summary>
    [Theory]
    [InlineData(30, 60, 30)]
    [InlineData(60, 7, 7)]
    [InlineData(0, 60, 1)]
    [InlineData(86_400 / 2, 86_400 / 2, 300)]
    public async Task ResolveAsync_TimeToLive_IsTheShortestWithinBounds(int service, int address, int seconds)
    {
        await using var server = new DnsServer();
        server.Records =
        [
            DnsServer.ServiceOf(Service, 10, 1, 9001, "a.guide.test", service),
            DnsServer.AddressOf("a.guide.test", "127.0.0.1", address)
        ];

        Assert.Equal(TimeSpan.FromSeconds(seconds), (await ResolveAsync(server)).ValidFor);
    }

    public static TheoryData<string> Failures =>
        ["no such name", "server failure", "no such type", "not available here", "no port", "a target without an address", "silent",
        "rubbish"];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task ResolveAsync_NothingUsable_GivesNoneAndAsksAgainSoon(string failure)
    {
        await using var server = new DnsServer { EmptyCode = failure switch { "server failure" => 2, "no such type" => 0, _ => 3 } };
        server.Instead = failure switch { "silent" => [], "rubbish" => [1, 2, 3], _ => null };
        server.Records = failure switch
        {
            "not available here" => [DnsServer.ServiceOf(Service, 0, 0, 9001, ".")],
            "no port" => [DnsServer.ServiceOf(Service, 0, 0, 0, "a.guide.test"), DnsServer.AddressOf("a.guide.test", "127.0.0.1")],
            "a target without an address" => [DnsServer.ServiceOf(Service, 0, 0, 9001, "a.guide.test")],
            _ => [],
        };

        var resolved = await ResolveAsync(server);

        Assert.Empty(resolved.Endpoints);
        Assert.Equal(NameResolver.Interval, resolved.ValidFor);
    }

    [Fact]
    public async Task Service_OfACluster_IsServedByPriorityAndFollowsItsRecords()
    {
        await using var dns = new DnsServer();
        await using var one = new ScriptedUpstream();
        await using var two = new ScriptedUpstream();
        await using var later = new ScriptedUpstream();
        DnsRecord ServiceAt(ScriptedUpstream at, int priority, int weight) =>
            DnsServer.ServiceOf(Service, priority, weight, at.Port, "node.guide.test", ttl: 1);
        var address = DnsServer.AddressOf("node.guide.test", "127.0.0.1", ttl: 1);
        dns.Records = [ServiceAt(one, 10, 3), ServiceAt(two, 10, 1), ServiceAt(later, 20, 5), address];
        await using var loop = new FailoverLoop(ConfigOf(), TimeProvider.System, NullLogger<FailoverLoop>.Instance, [])
        {
            Services = new ServiceResolver(dns.Address).ResolveAsync
        };
        await loop.StartAsync(Cancel);
        TierSnapshot Tier() => loop.Find("guide")!.Snapshot.Tiers[0];
        string Used() =>
            string.Join(' ', Tier().Usable.Select((d, i) => $"{d.Url.Port}*{Tier().Weights[i]}").Order(StringComparer.Ordinal));

        // 1. The first priority alone, by the weights of the records; asked for under the target's name.
        await Eventually.BeTrueAsync(() => Used() == Sorted($"{one.Port}*3", $"{two.Port}*1"), Patience, "the first priority is used");
        Assert.All(Tier().All, static d => Assert.StartsWith("node.guide.test:", d.HostName, StringComparison.Ordinal));
        Assert.Contains(Tier().All, d => d.Name == $"guide@127.0.0.1:{one.Port}");

        // 2. All of it down: the next.
        one.Healthy = two.Healthy = false;
        await Eventually.BeTrueAsync(() => Used() == $"{later.Port}*5", Patience, "the next priority is used");
        one.Healthy = two.Healthy = true;
        await Eventually.BeTrueAsync(
            () => Used() == Sorted($"{one.Port}*3", $"{two.Port}*1"),
            Patience,
            "the first priority is used again");

        // 3. Other records are in force once the old ones have expired; a destination that stays is the same.
        var kept = Tier().All.Single(d => d.Url.Port == one.Port);
        dns.Records = [ServiceAt(one, 10, 7), ServiceAt(later, 10, 5), address];
        await Eventually.BeTrueAsync(() => Used() == Sorted($"{one.Port}*7", $"{later.Port}*5"), Patience, "the new records are in force");
        Assert.Same(kept, Tier().All.Single(d => d.Url.Port == one.Port));

        // 4. No records: what is known stays.
        dns.Records = [];
        var asked = dns.Asked.Count;
        await Eventually.BeTrueAsync(() => dns.Asked.Count > asked, Patience, "it is asked again");
        Assert.Equal(Sorted($"{one.Port}*7", $"{later.Port}*5"), Used());
    }

    private static string Sorted(params string[] parts) => string.Join(' ', parts.Order(StringComparer.Ordinal));

    private static Task<ResolvedName> ResolveAsync(DnsServer server) =>
        new ServiceResolver(server.Address).ResolveAsync(Service, TimeProvider.System, Cancel);

    private static GatewayConfig ConfigOf() => new()
    {
        Listen = [],
        State = "state",
        StaticFallback = "static-fallback",
        Clusters =
        [
            new ClusterConfig
            {
                Name = "guide",
                Tiers = [new TierConfig
                {
                    Name = "primary",
                    Destinations = [new DestinationConfig
                    {
                        Name = "guide",
                        Url = new Uri($"http://{Service}"),
                        Resolve = true,
                        IsService = true
                    }]
                }],
                Probe = new ProbeConfig
                {
                    Interval = TimeSpan.FromMilliseconds(500),
                    FastInterval = TimeSpan.FromMilliseconds(100),
                    Timeout = TimeSpan.FromMilliseconds(400),
                    Rise = 1
                },
            },
        ],
        Routes = [],
    };
}
