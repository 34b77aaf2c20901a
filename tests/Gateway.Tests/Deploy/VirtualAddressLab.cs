using System.Diagnostics;
using System.Globalization;
using Gateway.Drills.Processes;
using Gateway.Tests.Support;
using Xunit;
using Files = Gateway.Tests.Configuration.Repository;

namespace Gateway.Tests.Deploy;

/// <summary>
/// Two machines as network namespaces behind a bridge, each with a gateway and a real keepalived with the files of
/// <c>deploy/keepalived/</c>: only addresses, paths and priorities are changed in them. The test's own namespace is the user,
/// over an interface of its own.
/// </summary>
public sealed class VirtualAddressLab : IAsyncLifetime
{
    private const string Ip = "/usr/sbin/ip";
    private const string Keepalived = "/usr/sbin/keepalived";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);
    private static readonly HttpClient Http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero, UseProxy = false })
    {
        Timeout = TimeSpan.FromSeconds(2)
    };

    private readonly string _id = Random.Shared.Next(0x1000, 0xFFFF).ToString("x", CultureInfo.InvariantCulture);
    private readonly string _network = $"198.18.{Random.Shared.Next(1, 255)}";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-vrrp-");
    private readonly List<ChildProcess> _keepaliveds = [];
    private ChildProcess? _guide;
    private bool _networkBegun;

    /// <summary>Why it could not be built; null: it runs.</summary>
    public string? Missing { get; private set; } =
        !Environment.IsPrivilegedProcess ? "Network namespaces need root."
        : !File.Exists(Keepalived) ? "keepalived is not installed: Debian's package is \"keepalived\"."
        : !File.Exists(Ip) ? "ip is not installed: Debian's package is \"iproute2\"."
        : null;

    /// <summary>The address that moves.</summary>
    public string Address => $"{_network}.10";

    /// <summary>The gateways, the one with the higher priority first.</summary>
    internal List<ChildProcess> Gateways { get; } = [];

    public async ValueTask InitializeAsync()
    {
        if (Missing is not null)
        {
            return;
        }

        _networkBegun = true;
        if (await BuildNetworkAsync() is { } refused)
        {
            Missing = $"This machine allows no network namespaces: {refused}";
            return;
        }

        var port = FreePorts.Next();
        var orders = Path.Combine(_folder.FullName, "orders.log");
        _guide = new ChildProcess("guide", "dotnet",
        [
            "exec",
            Repository.GuideProgram,
            "--port",
            Text(port),
            "--address",
            $"{_network}.1",
            "--name",
            "p1",
            "--orders",
            orders
        ]);
        await _guide.StartAsync();
        TestBedConfig.WriteStaticFiles(Path.Combine(_folder.FullName, "static"));
        foreach (var (name, own, other, priority) in new[] { ("a", 11, 12, 150), ("b", 12, 11, 120) })
        {
            var config = Path.Combine(_folder.FullName, $"{name}.yaml");
            await File.WriteAllTextAsync(
                config,
                TestBedConfig.Create(8080, 8081, _folder.FullName, [$"http://{_network}.1:{Text(port)}"], [])
                .Set("listen", "[ { url: \"http://*:8080\" } ]")
                .Set("admin", "{ url: \"http://*:8081\", token: \"a-token-of-this-test\" }")
                .Set("drain", "5s")
                .Set("state", $"\"{_folder.FullName}/state-{name}\"")
                .ToString());
            Gateways.Add(new ChildProcess($"gateway {name}", Ip,
            [
                "netns",
                "exec",
                Space(name),
                "dotnet",
                Repository.GatewayProgram,
                "run",
                "--config",
                config
            ]));
            _keepaliveds.Add(new ChildProcess($"keepalived {name}", Ip,
            [
                "netns", "exec", Space(name), Keepalived, "--dont-fork", "--log-console", "--no-syslog", "--vrrp", "--use-file",
                WriteConf(name, own, other, priority),
                "--pid", Path.Combine(_folder.FullName, $"{name}.pid"), "--vrrp_pid", Path.Combine(_folder.FullName, $"{name}.vrrp.pid"),
            ]));
        }

        foreach (var process in Gateways.Concat(_keepaliveds))
        {
            await process.StartAsync();
        }

        await ReadyAsync(0);
        await ReadyAsync(1);
    }

    /// <summary>Awaits that a gateway says that it is ready.</summary>
    public Task ReadyAsync(int gateway) => Eventually.BecomeTrueAsync(
        async () =>
        {
            Assert.True(Gateways[gateway].IsRunning, Gateways[gateway].Output);
            try
            {
                using var response = await Http.GetAsync($"http://{_network}.{Text(11 + gateway)}:8081/readyz");
                return response.IsSuccessStatusCode;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // Not listening yet.
                return false;
            }
        },
        Patience,
        $"the gateway is ready: {Gateways[gateway].Output}");

    /// <summary>Awaits that the address is on this machine and on no other; returns how long that took.</summary>
    public Task<TimeSpan> MovesToAsync(int gateway) => Eventually.BecomeTrueAsync(
        async () => await HasAddressAsync(gateway) && !await HasAddressAsync(1 - gateway),
        Patience,
        $"the address is on machine {gateway}\n{string.Join('\n', _keepaliveds.Select(static k => k.Output))}");

    public async ValueTask DisposeAsync()
    {
        foreach (var keepalived in _keepaliveds.Where(static k => k.IsRunning))
        {
            // It takes its own child with it, and the address from the interface.
            await keepalived.TerminateAsync(TimeSpan.FromSeconds(20));
        }

        foreach (var process in _keepaliveds.Concat(Gateways))
        {
            await process.DisposeAsync();
        }

        if (_guide is not null)
        {
            await _guide.DisposeAsync();
        }

        if (_networkBegun)
        {
            foreach (var name in new[] { "a", "b", "s" })
            {
                await RunAsync("netns", "delete", Space(name));
            }

            await RunAsync("link", "delete", Link);
        }

        _folder.Delete(recursive: true);
    }

    private string Link => $"gw{_id}c";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private string Space(string name) => $"gw-{_id}-{name}";

    private async Task<bool> HasAddressAsync(int gateway) =>
        (await RunAsync("-n", Space(gateway == 0 ? "a" : "b"), "address", "show", "dev", "eth0")).Output.Contains(
            $"inet {Address}/",
            StringComparison.Ordinal);

    private async Task<string?> BuildNetworkAsync()
    {
        // 1. Three namespaces: two machines and the switch between them and us.
        List<string[]> commands =
        [
            ["netns", "add", Space("a")], ["netns", "add", Space("b")], ["netns", "add", Space("s")],
            ["-n", Space("s"), "link", "add", "br0", "type", "bridge", "stp_state", "0", "forward_delay", "0"],
            ["-n", Space("s"), "link", "set", "dev", "br0", "up"],

            // 2. Our own cable.
            ["link", "add", Link, "type", "veth", "peer", "name", "user", "netns", Space("s")],
            ["-n", Space("s"), "link", "set", "dev", "user", "master", "br0", "up"],
            ["address", "add", $"{_network}.1/24", "dev", Link],
            ["link", "set", "dev", Link, "up"],
        ];

        // 3. Each machine's.
        foreach (var (name, host) in new[] { ("a", 11), ("b", 12) })
        {
            commands.AddRange(
            [
                ["link", "add", "eth0", "netns", Space(name), "type", "veth", "peer", "name", $"to-{name}", "netns", Space("s")],
                ["-n", Space("s"), "link", "set", "dev", $"to-{name}", "master", "br0", "up"],
                ["-n", Space(name), "link", "set", "dev", "lo", "up"],
                ["-n", Space(name), "link", "set", "dev", "eth0", "up"],
                ["-n", Space(name), "address", "add", $"{_network}.{Text(host)}/24", "dev", "eth0"],
            ]);
        }

        foreach (var command in commands)
        {
            var (code, output) = await RunAsync(command);
            if (code != 0)
            {
                return $"ip {string.Join(' ', command)}: {output}";
            }
        }

        return null;
    }

    private string WriteConf(string name, int own, int other, int priority)
    {
        var text = File.ReadAllText(Files.PathOf("deploy", "keepalived", "keepalived.conf"));
        (string From, string To)[] changes =
        [
            ("router_id gateway-1", $"router_id gateway-{name}"),
            // A clone may lie in a folder that others can write; /opt/gateway must not.
            ("  enable_script_security\n", ""),
            ("/opt/gateway/check-ready", Files.PathOf("deploy", "keepalived", "check-ready")),
            ("priority 150", $"priority {Text(priority)}"),
            ("unicast_src_ip 10.0.0.11", $"unicast_src_ip {_network}.{Text(own)}"),
            ("    10.0.0.12 ", $"    {_network}.{Text(other)} "),
            ("10.0.0.10/24", $"{Address}/24"),
        ];
        foreach (var (from, to) in changes)
        {
            Assert.Contains(from, text, StringComparison.Ordinal);
            text = text.Replace(from, to, StringComparison.Ordinal);
        }

        var file = Path.Combine(_folder.FullName, $"{name}.conf");
        File.WriteAllText(file, text);
        return file;
    }

    private static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Ip) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await error);
    }
}
