using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Gateway.Configuration.Model;

namespace Gateway.Failover.Recording;

/// <summary>From a configuration to what a recording keeps of it. Pure.</summary>
internal static class RecordedConfigs
{
    private const int RevisionLength = 12;

    /// <summary>What decisions rest on. The same text of a configuration always has the same revision.</summary>
    public static RecordedConfig Of(GatewayConfig config)
    {
        ImmutableArray<ClusterConfig> clusters = [.. config.Clusters.Select(Of)];
        ImmutableArray<string> routes = [.. config.Routes.Select(static route => route.Name)];
        var hash = SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new RecordedConfig("", clusters, routes), RecordingJson.Options));
        return new RecordedConfig(Convert.ToHexStringLower(hash)[..RevisionLength], clusters, routes);
    }

    // Decisions need no secret: a replay connects to nothing.
    private static ClusterConfig Of(ClusterConfig cluster) => cluster with
    {
        Tls = null,
        Probe = cluster.Probe with { Headers = [], ExpectBody = null, ExpectJson = [] },
        Signals = [.. cluster.Signals.Select(static signal => new SignalConfig { Name = signal.Name, Then = signal.Then })],
    };
}
