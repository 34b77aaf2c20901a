using System.Diagnostics;
using Gateway.Tests.Configuration;

namespace Gateway.Tests.Support;

/// <summary>A real sentinel that speaks TLS alone and names one master.</summary>
internal sealed class TlsSentinel : IAsyncDisposable
{
    private readonly Process _process;

    private TlsSentinel(Process process) => _process = process;

    /// <param name="folder">Holds <c>redis.pem</c> and <c>redis.key</c>.</param>
    /// <param name="port">Where it listens.</param>
    /// <param name="masterPort">The master's TLS port on 127.0.0.1; its name is <c>shop</c>.</param>
    public static TlsSentinel Start(TemporaryFolder folder, int port, int masterPort)
    {
        folder.Write("sentinel.conf", $"""
            port 0
            tls-port {port}
            tls-cert-file {folder.Path}/redis.pem
            tls-key-file {folder.Path}/redis.key
            tls-ca-cert-file {folder.Path}/redis.pem
            tls-auth-clients no
            tls-replication yes
            bind 127.0.0.1
            dir {folder.Path}
            sentinel monitor shop 127.0.0.1 {masterPort} 1

            """);
        var process = Process.Start(new ProcessStartInfo("/usr/bin/redis-sentinel", [Path.Combine(folder.Path, "sentinel.conf")])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false
        })!;
        _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        return new TlsSentinel(process);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }
}
