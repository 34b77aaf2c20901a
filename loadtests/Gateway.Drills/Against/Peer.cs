using System.Globalization;
using System.Net.Sockets;
using Gateway.Drills.Plans;
using Gateway.Drills.Processes;

namespace Gateway.Drills.Against;

/// <summary>
/// Another proxy with a fair configuration from <c>loadtests/peers</c>: health checks, retries where it has them, and a static response.
/// </summary>
internal sealed class Peer : ChildProcess
{
    private readonly int _port;

    private Peer(string name, IReadOnlyList<string> command, int port, IReadOnlyDictionary<string, string> environment)
        : base(name, command[0], [.. command.Skip(1)], environment) => _port = port;

    /// <summary>Those that there are configurations for.</summary>
    public static IReadOnlyList<string> Names { get; } = ["haproxy", "nginx", "caddy", "yarp"];

    /// <summary>Judges a name, and whether its program is there.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    public static void Require(string name)
    {
        if (!Names.Contains(name, StringComparer.Ordinal))
        {
            throw new ArgumentException($"There is no configuration for '{name}'. {Nearest.Hint(name, Names)}", nameof(name));
        }

        if (name is "yarp" ? !File.Exists(YarpProgram) : Find(name) is null)
        {
            throw new ArgumentException(
                name is "yarp"
                    ? "'yarp' is not built. Run 'dotnet build loadtests/peers/Yarp -c Release'."
                    : $"'{name}' is not installed. On Debian: apt-get install {(name is "nginx" ? "nginx-light" : name)}.",
                nameof(name));
        }
    }

    /// <summary>Starts it before the guides of a bed; it serves when this completes.</summary>
    public static async Task<(IAsyncDisposable Process, string Url)> StartAsync(string name, TestBed bed)
    {
        var port = FreePorts.Next();
        var folder = Directory.CreateDirectory(Path.Combine(bed.Folder, name)).FullName;
        var peer = new Peer(name, Command(name, port, folder, bed), port, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            // Caddy keeps what it deems its own below the home folder: it gets this one.
            ["XDG_CONFIG_HOME"] = folder,
            ["XDG_DATA_HOME"] = folder,
        });
        try
        {
            await peer.StartAsync();
            await peer.UntilAsync("listening", TimeSpan.FromSeconds(20), peer.ListensAsync, CancellationToken.None);
            return (peer, $"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}");
        }
        catch
        {
            await peer.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks it to end before it is killed: a killed nginx leaves its worker behind, which holds the port.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (IsRunning)
        {
            Send(Signals.Terminate);
            await Ended.WaitAsync(TimeSpan.FromSeconds(2)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private static string YarpProgram => Path.Combine(Repository.Root, "loadtests/peers/Yarp/bin/Release/net10.0/yarp-peer.dll");

    private static IReadOnlyList<string> Command(string name, int port, string folder, TestBed bed)
    {
        string[] Addresses(IEnumerable<GuideProcess> guides) =>
            [
            .. guides.Select(guide =>
                $"127.0.0.1:"
                    + $"{(bed.Relays.Count > 0
                        ? bed.Relays[bed.Guides.ToList().IndexOf(guide)].Port
                        : guide.Port).ToString(CultureInfo.InvariantCulture)}")];
        var (primaries, standbys) = (Addresses(bed.Primaries), Addresses(bed.Standbys));
        if (name is "yarp")
        {
            return
            [
                "dotnet", YarpProgram, "--urls", $"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}", "--checked",
                .. primaries.Select(address => "http://" + address), "--standby", .. standbys.Select(address => "http://" + address),
            ];
        }

        // A file a peer: text in which @WORDS@ are replaced. A line with @PRIMARY@ or @STANDBY@ is repeated for each guide.
        var file = Path.Combine(folder, Template(name));
        var lines = File.ReadAllLines(Path.Combine(Repository.Root, "loadtests", "peers", Template(name)))
            .SelectMany(line =>
                line.Contains("@PRIMARY@", StringComparison.Ordinal)
                    ? primaries.Select((address, i) => line.Replace("@PRIMARY@", address, StringComparison.Ordinal).Replace(
                        "@N@",
                        $"p{i + 1}",
                        StringComparison.Ordinal))
                : line.Contains("@STANDBY@", StringComparison.Ordinal)
                    ? standbys.Select((address, i) => line.Replace("@STANDBY@", address, StringComparison.Ordinal).Replace(
                        "@N@",
                        $"s{i + 1}",
                        StringComparison.Ordinal))
                : [line])
            .Select(line => line
                .Replace("@PORT@", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                .Replace("@FOLDER@", folder, StringComparison.Ordinal)
                .Replace("@PRIMARIES@", string.Join(' ', primaries.Select(address => "http://" + address)), StringComparison.Ordinal)
                .Replace("@STANDBYS@", string.Join(' ', standbys.Select(address => "http://" + address)), StringComparison.Ordinal));
        File.WriteAllLines(file, lines);
        var program = Find(name)!;
        return name switch
        {
            "haproxy" => [program, "-f", file, "-db"],
            "nginx" => [program, "-c", file],
            _ => [program, "run", "--config", file, "--adapter", "caddyfile"],
        };
    }

    private static string Template(string name) => name switch
    {
        "haproxy" => "haproxy.cfg",
        "nginx" => "nginx.conf",
        _ => "Caddyfile",
    };

    private static string? Find(string name) =>
        new[]
        {
            "/usr/sbin",
            "/usr/bin",
            "/usr/local/sbin",
            "/usr/local/bin"
        }.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private async Task<bool> ListensAsync(CancellationToken cancel)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync("127.0.0.1", _port, cancel);
            return true;
        }
        catch (SocketException)
        {
            // Not yet.
            return false;
        }
    }
}
