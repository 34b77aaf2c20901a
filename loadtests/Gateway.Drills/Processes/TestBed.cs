using System.Globalization;
using Gateway.Drills.Faults;

namespace Gateway.Drills.Processes;

/// <summary>
/// A whole installation for one test or drill: sample guides of two tiers and a gateway before them, real processes
/// on free ports, in a temporary folder. Disposing ends all of it and removes the folder.
/// </summary>
internal sealed class TestBed : IAsyncDisposable
{
    private readonly string _folder;
    private readonly List<TcpRelay> _relays = [];

    private TestBed(
        string folder,
        IReadOnlyList<GuideProcess> primaries,
        IReadOnlyList<GuideProcess> standbys,
        RedisProcess? redis,
        GatewayProcess gateway,
        GatewayYaml config)
    {
        _folder = folder;
        Primaries = primaries;
        Standbys = standbys;
        Redis = redis;
        Gateway = gateway;
        Config = config;
    }

    /// <summary>The guides of the first tier.</summary>
    public IReadOnlyList<GuideProcess> Primaries { get; }

    /// <summary>The guides of the second tier.</summary>
    public IReadOnlyList<GuideProcess> Standbys { get; }

    /// <summary>All guides.</summary>
    public IEnumerable<GuideProcess> Guides => Primaries.Concat(Standbys);

    /// <summary>The relays before the guides, in the order of <see cref="Guides"/>; empty unless asked for.</summary>
    public IReadOnlyList<TcpRelay> Relays => _relays;

    /// <summary>The gateway's Redis; null unless asked for.</summary>
    public RedisProcess? Redis { get; }

    /// <summary>The gateway.</summary>
    public GatewayProcess Gateway { get; }

    /// <summary>The configuration as started with; change it and call <see cref="WriteConfig()"/>.</summary>
    public GatewayYaml Config { get; }

    /// <summary>Where all guides note the orders that they executed.</summary>
    public string OrdersFile => Path.Combine(_folder, "orders.log");

    /// <summary>The temporary folder.</summary>
    public string Folder => _folder;

    /// <summary>Starts everything and waits until the gateway is ready.</summary>
    public static async Task<TestBed> StartAsync(TestBedOptions? options = null, CancellationToken cancel = default)
    {
        options ??= new();
        var folder = Directory.CreateTempSubdirectory("gateway-drill-").FullName;
        var orders = Path.Combine(folder, "orders.log");
        await File.WriteAllTextAsync(orders, string.Empty, cancel);
        TestBedConfig.WriteStaticFiles(Path.Combine(folder, "static"));

        // 1. Describe the parts: ports are chosen here and kept over restarts.
        var primaries = CreateGuides("p", options.Primaries, orders);
        var standbys = CreateGuides("s", options.Standbys, orders);
        var relays = options.Relays
            ? primaries.Concat(standbys).ToDictionary(guide => guide, guide => TcpRelay.Start(guide.Port))
            : [];
        string Address(GuideProcess guide) =>
            relays.TryGetValue(guide, out var relay) ? $"http://127.0.0.1:{relay.Port.ToString(CultureInfo.InvariantCulture)}" : guide.Url;

        var (port, adminPort) = (FreePorts.Next(), FreePorts.Next());
        var redis = options.Redis ? RedisProcess.Create() : null;
        var config = TestBedConfig.Create(port, adminPort, folder, primaries.Select(Address), standbys.Select(Address));
        if (redis is not null)
        {
            config.Set("redis.endpoints", $"[ \"127.0.0.1:{redis.Port.ToString(CultureInfo.InvariantCulture)}\" ]");
        }

        foreach (var (path, yaml) in options.Config)
        {
            config.Set(path, yaml);
        }

        var gateway = GatewayProcess.Create(
            Path.Combine(folder, "gateway.yaml"),
            port,
            adminPort,
            options.GatewayCpu,
            options.GatewayEnvironment,
            options.GatewayBefore,
            options.Published ? Repository.PublishedGateway : null);
        var bed = new TestBed(folder, primaries, standbys, redis, gateway, config);
        bed._relays.AddRange(relays.Values);
        bed.WriteConfig();

        // 2. Start them: guides first, so that the gateway's first round of probes finds them.
        try
        {
            await Task.WhenAll(bed.Guides
                .Append<ChildProcess?>(redis)
                .OfType<ChildProcess>()
                .Select(process => process.StartAsync(cancel)));
            if (options.StartGateway)
            {
                await gateway.StartAsync(cancel);
            }

            return bed;
        }
        catch
        {
            await bed.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes <see cref="Config"/> where the gateway watches it, in one step (a new file, then a rename).</summary>
    public void WriteConfig() => WriteConfig(Config.ToString());

    /// <summary>Writes any text as the gateway's configuration, broken ones too.</summary>
    public void WriteConfig(string text)
    {
        var fresh = Gateway.ConfigFile + ".new";
        File.WriteAllText(fresh, text);
        File.Move(fresh, Gateway.ConfigFile, overwrite: true);
    }

    /// <summary>The guide of a name: p1, p2, s1, …</summary>
    public GuideProcess Guide(string name) => Guides.First(guide => string.Equals(guide.Name, name, StringComparison.Ordinal));

    /// <summary>A guide by its name, or the gateway's Redis: what can be killed and frozen.</summary>
    public ChildProcess Process(string name) => Redis is { } redis && name is RedisProcess.RedisName ? redis : Guide(name);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        if (Redis is not null)
        {
            await Redis.DisposeAsync();
        }

        foreach (var guide in Guides)
        {
            await guide.DisposeAsync();
        }

        foreach (var relay in _relays)
        {
            await relay.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static GuideProcess[] CreateGuides(string prefix, int count, string orders) =>
        [.. Enumerable.Range(1, count).Select(n => GuideProcess.Create(prefix + n.ToString(CultureInfo.InvariantCulture), orders))];
}
