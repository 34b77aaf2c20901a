using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Gateway.Drills.Processes;
using Gateway.Server;
using Xunit;
using Files = Gateway.Tests.Configuration.Repository;

namespace Gateway.Tests.Deploy;

/// <summary>
/// What systemd does for the gateway and the gateway for systemd; the test plays systemd, since there is none in a container.
/// </summary>
[Trait("kind", "process")]
public sealed class SystemdTests
{
    private const string Analyze = "/usr/bin/systemd-analyze";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Restart_OnTheSameSocketUnderLoad_FailsNothing()
    {
        await using var bed = await TestBed.StartAsync(
            new() { Primaries = 1, Standbys = 1, StartGateway = false, Config = UserLoad.Patient("2s") },
            Cancel);
        await using var gateways = new Siblings(bed);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen(4096);
        var gateway = gateways.Add(PassingOn(socket), ((IPEndPoint)socket.LocalEndPoint!).Port);
        await StartAsync(gateway, socket);

        var load = UserLoad.Start(gateway.Url);
        for (var i = 0; i < 2; i++)
        {
            await load.UntilAsync(load.Elapsed + TimeSpan.FromSeconds(1), Cancel);
            Assert.Equal(0, await gateway.TerminateAsync(Patience));
            await StartAsync(gateway, socket);
        }

        await UserLoad.EndWithoutFailureAsync(load);
    }

    [Fact]
    public async Task Start_ASocketThatNoPortIsFor_IsRefusedWithTheReason()
    {
        await using var bed = await TestBed.StartAsync(new() { Primaries = 1, Standbys = 1, StartGateway = false }, Cancel);
        await using var gateways = new Siblings(bed);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        var gateway = gateways.Add(PassingOn(socket));

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(gateway, socket));

        Assert.Equal(1, gateway.ExitCode);
        Assert.Contains(
            $"systemd passed a socket on {socket.LocalEndPoint}, and no item of \"listen\" is this address and port.",
            failure.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Notify_ReadyAliveAndStopping_AreToldInThisOrder()
    {
        var path = Path.Combine(Path.GetTempPath(), $"gateway-notify-{Guid.NewGuid():N}");
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(path));
        try
        {
            await using var bed = await TestBed.StartAsync(
                new()
                {
                    Primaries = 1,
                    Standbys = 1,
                    GatewayEnvironment = new Dictionary<string, string>(StringComparer.Ordinal)
                    {
                        ["NOTIFY_SOCKET"] = path,
                        ["WATCHDOG_USEC"] = "200000"
                    }
                }, Cancel);
            Assert.StartsWith("READY=1\n", await NextAsync(systemd), StringComparison.Ordinal);
            Assert.Equal("WATCHDOG=1", await NextAsync(systemd));
            Assert.Equal("WATCHDOG=1", await NextAsync(systemd));

            bed.Gateway.Send(Signals.Terminate);
            string said;
            while ((said = await NextAsync(systemd)) is "WATCHDOG=1")
            {
            }

            Assert.StartsWith("STOPPING=1\n", said, StringComparison.Ordinal);
            await bed.Gateway.Ended.WaitAsync(Patience, Cancel);
            Assert.Equal(0, systemd.Available);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("http://127.0.0.1:8080", "127.0.0.1:8080", true)]
    [InlineData("http://localhost:8080", "127.0.0.1:8080", true)]
    [InlineData("http://localhost:8080", "[::1]:8080", true)]
    [InlineData("http://[::]:8080", "0.0.0.0:8080", true)]
    [InlineData("https://0.0.0.0:443", "[::]:443", true)]
    [InlineData("http://127.0.0.1:8080", "127.0.0.1:8081", false)]
    [InlineData("http://127.0.0.1:8080", "0.0.0.0:8080", false)]
    [InlineData("http://localhost:8080", "10.0.0.1:8080", false)]
    [InlineData("http://10.0.0.1:8080", "10.0.0.2:8080", false)]
    public void Socket_BelongsToThePortOfItsAddress(string listen, string at, bool fits) =>
        Assert.Equal(fits, SocketActivation.Fits(new Uri(listen), IPEndPoint.Parse(at)));

    [Theory]
    [InlineData(null, null)]
    [InlineData("1", "3")]
    [InlineData("4711", "0")]
    [InlineData("4711", null)]
    [InlineData("4711x", "1")]
    public void Sockets_ForAnotherProcessOrNone_AreLeftAlone(string? process, string? count) =>
        Assert.Same(SocketActivation.None, SocketActivation.Take(name => name switch
        {
            "LISTEN_PID" => process,
            "LISTEN_FDS" => count,
            _ => null
        }, 4711));

    [Fact]
    public async Task Units_AreValidAndExposeLittle()
    {
        Assert.SkipUnless(File.Exists(Analyze), "systemd-analyze is not installed: Debian's package is \"systemd\".");
        var (service, socket) = (Files.PathOf("deploy", "systemd", "gateway.service"), Files.PathOf("deploy", "systemd", "gateway.socket"));

        // 1. Known sections, keys and values. That this machine has no /usr/bin/dotnet or no /opt/gateway is no fault of the units.
        var (_, verified) = await RunAsync("verify", service, socket);
        Assert.DoesNotContain(verified.Split('\n'), static line => line.Contains("gateway.", StringComparison.Ordinal)
            && !line.Contains("is not executable", StringComparison.Ordinal));

        // 2. From 0 (nothing can be done to the rest of the machine) to 10.
        var (code, judged) = await RunAsync("security", "--offline=true", "--no-pager", "--threshold=20", service);
        Assert.SkipWhen(judged.Contains("unrecognized option", StringComparison.Ordinal)
            || judged.Contains("Unknown option", StringComparison.Ordinal), "This systemd-analyze cannot judge a unit offline.");
        Assert.True(code == 0, judged);
    }

    private static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        await using var process = new ChildProcess(
            "systemd-analyze",
            Analyze,
            arguments,
            new Dictionary<string, string>(StringComparer.Ordinal) { ["SYSTEMD_COLORS"] = "0" });
        await process.StartAsync(Cancel);
        await process.Ended.WaitAsync(Patience, Cancel);
        await process.ReadToEndAsync();
        return (process.ExitCode, process.Output);
    }

    private static async Task<string> NextAsync(Socket systemd)
    {
        var buffer = new byte[1024];
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        deadline.CancelAfter(Patience);
        return Encoding.UTF8.GetString(buffer, 0, await systemd.ReceiveAsync(buffer.AsMemory(), deadline.Token));
    }

    // FileDescriptorBudget from 3 and the variables that name them, as sd_listen_fds(3) describes. The shell's own id
    // stays that of what it becomes.
    private static string[] PassingOn(Socket socket) =>
        ["/bin/bash", "-c",
        string.Create(
            CultureInfo.InvariantCulture,
            $"exec 3<&{socket.Handle}; export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=users; exec \"$@\""), "activate"];

    private static async Task StartAsync(GatewayProcess gateway, Socket socket)
    {
        const int setFlags = 2, closeOnExec = 1;

        // Only while it starts, so that no other test's process inherits it.
        Assert.Equal(0, Control((int)socket.Handle, setFlags, 0));
        try
        {
            await gateway.StartAsync(Cancel);
        }
        finally
        {
            Assert.Equal(0, Control((int)socket.Handle, setFlags, closeOnExec));
        }
    }

    [DllImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Control(int descriptor, int command, int argument);
}
