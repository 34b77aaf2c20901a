using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Drills.Processes;

namespace Gateway.Conformance.Support;

/// <summary>A cluster of one destination, and the route to it.</summary>
/// <param name="ClusterKeys">YAML of further keys of the cluster, without indentation.</param>
/// <param name="RouteKeys">The same of the route.</param>
/// <param name="Path">What its requests' paths begin with; null: the name.</param>
internal sealed record BedCluster(string Name, string Url, string ClusterKeys = "", string RouteKeys = "", string? Path = null);

/// <summary>
/// A gateway in its own process: one listener in clear, one with TLS, a cluster for each destination, and for each cluster a route under
/// the cluster's name: <c>/NAME/…</c> goes to the cluster NAME as it is.
/// </summary>
internal sealed class GatewayBed : IAsyncDisposable
{
    /// <summary>
    /// A process that has just started on a busy machine needs longer than the default of 500 ms for its first connections.
    /// </summary>
    private const string Timeouts = "timeouts: { connect: 10s, firstByte: 30s, idle: 60s, total: 120s }";

    private readonly GatewayProcess _process;

    private GatewayBed(GatewayProcess process, int tlsPort)
    {
        _process = process;
        TlsPort = tlsPort;
    }

    /// <summary>The listener in clear.</summary>
    public int Port => _process.Port;

    /// <summary>The listener with TLS.</summary>
    public int TlsPort { get; }

    /// <summary>The listener with TLS, for clients that take any certificate.</summary>
    public Uri TlsUrl => new($"https://127.0.0.1:{TlsPort}");

    /// <summary>What it wrote, for messages.</summary>
    public string Output => _process.Output;

    /// <summary>Whether the process still runs.</summary>
    public bool IsRunning => _process.IsRunning;

    /// <summary>Starts it and waits until each destination is up.</summary>
    public static async Task<GatewayBed> StartAsync(
        TestFolder folder,
        Authority authority,
        IReadOnlyCollection<BedCluster> clusters,
        CancellationToken cancel = default)
    {
        int port = FreePorts.Next(), tlsPort = FreePorts.Next(), adminPort = FreePorts.Next();
        var yaml = new StringBuilder().Append(CultureInfo.InvariantCulture, $$"""
            version: 1
            listen:
              - url: http://127.0.0.1:{{port}}
              - { url: "https://127.0.0.1:{{tlsPort}}", certificate: { file: "{{authority.CertificateFile}}", key: "{{authority.KeyFile}}" } }
            admin: { url: "http://127.0.0.1:{{adminPort}}" }
            limits: { requestBody: 64MiB }
            state: "{{folder.Of("state-" + adminPort)}}"
            clusters:

            """);
        foreach (var cluster in clusters)
        {
            yaml.Append(CultureInfo.InvariantCulture, $"""
                  {cluster.Name}:
                    tiers: [ {"{"} name: primary, destinations: [ "{cluster.Url}" ] {"}"} ]
                    # A machine that is busy must not look like a destination that is down; a gRPC server answers a GET with 415.
                    probe: {"{"} interval: 2s, timeout: 1900ms, fall: 20, rise: 1, expect: {"{"} status: 200-499 {"}"} {"}"}
                {Indent(cluster.ClusterKeys.Contains("timeouts:", StringComparison.Ordinal) ? "" : Timeouts)}
                {Indent(cluster.ClusterKeys)}

                """);
        }

        yaml.Append("routes:\n");
        foreach (var cluster in clusters)
        {
            yaml.Append(CultureInfo.InvariantCulture, $"""
                  {cluster.Name}:
                    match: {"{"} path: "/{cluster.Path ?? cluster.Name}/{"{"}**rest{"}"}" {"}"}
                    cluster: {cluster.Name}
                {Indent(cluster.RouteKeys)}

                """);
        }

        var file = folder.Of($"gateway-{adminPort}.yaml");
        await File.WriteAllTextAsync(file, yaml.ToString(), cancel);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["SSL_CERT_FILE"] = authority.AuthorityFile };
        var bed = new GatewayBed(GatewayProcess.Create(file, port, adminPort, environment: environment), tlsPort);
        try
        {
            await bed._process.StartAsync(cancel);
            await bed.UntilUpAsync(clusters.Select(cluster => cluster.Name), cancel);
            return bed;
        }
        catch
        {
            await bed.DisposeAsync();
            throw;
        }
    }

    /// <summary>What <c>/status</c> says of the cluster's destination: <c>up</c>, or something else.</summary>
    public async Task<string> HealthAsync(string cluster, CancellationToken cancel)
    {
        using var status = JsonDocument.Parse(await StatusAsync(cancel));
        var destination = status.RootElement
            .GetProperty("clusters")
            .EnumerateArray()
            .Single(one => one.GetProperty("name").GetString() == cluster)
            .GetProperty("tiers")[0].GetProperty("destinations")[0];
        return destination.TryGetProperty("healthStatus", out var health) || destination.TryGetProperty("healthStatus", out health)
            ? health.GetString()!
            : destination.GetRawText();
    }

    /// <summary>A process that is just starting beside others may not answer in time: it is asked again.</summary>
    private async Task<string> StatusAsync(CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await _process.StatusAsync(cancel);
            }
            catch (Exception error) when ((error is HttpRequestException or TaskCanceledException)
                && tries < 10
                && !cancel.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancel);
            }
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static string Indent(string lines) => string.Join('\n', lines.Split('\n').Select(line => "    " + line));

    private async Task UntilUpAsync(IEnumerable<string> clusters, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(TimeSpan.FromSeconds(180));
        foreach (var cluster in clusters)
        {
            while (await HealthAsync(cluster, deadline.Token) != "up")
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, deadline.Token);
            }
        }
    }
}
