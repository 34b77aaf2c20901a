using System.Globalization;

namespace Gateway.Cli.Migration.Yarp;

/// <summary>Makes a configuration of the gateway of the settings of a YARP application.</summary>
internal static class YarpMigration
{
    /// <summary>The whole way from text to text.</summary>
    /// <exception cref="MigrationException">The text is not JSON, or has no <c>ReverseProxy</c>.</exception>
    public static MigrationResult Run(string text, string file, MigrationFiles files)
    {
        var draft = new Draft("yarp", file);
        var root = YarpParser.Parse(text, file);
        var proxy = root["ReverseProxy"] ?? (root["Clusters"] is not null && root["Routes"] is not null ? root : null)
            ?? throw new MigrationException(
                new SourcePlace(file, 1),
                "There is no \"ReverseProxy\" with Routes and Clusters. Name the settings that have it.");
        Listens(draft, root);
        var clusters = new Dictionary<string, DraftCluster>(StringComparer.OrdinalIgnoreCase);
        foreach (var cluster in proxy["Clusters"]?.Items ?? [])
        {
            clusters.TryAdd(
                NameOf(cluster, "ClusterId"),
                YarpClusters.Add(draft, cluster, NameOf(cluster, "ClusterId")));
        }

        foreach (var route in proxy["Routes"]?.Items ?? [])
        {
            YarpRoutes.Add(draft, route, NameOf(route, "RouteId"), clusters);
        }

        return DraftCompletion.Finish(draft, files);
    }

    /// <summary>Names are keys, or, in lists, a value.</summary>
    private static string NameOf(YarpNode node, string key) => node.Key.Length > 0 ? node.Key : node.TextOf(key) ?? "";

    private static void Listens(Draft draft, YarpNode root)
    {
        foreach (var endpoint in root["Kestrel"]?["Endpoints"]?.Items ?? [])
        {
            if (endpoint.TextOf("Url") is { } url)
            {
                Listen(draft, endpoint.At, url, endpoint["Certificate"] ?? root["Kestrel"]?["Certificates"]?["Default"]);
            }
        }

        if (root["Urls"] is { Text: { } urls } node)
        {
            foreach (var url in urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                Listen(
                    draft,
                    node.At,
                    url,
                    null);
            }
        }

        // Where ASP.NET listens by itself.
        if (draft.Listens.Count == 0)
        {
            draft.Listens.Add(new DraftListen("http://localhost:5000", root.At));
        }
    }

    private static void Listen(Draft draft, SourcePlace at, string url, YarpNode? certificate)
    {
        var address = url.Replace("://+", "://*", StringComparison.Ordinal).TrimEnd('/');
        if (Uri.TryCreate(address.Replace("://*", "://[::]", StringComparison.Ordinal), UriKind.Absolute, out var parsed)
            && parsed is { HostNameType: UriHostNameType.Dns, Host: not "localhost" })
        {
            // For a name Kestrel listens on every address.
            address = $"{parsed.Scheme}://*:{parsed.Port.ToString(CultureInfo.InvariantCulture)}";
        }

        if (draft.Listens.Exists(known => known.Name.Equals(address, StringComparison.OrdinalIgnoreCase)))
        {
            return;
        }

        var listen = new DraftListen(address, at);
        if (certificate?.TextOf("Path") is { } path)
        {
            if (certificate.TextOf("KeyPath") is { } key && certificate.TextOf("Password") is null)
            {
                listen.Certificate = (path, key);
            }
            else
            {
                draft.Note(
                    certificate.At,
                    certificate.ToString(),
                    "A certificate is a PEM file with a key without a password",
                    "Turn it into PEM with \"openssl pkcs12\" and write its files at the listener");
            }
        }

        draft.Listens.Add(listen);
    }
}
