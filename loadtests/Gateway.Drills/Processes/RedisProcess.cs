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

    /// <summary>Describes one; nothing is started yet.</summary>
    /// <exception cref="InvalidOperationException">It is not installed.</exception>
    public static RedisProcess Create()
    {
        if (!IsInstalled)
        {
            throw new InvalidOperationException($"'{Program}' is not installed. On Debian: apt-get install redis-server.");
        }

        var port = FreePorts.Next();
        return new(port, ["--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
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
            var answer = new byte[7];
            await client.GetStream().ReadExactlyAsync(answer, cancel);
            return answer.AsSpan().SequenceEqual("+PONG\r\n"u8);
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            // Not listening yet: asked again until the deadline.
            return false;
        }
    }
}
