using System.Net.Sockets;
using Gateway.Drills.Processes;

namespace Gateway.Conformance.RealServers;

/// <summary>A server that listens on ports that we chose.</summary>
internal sealed class ServerProcess(
    string name,
    string file,
    IReadOnlyList<string> arguments,
    IReadOnlyList<int> ports,
    IReadOnlyDictionary<string, string>? environment = null)
    : ChildProcess(name, file, arguments, environment)
{
    public override async Task StartAsync(CancellationToken cancel = default)
    {
        await base.StartAsync(cancel);
        foreach (var port in ports)
        {
            await UntilAsync($"listening on {port}", TimeSpan.FromSeconds(180), async stop => await AcceptsAsync(port, stop), cancel);
        }
    }

    /// <summary>Servers that have workers end those themselves; what does not end by SIGTERM is killed.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (IsRunning)
        {
            Send(Signals.Terminate);
            await Ended.WaitAsync(TimeSpan.FromSeconds(5), TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await base.DisposeAsync();
    }

    private static async Task<bool> AcceptsAsync(int port, CancellationToken cancel)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", port, cancel);
            return true;
        }
        catch (SocketException)
        {
            // Not yet.
            return false;
        }
    }
}
