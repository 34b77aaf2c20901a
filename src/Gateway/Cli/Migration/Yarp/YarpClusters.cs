using System.Globalization;
using Gateway.Configuration.Values;

namespace Gateway.Cli.Migration.Yarp;

/// <summary>Clusters of YARP as clusters.</summary>
internal static class YarpClusters
{
    /// <summary>Adds one.</summary>
    public static DraftCluster Add(Draft draft, YarpNode node, string name)
    {
        var cluster = draft.AddCluster(name, node.At);
        var inOrder = node.TextOf("LoadBalancingPolicy") is "FirstAlphabetical";
        var destinations = node["Destinations"]?.Items ?? [];
        foreach (var destination in inOrder
            ? [.. destinations.OrderBy(static one => one.Key, StringComparer.OrdinalIgnoreCase)]
            : destinations)
        {
            Destination(draft, cluster, destination, inOrder);
        }

        cluster.Balance = node.TextOf("LoadBalancingPolicy") switch
        {
            "RoundRobin" => "roundRobin",
            "LeastRequests" => "leastRequests",
            "Random" => "random",
            _ => null,
        };
        if (node["LoadBalancingPolicy"] is
            {
                Text: not (null or "RoundRobin" or "LeastRequests" or "Random"
            or "PowerOfTwoChoices" or "FirstAlphabetical")
            } policy)
        {
            draft.Note(
                policy.At,
                policy.ToString(),
                "A policy of your own is code",
                "Write balance: powerOfTwo, leastRequests, roundRobin or random");
        }

        Affinity(draft, cluster, node);
        Health(draft, cluster, node);
        Http(draft, cluster, node);
        return cluster;
    }

    private static void Destination(Draft draft, DraftCluster cluster, YarpNode node, bool inOrder)
    {
        if (node.TextOf("Address") is not { Length: > 0 } address)
        {
            draft.Note(node.At, node.ToString(), "The destination has no address", "Write its URL");
            return;
        }

        var destination = new DraftDestination(address.TrimEnd('/'), Name: Names.Of(node.Key, "destination"));
        (inOrder && cluster.Primary.Count > 0 ? cluster.Standby : cluster.Primary).Add(destination);
        if (node["Health"] is { Text: { Length: > 0 } health } && !string.Equals(
            health.TrimEnd('/'),
            address.TrimEnd('/'),
            StringComparison.Ordinal))
        {
            draft.Note(node.At, $"Health: {health}", "Probes go to the address of the destination", "Let the service answer there");
        }

        if (node["Host"] is { Text: { Length: > 0 } } host)
        {
            draft.Note(host.At, host.ToString(), "A name for one destination is not written", "Write host: NAME on the routes");
        }
    }

    private static void Affinity(Draft draft, DraftCluster cluster, YarpNode node)
    {
        if (node["SessionAffinity"] is not { } affinity || !affinity.Is("Enabled"))
        {
            return;
        }

        var key = affinity.TextOf("AffinityKeyName") ?? "";
        cluster.Affinity = affinity.TextOf("Policy") is "CustomHeader" ? ("header", key.Length > 0 ? key : "X-Yarp-Proxy-Affinity") : (
            "cookie",
            key.Length > 0 ? key : ".Yarp.Affinity");
        draft.Note(
            affinity.At,
            affinity.ToString(),
            "The gateway sets no key of its own",
            "Affinity follows this cookie or header as soon as the service or the client sets it; write a name that they do set");
    }

    private static void Health(Draft draft, DraftCluster cluster, YarpNode node)
    {
        var active = node["HealthCheck"]?["Active"];
        if (active is null || !active.Is("Enabled"))
        {
            cluster.Probe["path"] = "/";
            cluster.Probe["expect"] = "{ status: 100-599 }";
            cluster.Comments.Add(
                "Any response passes a probe, since there is no active health check. Write the path of a health page and what it answers.");
        }
        else
        {
            var path = active.TextOf("Path") is { Length: > 0 } written ? written : "/";
            cluster.Probe["path"] = Flow.Text((path.StartsWith('/') ? path : "/" + path) + active.TextOf("Query"));
            cluster.Probe["expect"] = "{ status: 200-299 }";
            Times(cluster, active);
            if (int.TryParse(
                node["Metadata"]?.TextOf("ConsecutiveFailuresHealthPolicy.Threshold"),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var fall) && fall is >= 1 and <= 100)
            {
                cluster.Probe["fall"] = fall.ToString(CultureInfo.InvariantCulture);
            }
        }

        var passive = node["HealthCheck"]?["Passive"];
        if (passive?.Is("Enabled") is true
            && passive.TimeOf("ReactivationPeriod") is { TotalMilliseconds: >= 100, TotalHours: <= 1 } period)
        {
            cluster.Passive["ejectFor"] = DurationText.Format(period);
            if (period > TimeSpan.FromMinutes(5))
            {
                cluster.Passive["maxEjectFor"] = DurationText.Format(period);
            }
        }

        if (node["HealthCheck"]?["AvailableDestinationsPolicy"] is { Text: { } } policy)
        {
            draft.Note(
                policy.At,
                policy.ToString(),
                "With too few destinations a tier is left",
                "Write failover: { minHealthy: … } and a standby tier; see docs/failover.md");
        }
    }

    private static void Times(DraftCluster cluster, YarpNode active)
    {
        // YARP's own defaults where nothing is written.
        var interval = active.TimeOf("Interval") ?? TimeSpan.FromSeconds(15);
        if (interval < TimeSpan.FromMilliseconds(50))
        {
            interval = TimeSpan.FromMilliseconds(50);
        }

        if (interval > TimeSpan.FromHours(1))
        {
            interval = TimeSpan.FromHours(1);
        }

        var longest = TimeSpan.FromMilliseconds(Math.Floor(interval.TotalMilliseconds * 0.8));
        var timeout = active.TimeOf("Timeout") ?? TimeSpan.FromSeconds(10);
        cluster.Probe["interval"] = DurationText.Format(interval);
        cluster.Probe["timeout"] =
            DurationText.Format(timeout > longest
                ? longest
                : timeout < TimeSpan.FromMilliseconds(10) ? TimeSpan.FromMilliseconds(10)
                : timeout);
    }

    private static void Http(Draft draft, DraftCluster cluster, YarpNode node)
    {
        if (node["HttpRequest"]?.TimeOf("ActivityTimeout") is { } activity)
        {
            cluster.Timeouts.FirstByte = activity;
            cluster.Timeouts.Idle = activity;
        }

        foreach (var setting in node["HttpRequest"]?.Items ?? [])
        {
            if (setting.Key.Equals("VersionPolicy", StringComparison.OrdinalIgnoreCase) && setting.Text is "RequestVersionExact")
            {
                draft.Note(setting.At, setting.ToString(), "Probes find out which version a destination speaks", "See docs/http.md");
            }
        }

        foreach (var setting in node["HttpClient"]?.Items ?? [])
        {
            if (setting.Key.Equals("EnableMultipleHttp2Connections", StringComparison.OrdinalIgnoreCase) || setting is { Text: "false" })
            {
                continue;
            }

            draft.Note(
                setting.At,
                setting.ToString(),
                setting.Key.Equals(
                    "DangerousAcceptAnyServerCertificate",
                    StringComparison.OrdinalIgnoreCase)
                        ? "The certificate of a destination is always checked"
                        : "Connections to destinations have settings of their own",
                setting.Key.Equals(
                    "MaxConnectionsPerServer",
                    StringComparison.OrdinalIgnoreCase) ? "Write capacity on the tier" : "See docs/http.md");
        }
    }
}
