using System.Globalization;
using System.Net.Sockets;

namespace Gateway.Drills.Processes;

/// <summary>A real redis-server on a free port, without persistence.</summary>
internal sealed class RedisProcess : ChildProcess
{
    private const string Program = "/usr/bin/redis-server";

    /// <summary>What timelines and messages call it.</summary>
    public const string RedisName = "redis";

    private RedisProcess(int port, IReadOnlyList<string> arguments)
        : base(RedisName, Program, arguments) => Port = port;

    /// <summary>False: redis-server is not installed.</summary>
    public static bool IsInstalled => File.Exists(Program);

    /// <summary>Its port.</summary>
    public int Port { get; }

    /// <summary><c>host:port</c>.</summary>
    public string Endpoint => "127.0.0.1:" + Port.ToString(CultureInfo.InvariantCulture);

    /// <summary>Describes one; nothing is started yet. <paramref name="options"/> as on its command line.</summary>
    /// <exception cref="InvalidOperationException">It is not installed.</exception>
    public static RedisProcess Create(params string[] options)
    {
        if (!IsInstalled)
        {
            throw new InvalidOperationException($"'{Program}' is not installed. On Debian: apt-get install redis-server.");
        }

        var port = FreePorts.Next();
        return new(port,
        [
            "--port",
            port.ToString(CultureInfo.InvariantCulture),
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
            "--maxmemory-policy",
            "noeviction",
            "--repl-diskless-sync-delay",
            "0",
            .. options
        ]);
    }

    /// <summary>Tells it commands, one a line, and gives the beginning of what it answers to the last.</summary>
    public Task<string> TellAsync(params string[] commands) => TellAsync(Port, commands);

    /// <summary>The same to a port; empty: it did not response.</summary>
    public static async Task<string> TellAsync(int port, IReadOnlyList<string> commands)
    {
        try
        {
            using var client = new TcpClient();
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(5), TimeProvider.System);
            await client.ConnectAsync("127.0.0.1", port, deadline.Token);
            var response = "";
            var buffer = new byte[16 * 1024];
            foreach (var command in commands)
            {
                await client.GetStream().WriteAsync(System.Text.Encoding.UTF8.GetBytes(command + "\r\n"), deadline.Token);
                response = System.Text.Encoding.UTF8.GetString(buffer, 0, await client.GetStream().ReadAsync(buffer, deadline.Token));
            }

            return response;
        }
        catch (Exception error) when (error is SocketException or IOException or OperationCanceledException)
        {
            // It is down or frozen: the caller decides what that means.
            return "";
        }
    }

    /// <summary>Starts it and waits until it answers.</summary>
    public override async Task StartAsync(CancellationToken cancel = default)
    {
        await base.StartAsync(cancel);
        await UntilAsync("answering a PING", TimeSpan.FromSeconds(20), AnswersAsync, cancel);
    }

    private async Task<bool> AnswersAsync(CancellationToken cancel)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", Port, cancel);
            await client.GetStream().WriteAsync("PING\r\n"u8.ToArray(), cancel);
            var response = new byte[7];
            await client.GetStream().ReadExactlyAsync(response, cancel);
            return response.AsSpan().SequenceEqual("+PONG\r\n"u8);
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            // Not listening yet: asked again until the deadline.
            return false;
        }
    }
}
