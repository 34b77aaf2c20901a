using System.Net;
using System.Text.Json;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Failover.Recording;
using Gateway.Health.Probing;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Failover;

/// <summary>What is held true of names, and for how long.</summary>
[Trait("kind", "unit")]
public sealed class NameTableTests
{
    private static readonly DnsName Pods = new("guide.shop:http", IsService: false, new KubernetesServiceName("guide", "shop", "http"));
    private static readonly DnsName Host = new("guide.test", IsService: false);
    private static readonly ResolvedEndpoint[] Two =
        [new(IPAddress.Parse("10.0.0.1"), 8080, "h"), new(IPAddress.Parse("10.0.0.2"), 8080, "h")];

    /// <summary>What is told after two endpoints are known, and how many are known then.</summary>
    [Theory]
    [InlineData(0, false, null, 2)]
    [InlineData(0, false, "The API server cannot be reached", 2)]
    [InlineData(0, true, null, 0)]
    [InlineData(0, true, "There is no such Service", 0)]
    [InlineData(1, true, null, 1)]
    [InlineData(1, true, "The watch is forbidden", 1)]
    public void OnResolved_SilenceKeepsWhatIsKnown_WordsDoNot(int endpoints, bool isCertain, string? problem, int known)
    {
        var names = new NameTable(NullLogger.Instance);
        names.Use(new HashSet<DnsName> { Pods });
        names.OnResolved(Pods, new ResolvedName(Two, TimeSpan.Zero) { IsCertain = true });

        var changed = names.OnResolved(
            Pods, new ResolvedName(Two[..endpoints], TimeSpan.Zero) { IsCertain = isCertain, Problem = problem });

        Assert.Equal(known, names.EndpointsOf(Pods).Count);
        Assert.Equal(known != 2, changed);
    }

    [Fact]
    public void ResolveDue_ServiceOfKubernetes_IsFollowedOnceUntilItIsNotNeeded()
    {
        var names = new NameTable(NullLogger.Instance);
        List<(DnsName Name, CancellationToken Unused)> begun = [];
        void Look(int seconds) => names.ResolveDue((name, unused) => begun.Add((name, unused)), TimeSpan.FromSeconds(seconds));
        names.Use(new HashSet<DnsName> { Pods, Host });

        // 1. A name is looked up again and again, a Service is followed.
        Look(0);
        names.OnResolved(Pods, new ResolvedName(Two, TimeSpan.Zero) { IsCertain = true });
        names.OnResolved(Host, new ResolvedName(Two, TimeSpan.FromSeconds(5)));
        Look(4);
        Look(5);
        Assert.Equal([Pods, Host, Host], begun.Select(static b => b.Name).OrderBy(static n => n.Kubernetes is null));

        // 2. Until the configuration has it no more; should it come back, it is followed anew.
        var first = begun.Single(static b => b.Name == Pods).Unused;
        names.Use(new HashSet<DnsName> { Pods });
        Assert.False(first.IsCancellationRequested);
        names.Use(new HashSet<DnsName>());
        Assert.True(first.IsCancellationRequested);
        names.Use(new HashSet<DnsName> { Pods });
        Look(6);
        Assert.False(begun[^1].Unused.IsCancellationRequested);
        Assert.Equal(Pods, begun[^1].Name);
    }

    /// <summary>A replay decides by what was recorded: pods, their zones, and the Service that they are of.</summary>
    [Fact]
    public void RecordedName_OfPods_IsReadAsItWasWritten()
    {
        var name = new RecordedName(
            Pods,
            [new ResolvedEndpoint(IPAddress.Parse("fd00::1"), 8080, "guide.shop.svc", null, 1) { Name = "guide-1", Zone = "eu-a" }],
            TimeSpan.Zero);

        var read = JsonSerializer.Deserialize<RecordedName>(JsonSerializer.Serialize(name, RecordingJson.Options), RecordingJson.Options)!;

        Assert.Equal(name.Name, read.Name);
        Assert.Equal(name.Endpoints.AsEnumerable(), read.Endpoints);
    }
}
