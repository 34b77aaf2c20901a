using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Drills.Processes;
using Xunit;

namespace Gateway.Tests.Support;

/// <summary>A real redis-server on a free port, without persistence; ended by its own process.</summary>
internal sealed class RedisServer : IDisposable
{
    private readonly string[] _options;
    private readonly string? _password;
    private Process? _process;

    private RedisServer(int port, string[] options, string? password)
    {
        Port = port;
        _options = options;
        _password = password;
    }

    public int Port { get; }

    public string Endpoint => "127.0.0.1:" + Port.ToString(CultureInfo.InvariantCulture);

    /// <summary>Starts one; <paramref name="options"/> as on its command line.</summary>
    public static Task<RedisServer> StartAsync(params string[] options) => StartAsync(FreePort(), options);

    /// <summary>The same on a port of one's own.</summary>
    public static async Task<RedisServer> StartAsync(int port, string[] options, string? password = null)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/redis-server"), "redis-server is not installed.");
        var server = new RedisServer(port, options, password);
        await server.RunAsync();
        return server;
    }

    /// <summary>A port that nobody uses now, and that no outgoing connection takes while a server is down.</summary>
    public static int FreePort() => FreePorts.Next();

    /// <summary>Starts it (again), empty.</summary>
    public async Task RunAsync()
    {
        string[] always =
        [
            "--port",
            Port.ToString(CultureInfo.InvariantCulture),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            Path.GetTempPath(),
            "--repl-diskless-sync",
            "yes",
            "--repl-diskless-load",
            "swapdb",
            "--repl-diskless-sync-delay",
            "0"
        ];
        _process = Process.Start(new ProcessStartInfo("/usr/bin/redis-server", [.. always, .. _options])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false
        })!;
        _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        await Eventually.BeTrueAsync(
            () => Command("PING").StartsWith("+PONG", StringComparison.Ordinal),
            TimeSpan.FromSeconds(20),
            "redis-server answers");
    }

    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    /// <summary>SIGSTOP or SIGCONT.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("/bin/kill", [$"-{name}", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>One inline command's raw response; empty: there was none.</summary>
    public string Command(string command) =>
        Ask(Port, (_password is null ? "" : $"AUTH {_password}\r\n") + command + "\r\n", skip: _password is null ? 0 : 1);

    /// <summary>Sends lines to a server and gives what it answers to the last of them.</summary>
    public static string Ask(int port, string lines, int skip = 0)
    {
        try
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, port);
            client.ReceiveTimeout = 2000;
            var stream = client.GetStream();
            stream.Write(Encoding.UTF8.GetBytes(lines));
            var response = new StringBuilder();
            var buffer = new byte[4096];
            while (response.ToString().Split("\r\n").Length < 2 + skip)
            {
                var read = stream.Read(buffer);
                if (read == 0)
                {
                    break;
                }

                response.Append(Encoding.UTF8.GetString(buffer, 0, read));
            }

            return string.Join("\r\n", response.ToString().Split("\r\n").Skip(skip));
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            return "";
        }
    }

    public void Dispose()
    {
        if (_process is not null)
        {
            Kill();
        }
    }
}

/// <summary>A master with a replica, and three sentinels that watch them; all real, on free ports.</summary>
internal sealed class SentinelSet : IDisposable
{
    /// <summary>The name under which the sentinels know the master.</summary>
    public const string Service = "shop";

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-sentinels-").FullName;
    private readonly List<Process> _sentinels = [];
    private readonly List<int> _ports = [];

    private SentinelSet(RedisServer master, RedisServer replica)
    {
        Master = master;
        Replica = replica;
    }

    public RedisServer Master { get; }

    public RedisServer Replica { get; }

    /// <summary>The <c>redis:</c> mapping's inside.</summary>
    public string Config => $"sentinel: {{ service: {Service}, endpoints: [ {string.Join(", ", Endpoints)} ] }}";

    public IEnumerable<string> Endpoints => _ports.Select(static p => "127.0.0.1:" + p.ToString(CultureInfo.InvariantCulture));

    public static async Task<SentinelSet> StartAsync()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/redis-sentinel"), "redis-sentinel is not installed.");
        var master = await RedisServer.StartAsync();
        var replica = await RedisServer.StartAsync("--replicaof", "127.0.0.1 " + master.Port.ToString(CultureInfo.InvariantCulture));
        var set = new SentinelSet(master, replica);
        await Eventually.BeTrueAsync(
            () => master.Command("WAIT 1 100").StartsWith(":1", StringComparison.Ordinal),
            TimeSpan.FromSeconds(20),
            "the replica follows");
        for (var i = 0; i < 3; i++)
        {
            var port = RedisServer.FreePort();
            set._ports.Add(port);
            var file = Path.Combine(set._folder, $"{port}.conf");
            await File.WriteAllTextAsync(file, $"""
                port {port}
                bind 127.0.0.1
                dir {set._folder}
                sentinel monitor {Service} 127.0.0.1 {master.Port} 2
                sentinel down-after-milliseconds {Service} 1000
                sentinel failover-timeout {Service} 6000

                """);
            var process = Process.Start(new ProcessStartInfo("/usr/bin/redis-sentinel", [file])
            {
                RedirectStandardOutput = true,
                UseShellExecute = false
            })!;
            _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            set._sentinels.Add(process);
        }

        // A failover needs sentinels that know of one another and of the replica.
        await Eventually.BeTrueAsync(
            () => set._ports.TrueForAll(p => Count(p, "sentinels") == 2 && Count(p, "replicas") == 1), TimeSpan.FromSeconds(30),
            "the sentinels know one another");
        return set;
    }

    public void Dispose()
    {
        foreach (var sentinel in _sentinels)
        {
            sentinel.Kill();
            sentinel.WaitForExit();
            sentinel.Dispose();
        }

        Replica.Dispose();
        Master.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // The head of the response is the length of the list.
    private static int Count(int port, string what) =>
        RedisServer.Ask(port, $"SENTINEL {what} {Service}\r\n") is ['*', .. var rest]
            && int.TryParse(rest.Split("\r\n")[0], CultureInfo.InvariantCulture, out var count) ? count : -1;
}
