using System.Collections.Concurrent;
using System.Globalization;
using Gateway.Conformance.Support;
using Xunit;

namespace Gateway.Conformance.Messages;

/// <summary>
/// One gateway before a destination in clear and one over TLS, both of which respond with the table's bytes; what node's clients of
/// HTTP/1.1 and HTTP/2 read of it.
/// </summary>
public sealed class ResponsesBed : IAsyncLifetime
{
    private const string ClusterKeys =
        "attempts: { max: 1, hedge: \"off\" }\npassive: { consecutiveFailures: 1000, failureRatio: 100%, minimumRequests: 1000000, "
            + "ejectFor: 100ms, maxEjectFor: 100ms }";

    private readonly ConcurrentBag<IAsyncDisposable> _owned = [];
    private TestFolder? _folder;
    private GatewayBed? _gateway;
    private Dictionary<string, Reading> _readings = [];

    /// <summary>The transports to the destination.</summary>
    internal static IReadOnlyList<string> Transports { get; } = ["h1", "tls1"];

    /// <summary>The users.</summary>
    internal static IReadOnlyList<string> Users { get; } = ["http1", "http2"];

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        if (Tools.Find("node") is null)
        {
            return;
        }

        _folder = new();
        var authority = new Authority(_folder.Path);
        var (clear, tls) = (new BytesOrigin(authority: null), new BytesOrigin(authority));
        _owned.Add(clear);
        _owned.Add(tls);
        _gateway = await GatewayBed.StartAsync(_folder, authority, [new("h1", clear.Url, ClusterKeys), new("tls1", tls.Url, ClusterKeys)]);
        var targets = new Dictionary<string, BatchTarget>(StringComparer.Ordinal)
        {
            ["http1"] = new("h1", Tls: false, _gateway.Port),
            ["http2"] = new("h2", Tls: true, _gateway.TlsPort)
        };
        _readings = await Batch.RunAsync(
            targets,
            from user in Users
            from transport in Transports
            from index in Enumerable.Range(0, ResponseTable.All.Count)
            select new BatchRequest(
                Id(transport, user, index),
                user,
                "GET",
                string.Create(CultureInfo.InvariantCulture, $"/{transport}/{index}"),
                new Dictionary<string, string>(StringComparer.Ordinal),
                Text: true),
            concurrency: 8,
            timeout: TimeSpan.FromSeconds(30));
    }

    /// <summary>What was read.</summary>
    internal Reading Read(string transport, string user, int index)
    {
        Tools.Need("node");
        return _readings[Id(transport, user, index)];
    }

    /// <summary>The gateway.</summary>
    internal GatewayBed Gateway => _gateway!;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        foreach (var one in _owned)
        {
            await one.DisposeAsync();
        }

        _folder?.Dispose();
    }

    private static string Id(string transport, string user, int index) =>
        string.Create(CultureInfo.InvariantCulture, $"{transport}|{user}|{index}");
}
