using System.Globalization;

namespace Gateway.Drills.Processes;

/// <summary>A real redis-sentinel on a free port.</summary>
internal sealed class SentinelProcess : ChildProcess
{
    private const string Program = "/usr/bin/redis-sentinel";

    private SentinelProcess(int port, string file)
        : base("redis-sentinel", Program, [file]) => Port = port;

    /// <summary>False: redis-sentinel is not installed.</summary>
    public static bool IsInstalled => File.Exists(Program);

    /// <summary>Its port.</summary>
    public int Port { get; }

    /// <summary>
    /// Starts three that watch one master, which they call <c>shop</c>, and waits until they know one another and its replica.
    /// </summary>
    public static async Task<SentinelProcesses> StartSetAsync(string folder, int master)
    {
        var sentinels = new List<SentinelProcess>();
        for (var i = 0; i < 3; i++)
        {
            var port = FreePorts.Next();
            var file = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"sentinel-{port}.conf"));
            await File.WriteAllTextAsync(file, string.Create(CultureInfo.InvariantCulture, $"""
                port {port}
                bind 127.0.0.1
                dir {folder}
                sentinel monitor shop 127.0.0.1 {master} 2
                sentinel down-after-milliseconds shop 1000
                sentinel failover-timeout shop 6000

                """));
            sentinels.Add(new SentinelProcess(port, file));
        }

        var set = new SentinelProcesses(sentinels);
        try
        {
            await Task.WhenAll(sentinels.Select(static s => s.StartAsync()));
            await set.UntilAsync(
                static s => s.TellAsync("SENTINEL sentinels shop"),
                static response => response.StartsWith("*2", StringComparison.Ordinal),
                TimeSpan.FromSeconds(30));
            await set.UntilAsync(
                static s => s.TellAsync("SENTINEL replicas shop"),
                static response => response.StartsWith("*1", StringComparison.Ordinal),
                TimeSpan.FromSeconds(30));
            return set;
        }
        catch
        {
            await set.DisposeAsync();
            throw;
        }
    }

    /// <summary>Tells it a command and gives the beginning of its response.</summary>
    public Task<string> TellAsync(string command) => RedisProcess.TellAsync(Port, [command]);
}

/// <summary>The sentinels of one master.</summary>
internal sealed class SentinelProcesses(IReadOnlyList<SentinelProcess> sentinels) : IAsyncDisposable
{
    /// <summary><c>host:port</c> each.</summary>
    public IEnumerable<string> Endpoints =>
        sentinels.Select(static s => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{s.Port}"));

    /// <summary>Waits until they all name this port as the master's.</summary>
    public Task UntilMasterIsAsync(int port, TimeSpan within) => UntilAsync(
        static s => s.TellAsync("SENTINEL get-master-addr-by-name shop"),
        response => response.Contains(port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal), within);

    /// <summary>Waits until each responses so.</summary>
    public async Task UntilAsync(Func<SentinelProcess, Task<string>> ask, Predicate<string> good, TimeSpan within)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!Array.TrueForAll(await Task.WhenAll(sentinels.Select(ask)), good))
        {
            if (TimeProvider.System.GetElapsedTime(began) > within)
            {
                throw new TimeoutException("The sentinels did not come to agree.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var sentinel in sentinels)
        {
            await sentinel.DisposeAsync();
        }
    }
}
