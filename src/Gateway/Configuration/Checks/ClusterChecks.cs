using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Checks;

/// <summary>Times that do not fit into each other, tiers that could never serve, names and addresses that stand twice.</summary>
internal static class ClusterChecks
{
    /// <summary>Notes every problem and warning of one cluster.</summary>
    public static void Run(ClusterConfig cluster, GatewayConfig config, Reader reader)
    {
        var path = $"clusters/{cluster.Name}";
        Tiers(cluster, config, path, reader);
        Probe(cluster.Probe, $"{path}/probe", reader);
        if (cluster.ZonePreference is not null
            && !cluster.Tiers.Any(static t => t.Destinations.Any(static d => d.Zone is not null || d.Kubernetes is not null))
            && !reader.IsBad($"{path}/tiers"))
        {
            reader.WarningAt(
                $"{path}/zonePreference",
                "No destination says its zone, so none is preferred. Write zone beside their urls, or kubernetes:// for pods.");
        }

        if (cluster.Mirror > 0 && cluster.Tiers.Length < 2 && !reader.IsBad($"{path}/tiers"))
        {
            reader.WarningAt(
                $"{path}/mirror", "The cluster has no second tier that reads could be mirrored to. Add one, or remove mirror.");
        }

        Times(cluster, path, reader);
        SignalChecks.Run(cluster, path, reader);
        foreach (var route in config.Routes)
        {
            if (!string.Equals(route.Cluster, cluster.Name, StringComparison.Ordinal))
            {
                continue;
            }

            // What does not fit in the cluster is said there.
            if (reader.IsWritten($"routes/{route.Name}/timeouts") || reader.IsWritten($"routes/{route.Name}/attempts"))
            {
                Times(route.Overrides.Over(cluster), $"routes/{route.Name}", reader);
            }
        }

        if (cluster.Affinity is { } affinity && (affinity.Header is null) == (affinity.Cookie is null))
        {
            reader.ProblemAt(
                $"{path}/affinity",
                $"\"affinity\" must have either header or cookie, given {(affinity.Header is null ? "neither" : "both")}. Write {{ header: "
                    + $"NAME }} or {{ cookie: NAME }}.");
        }

        if (cluster.Passive.MaxEjectFor < cluster.Passive.EjectFor)
        {
            reader.ProblemAt(
                Written(reader, $"{path}/passive/maxEjectFor", $"{path}/passive/ejectFor"),
                $"\"maxEjectFor\" must not be shorter than \"ejectFor\", given \"{DurationText.Format(cluster.Passive.MaxEjectFor)}\" and "
                    + $"\"{DurationText.Format(cluster.Passive.EjectFor)}\". Write a longer maxEjectFor.",
                $"{path}/passive/ejectFor");
        }
    }

    private static void Tiers(ClusterConfig cluster, GatewayConfig config, string path, Reader reader)
    {
        var tierNames = new HashSet<string>(StringComparer.Ordinal);
        var destinationNames = new Dictionary<string, string>(StringComparer.Ordinal);
        var urls = new Dictionary<Uri, string>();
        for (var t = 0; t < cluster.Tiers.Length; t++)
        {
            var tier = cluster.Tiers[t];
            var tierPath = $"{path}/tiers/{t.ToString(CultureInfo.InvariantCulture)}";
            if (!tierNames.Add(tier.Name))
            {
                reader.ProblemAt(
                    $"{tierPath}/name",
                    $"Two tiers of a cluster have the same name, given {Reader.Quote(tier.Name)}. Write another name.");
            }

            Destinations(tier, tierPath, config, destinationNames, urls, reader);
            var needed = cluster.Failover.NeededOf(tier.Destinations.Length);
            // A tier whose destinations could not be read has its own problem already.
            if (tier.Destinations.Length > 0
                && needed > tier.Destinations.Length
                && !tier.Destinations.Any(destination => destination.Resolve))
            {
                reader.ProblemAt(
                    $"{path}/failover/minHealthy",
                    $"Tier \"{tier.Name}\" could never serve, given minHealthy \"{needed}\" and {tier.Destinations.Length} destination"
                        + $"{(tier.Destinations.Length == 1 ? "" : "s")}. Write at most {tier.Destinations.Length}, or a percentage.",
                    $"{tierPath}/destinations");
            }
        }

        if (cluster.Tiers.Length == 1
            && cluster.Tiers[0].Destinations.Length == 1
            && !cluster.Tiers[0].Destinations[0].Resolve
            && !reader.IsBad($"{path}/tiers"))
        {
            reader.WarningAt(
                $"{path}/tiers",
                $"Cluster \"{cluster.Name}\" has one destination, so nothing can take over from it. Add a destination or a second tier.");
        }
    }

    private static void Destinations(
        TierConfig tier,
        string tierPath,
        GatewayConfig config,
        Dictionary<string, string> destinationNames,
        Dictionary<Uri, string> urls,
        Reader reader)
    {
        for (var d = 0; d < tier.Destinations.Length; d++)
        {
            var destination = tier.Destinations[d];
            var at = $"{tierPath}/destinations/{d.ToString(CultureInfo.InvariantCulture)}";
            if (destination is not { Name: not null, Url: not null })
            {
                // Its address was refused, and is told already.
                continue;
            }

            if (!destinationNames.TryAdd(destination.Name, tier.Name))
            {
                reader.ProblemAt(
                    at,
                    $"Two destinations of a cluster have the same name, given {Reader.Quote(destination.Name)} in tier \""
                        + $"{destinationNames[destination.Name]}\" already. Write another one, or {{ url: URL, name: NAME }}.");
            }
            else if (destination.Kubernetes is null && !urls.TryAdd(destination.Url, destination.Name))
            {
                reader.WarningAt(
                    at,
                    $"The same URL stands twice in a cluster, given \"{destination.Url}\" as {Reader.Quote(urls[destination.Url])} "
                        + $"already. One instance that fails then counts as two.");
            }

            foreach (var listen in config.Listen)
            {
                if (PortChecks.Clash(listen.Url, LoopbackOf(destination.Url)))
                {
                    reader.ProblemAt(
                        at,
                        $"A destination is the gateway's own port, given \"{PortChecks.Shown(destination.Url)}\". Requests would go round "
                            + $"in a circle: write the address of the service.");
                }
            }
        }
    }

    /// <summary>
    /// Another machine's port is no port of ours: then the clash cannot be seen from here, and a port that never clashes is given.
    /// </summary>
    private static Uri LoopbackOf(Uri destination) => destination.IsLoopback ? destination : new UriBuilder(destination) { Port = 0 }.Uri;

    private static void Probe(ProbeConfig probe, string path, Reader reader)
    {
        if (probe.Timeout >= probe.Interval)
        {
            var isDefault = !reader.IsWritten($"{path}/timeout");
            reader.ProblemAt(
                Written(reader, $"{path}/timeout", $"{path}/interval"),
                $"\"timeout\" of the probe must be shorter than \"interval\", given \"{DurationText.Format(probe.Timeout)}\""
                    + $"{(isDefault ? " (the default)" : "")} and \"{DurationText.Format(probe.Interval)}\". Write a timeout like "
                    + $"{DurationText.Format(TimeSpan.FromMilliseconds(Math.Max(1, Math.Floor(probe.Interval.TotalMilliseconds * 0.8))))}, "
                    + $"or a longer interval.",
                $"{path}/interval");
        }

        if (probe.FastInterval > probe.Interval && reader.IsWritten($"{path}/fastInterval"))
        {
            reader.ProblemAt(
                $"{path}/fastInterval",
                $"\"fastInterval\" must not be longer than \"interval\", given \"{DurationText.Format(probe.FastInterval)}\" and \""
                    + $"{DurationText.Format(probe.Interval)}\". Write a shorter one, or leave it out for a quarter of interval.",
                $"{path}/interval");
        }
    }

    private static void Times(ClusterConfig cluster, string path, Reader reader)
    {
        var times = cluster.Timeouts;
        var attempt = times.Connect + times.FirstByte;
        string[] also = [$"{path}/timeouts/connect", $"{path}/timeouts/firstByte"];
        var at = Written(reader, $"{path}/timeouts/total", $"{path}/timeouts/firstByte", $"{path}/timeouts/connect");
        if (attempt > times.Total)
        {
            reader.ProblemAt(
                at,
                $"Not even one attempt fits into the whole request, given connect \"{DurationText.Format(times.Connect)}\" and firstByte \""
                    + $"{DurationText.Format(times.FirstByte)}\" with total \"{DurationText.Format(times.Total)}\". Write a total of "
                    + $"{DurationText.Format(attempt)} or more, or a shorter firstByte.",
                also);
        }
        else if (cluster.Attempts.Max * attempt > times.Total)
        {
            reader.WarningAt(
                at,
                $"The last attempts may be cut short: {cluster.Attempts.Max} of {DurationText.Format(attempt)} each (connect and "
                    + $"firstByte) are {DurationText.Format(cluster.Attempts.Max * attempt)}, and total is \""
                    + $"{DurationText.Format(times.Total)}\". Write a longer total, a shorter firstByte, or fewer attempts.");
        }

        if (reader.IsWritten($"{path}/timeouts/firstByteWrites"))
        {
            Writes(times, path, reader);
        }

        Hedge(cluster, path, reader);
        if (reader.IsWritten($"{path}/attempts/retryMethods")
            && cluster.Attempts.RetryMethods.Any(method => method is "POST" or "PATCH" or "CONNECT"))
        {
            reader.WarningAt(
                $"{path}/attempts/retryMethods",
                "Methods that are not idempotent may reach two destinations, so an order could be placed twice. Leave POST, PATCH and "
                    + "CONNECT out unless the service recognises a repeated request.");
        }
    }

    private static void Writes(TimeoutsConfig times, string path, Reader reader)
    {
        if (times.FirstByteWrites < times.FirstByte)
        {
            reader.ProblemAt(
                $"{path}/timeouts/firstByteWrites",
                $"Writes must not have less time than reads, given firstByteWrites \"{DurationText.Format(times.FirstByteWrites)}\" and "
                    + $"firstByte \"{DurationText.Format(times.FirstByte)}\". Write {DurationText.Format(times.FirstByte)} or more, or a "
                    + $"shorter firstByte.",
                $"{path}/timeouts/firstByte");
        }
        else if (times.Connect + times.FirstByteWrites > times.Total)
        {
            reader.ProblemAt(
                $"{path}/timeouts/firstByteWrites",
                $"Not even one write fits into the whole request, given connect \"{DurationText.Format(times.Connect)}\" and "
                    + $"firstByteWrites \"{DurationText.Format(times.FirstByteWrites)}\" with total \"{DurationText.Format(times.Total)}"
                    + $"\". Write a total of {DurationText.Format(times.Connect + times.FirstByteWrites)} or more, or a shorter "
                    + $"firstByteWrites.",
                $"{path}/timeouts/total");
        }
    }

    private static void Hedge(ClusterConfig cluster, string path, Reader reader)
    {
        if (cluster.Attempts.Hedge is HedgeMode.Fixed && cluster.Attempts.HedgeAfter >= cluster.Timeouts.FirstByte)
        {
            reader.ProblemAt(
                $"{path}/attempts/hedge",
                $"The second attempt would never start, given hedge \"{DurationText.Format(cluster.Attempts.HedgeAfter)}\" and firstByte \""
                    + $"{DurationText.Format(cluster.Timeouts.FirstByte)}\". Write a shorter hedge, auto or off.",
                $"{path}/timeouts/firstByte");
        }

        if (cluster.Attempts.Hedge is HedgeMode.Fixed && cluster.Attempts.Max == 1)
        {
            reader.ProblemAt(
                $"{path}/attempts/hedge",
                $"A hedge is a second attempt, given hedge \"{DurationText.Format(cluster.Attempts.HedgeAfter)}\" with max \"1\". Write "
                    + $"max: 2 or more, or hedge: off.",
                $"{path}/attempts/max");
        }
    }

    /// <summary>The first of the paths that stands in the file; else the first.</summary>
    private static string Written(Reader reader, params ReadOnlySpan<string> paths)
    {
        foreach (var path in paths)
        {
            if (reader.IsWritten(path))
            {
                return path;
            }
        }

        return paths[0];
    }
}
