using System.Collections.Immutable;
using Gateway.Configuration.Model;

namespace Gateway.Configuration.Reload;

/// <summary>Which changes a running gateway cannot take over: ports and what is built once around them.</summary>
internal static class RestartNeeded
{
    /// <summary>
    /// The changed keys that take effect only with the next start, as an operator writes them. <paramref name="started"/> is what the
    /// process started with, not the last reload: a change that is taken back needs no restart.
    /// </summary>
    public static ImmutableArray<string> Between(GatewayConfig started, GatewayConfig now)
    {
        var names = ImmutableArray.CreateBuilder<string>();
        Add("listen", Same(started.Listen, now.Listen));
        Add("admin.url", started.Admin.Url == now.Admin.Url);
        Add("admin.certificate", Same(started.Admin.Certificate, now.Admin.Certificate));
        Add("limits.requestHeaders", started.Limits.RequestHeaders == now.Limits.RequestHeaders);
        Add("limits.headersTimeout", started.Limits.HeadersTimeout == now.Limits.HeadersTimeout);
        Add("limits.connections", started.Limits.Connections == now.Limits.Connections);
        Add("limits.connectionsPerClient", started.Limits.ConnectionsPerClient == now.Limits.ConnectionsPerClient);
        Add("state", string.Equals(started.State, now.State, StringComparison.Ordinal));
        Add("redis", Same(started.Redis, now.Redis));
        // The level and which requests are written, and how, are changed in a running log.
        Add(
            "telemetry",
            started.Telemetry == now.Telemetry with
            {
                Logs = now.Telemetry.Logs with { Level = started.Telemetry.Logs.Level },
                Access = started.Telemetry.Access
            });
        return names.ToImmutable();

        void Add(string name, bool same)
        {
            if (!same)
            {
                names.Add(name);
            }
        }
    }

    // Records compare arrays by reference; two readings of one file never share them.
    private static bool Same(ImmutableArray<ListenConfig> some, ImmutableArray<ListenConfig> others) =>
        some.Length == others.Length && some.Zip(others).All(static pair => Same(pair.First, pair.Second));

    private static bool Same(ListenConfig one, ListenConfig other) =>
        one with { Certificates = [] } == other with { Certificates = [] }
        && one.Certificates.Length == other.Certificates.Length
        && one.Certificates.Zip(other.Certificates).All(static pair => Same(pair.First, pair.Second));

    private static bool Same(CertificateConfig? one, CertificateConfig? other) =>
        one is null || other is null
            ? one is null == other is null
            : one with { Hosts = [] } == other with { Hosts = [] } && one.Hosts.SequenceEqual(other.Hosts, StringComparer.Ordinal);

    private static bool Same(RedisConfig? one, RedisConfig? other)
    {
        if (one is null || other is null)
        {
            return one is null == other is null;
        }

        return one.Endpoints.SequenceEqual(other.Endpoints, StringComparer.Ordinal)
            && string.Equals(one.User, other.User, StringComparison.Ordinal)
            && one.Tls == other.Tls
            && one.Store.SequenceEqual(other.Store)
            && string.Equals(one.Ca, other.Ca, StringComparison.Ordinal)
            && string.Equals(one.Password, other.Password, StringComparison.Ordinal)
            && string.Equals(one.Secret, other.Secret, StringComparison.Ordinal)
            && string.Equals(one.Prefix, other.Prefix, StringComparison.Ordinal)
            && string.Equals(one.Sentinel?.Service, other.Sentinel?.Service, StringComparison.Ordinal)
            && (one.Sentinel?.Endpoints ?? []).SequenceEqual(other.Sentinel?.Endpoints ?? [], StringComparer.Ordinal);
    }
}
