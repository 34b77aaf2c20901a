using System.Collections.Concurrent;
using Gateway.Conformance.Support;
using Xunit;

namespace Gateway.Conformance.SameBytes;

/// <summary>Origin and gateway; the requests of one transport go out together when the first of them is asked for.</summary>
public sealed class SameBytesBed : IAsyncLifetime
{
    /// <summary>Failing statuses are what this table sends, so that traffic must not eject anything.</summary>
    private const string ClusterKeys =
        "passive: { consecutiveFailures: 1000, failureRatio: 100%, minimumRequests: 1000000, ejectFor: 100ms, maxEjectFor: 100ms }";

    private readonly ConcurrentDictionary<string, Lazy<Task<Dictionary<string, Reading>>>> _readings = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _one = new(1);
    private TestFolder? _folder;
    private Origin? _origin;
    private GatewayBed? _gateway;

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        var node = Tools.Find("node");
        if (node is null)
        {
            return;
        }

        _folder = new();
        var authority = new Authority(_folder.Path);
        _origin = new("origin", node, [Path.Combine(Tools.Clients, "origin.mjs"), authority.CertificateFile, authority.KeyFile]);
        await _origin.StartAsync();
        _gateway = await GatewayBed.StartAsync(
            _folder,
            authority,
            [.. Cell.Transports.Select(transport => new BedCluster(transport, UrlOf(transport), ClusterKeys))]);
    }

    /// <summary>What the client read of this cell, from the origin itself and through the gateway.</summary>
    internal async Task<(Reading Direct, Reading Through)> ReadAsync(Cell cell)
    {
        Tools.Need("node");
        var readings = await _readings.GetOrAdd(cell.Transport, transport => new(() => RunAsync(transport))).Value;
        return (readings[cell.DirectId], readings[cell.Id]);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        if (_origin is not null)
        {
            await _origin.DisposeAsync();
        }

        _folder?.Dispose();
        _one.Dispose();
    }

    private string UrlOf(string transport) =>
        $"{(transport.StartsWith("tls", StringComparison.Ordinal) ? "https" : "http")}://127.0.0.1:{_origin!.Port(transport)}";

    private async Task<Dictionary<string, Reading>> RunAsync(string transport)
    {
        var targets = new Dictionary<string, BatchTarget>(StringComparer.Ordinal)
        {
            [
            "direct"] = new(
                Cell.IsHttp2(transport) ? "h2" : "h1",
                transport.StartsWith("tls", StringComparison.Ordinal),
                _origin!.Port(transport)),
            ["http1"] = new("h1", Tls: false, _gateway!.Port),
            ["http2"] = new("h2", Tls: true, _gateway.TlsPort),
        };
        var cells = Cell.All.Where(cell => cell.Transport == transport).ToArray();
        var headers = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Content-Type"] = "application/x-conformance",
            ["TE"] = "trailers",
            ["Connection"] = "TE"
        };
        BatchRequest Request(string id, string target, Cell cell) =>
            new(id, target, cell.Method, $"/{transport}/{cell.Spec.PathAndQuery}", headers, cell.Method == "POST" ? 200 : 0);

        await _one.WaitAsync();
        try
        {
            return await Batch.RunAsync(targets,
            [
                .. cells.DistinctBy(cell => cell.DirectId).Select(cell => Request(cell.DirectId, "direct", cell)),
                .. cells.Select(cell => Request(cell.Id, cell.User, cell))
            ]);
        }
        finally
        {
            _one.Release();
        }
    }
}
