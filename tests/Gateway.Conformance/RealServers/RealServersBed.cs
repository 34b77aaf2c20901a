using System.Collections.Concurrent;
using System.Globalization;
using Gateway.Conformance.Support;
using Xunit;

namespace Gateway.Conformance.RealServers;

/// <summary>All servers that are installed, one gateway before them, and what clients read of them; everything is asked for once.</summary>
public sealed class RealServersBed : IAsyncLifetime
{
    /// <summary>How often an upload is tried: more often than failures in a row may be before a destination is left.</summary>
    private const int Uploads = 4;

    private readonly ConcurrentDictionary<string, string> _unavailable = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<IAsyncDisposable> _servers = [];
    private readonly ConcurrentDictionary<string, string> _urls = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _uploads = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _health = new(StringComparer.Ordinal);
    private Dictionary<string, Reading> _readings = [];
    private TestFolder? _folder;
    private GatewayBed? _gateway;

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        _folder = new();
        var authority = new Authority(_folder.Path);
        var root = Directory.CreateDirectory(_folder.Of("root")).FullName;
        await WriteFilesAsync(root);
        await Parallel.ForEachAsync(
            RealServer.All,
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            (server, _) => new(StartAsync(server, root, authority)));
        if (_urls.IsEmpty || Tools.Find("node") is null)
        {
            return;
        }

        _gateway = await GatewayBed.StartAsync(_folder, authority, [.. _urls.Select(url => new BedCluster(url.Key, url.Value))]);
        await AskAsync();
    }

    /// <summary>What was read directly and through the gateway.</summary>
    internal (Reading Direct, Reading Through) Read(Question question)
    {
        Need(question.Server, question.Transport);
        return (_readings[question.DirectId], _readings[question.Id]);
    }

    /// <summary>The statuses of an upload that the server refuses early, one for each try; 000: there was no response.</summary>
    internal string UploadStatuses(RealServer server, string transport, string user)
    {
        Need(server, transport);
        Tools.Need("curl");
        return _uploads[server.Cluster(transport) + "|" + user];
    }

    /// <summary>What the gateway thinks of the server after all of it.</summary>
    internal string Health(RealServer server, string transport)
    {
        Need(server, transport);
        return _health[server.Cluster(transport)];
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        _folder?.Dispose();
    }

    private static async Task WriteFilesAsync(string root)
    {
        await File.WriteAllTextAsync(Path.Combine(root, "health"), "ok");
        await File.WriteAllTextAsync(Path.Combine(root, "page.html"), "<!doctype html><title>Guide</title><p>A page.</p>\n");
        await File.WriteAllTextAsync(Path.Combine(root, "empty.txt"), "");
        foreach (var size in new[] { 65_536, 65_537, 102_000, 5_000_000 })
        {
            var bytes = new byte[size];
            new Random(size).NextBytes(bytes);
            await File.WriteAllBytesAsync(Path.Combine(root, size.ToString(CultureInfo.InvariantCulture) + ".bin"), bytes);
        }
    }

    private void Need(RealServer server, string transport)
    {
        Tools.Need("node");
        if (_unavailable.TryGetValue(server.Name, out var why))
        {
            Assert.Skip(why);
        }

        Assert.True(_urls.ContainsKey(server.Cluster(transport)), $"{server.Name} did not start for {transport}.");
    }

    private async Task StartAsync(RealServer server, string root, Authority authority)
    {
        if (Tools.Find(server.Program) is null
            || (server.ModuleOf is { } package && !Directory.Exists(Path.Combine(Tools.Clients, "node_modules", package))))
        {
            _unavailable[server.Name] = $"{server.Program} {server.ModuleOf} is not installed.";
            return;
        }

        var folder = Directory.CreateDirectory(_folder!.Of(server.Cluster("server"))).FullName;
        var (started, urls) = await server.Start(new(root, folder, authority));
        _servers.Add(started);
        foreach (var transport in server.Transports)
        {
            _urls[server.Cluster(transport)] = urls[transport];
        }
    }

    private async Task AskAsync()
    {
        // 1. Reads and small writes, all at once.
        var targets = _urls.ToDictionary(url => url.Key, url => new BatchTarget(url.Key.EndsWith("2", StringComparison.Ordinal)
            || url.Key.EndsWith("h2c", StringComparison.Ordinal) ? "h2" : "h1",
            url.Value.StartsWith("https", StringComparison.Ordinal), new Uri(url.Value).Port), StringComparer.Ordinal);
        targets["http1"] = new("h1", Tls: false, _gateway!.Port);
        targets["http2"] = new("h2", Tls: true, _gateway.TlsPort);
        var questions = Question.All.Where(question => _urls.ContainsKey(question.Cluster)).ToArray();
        _readings = await Batch.RunAsync(targets,
        [
            .. questions.DistinctBy(question => question.DirectId).Select(question => question.Request(
                question.DirectId,
                question.Cluster)),
            .. questions.Select(question => question.Request(question.Id, question.User)),
        ], concurrency: 8, timeout: TimeSpan.FromSeconds(30));

        // 2. Uploads that are refused early: curl reads a response while it still sends.
        if (Tools.Find("curl") is { } curl)
        {
            var refusing = from server in RealServer.All
                           where server.Abilities.HasFlag(Abilities.Refusal)
                           from transport in server.Transports
                           where _urls.ContainsKey(server.Cluster(transport))
                           from user in Question.Users
                           select (server, transport, user);
            await Parallel.ForEachAsync(refusing, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (upload, stop) =>
            {
                var url = upload.user == "http1" ? $"http://127.0.0.1:{_gateway.Port}" : $"https://127.0.0.1:{_gateway.TlsPort}";
                var statuses = new List<string>();
                for (var i = 0; i < Uploads; i++)
                {
                    var output = await Command.RunAsync(curl,
                        ["-sk", upload.user == "http1"
                            ? "--http1.1"
                            : "--http2", "-o", "/dev/null", "-w", "%{http_code}", "-m", "20", "-H", "Expect:", "--data-binary",
                            "@" + _folder!.Of("root/5000000.bin"), $"{url}/{upload.server.Cluster(upload.transport)}/upload"],
                            cancel: stop);
                    statuses.Add(output.Text);
                }

                _uploads[upload.server.Cluster(upload.transport) + "|" + upload.user] = string.Join(' ', statuses);
            });
        }

        // 3. After all of it.
        foreach (var cluster in _urls.Keys)
        {
            _health[cluster] = await _gateway.HealthAsync(cluster, CancellationToken.None);
        }
    }
}
