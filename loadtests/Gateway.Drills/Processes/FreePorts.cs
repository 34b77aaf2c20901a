using System.Net;
using System.Net.Sockets;

namespace Gateway.Drills.Processes;

/// <summary>
/// Finds ports that are free. A port is taken for good within this process, so that two test beds at once never
/// get the same one; it lies below the kernel's range for outgoing connections where that is known, so that a
/// destination which is down for a while does not lose its port to some client's socket.
/// </summary>
internal static class FreePorts
{
    private const int First = 20_000;
    private static readonly HashSet<int> Taken = [];
    private static readonly Lock Gate = new();

    /// <summary>A free loopback port.</summary>
    public static int Next()
    {
        lock (Gate)
        {
            for (var tries = 0; tries < 2_000; tries++)
            {
                var port = Random.Shared.Next(First, EphemeralStart());
                if (!Taken.Contains(port) && IsFree(port))
                {
                    Taken.Add(port);
                    return port;
                }
            }
        }

        throw new InvalidOperationException($"No free port was found between {First} and {EphemeralStart()} in 2,000 tries.");
    }

    private static bool IsFree(int port)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            // In use: that is the response, not an error.
            return false;
        }
    }

    private static int EphemeralStart()
    {
        const string range = "/proc/sys/net/ipv4/ip_local_port_range";
        if (!File.Exists(range))
        {
            return 32_768;
        }

        var start = int.Parse(File.ReadAllText(range).Split('\t', ' ')[0]);
        return start > First + 1_000 ? start : 60_000;
    }
}
