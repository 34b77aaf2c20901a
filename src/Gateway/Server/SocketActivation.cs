using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Gateway.Configuration.Model;

namespace Gateway.Server;

/// <summary>
/// Listening sockets that systemd opened and passed on (<c>LISTEN_PID</c>, <c>LISTEN_FDS</c>; descriptors from 3). They outlive a restart:
/// clients that connect meanwhile wait in their queue. Each belongs to the item of <c>listen</c> with its address and port.
/// </summary>
internal sealed class SocketActivation
{
    private const int FirstDescriptor = 3;
    private const int SetDescriptorFlags = 2;
    private const int CloseOnExec = 1;

    private readonly ImmutableArray<(int Descriptor, IPEndPoint At)> _sockets;

    private SocketActivation(ImmutableArray<(int Descriptor, IPEndPoint At)> sockets) => _sockets = sockets;

    /// <summary>Nothing was passed on.</summary>
    public static SocketActivation None { get; } = new([]);

    /// <summary>What was passed to this process; what was meant for another one is left alone.</summary>
    /// <exception cref="IOException">Something else than a listening TCP socket was passed.</exception>
    public static SocketActivation Take(Func<string, string?> environment, int processId)
    {
        var count = Number(environment("LISTEN_FDS"));
        if (count == 0 || Number(environment("LISTEN_PID")) != processId)
        {
            return None;
        }

        var sockets = ImmutableArray.CreateBuilder<(int, IPEndPoint)>();
        for (var descriptor = FirstDescriptor; descriptor < FirstDescriptor + count; descriptor++)
        {
            // Programs that notifications start must not get it too.
            _ = Control(descriptor, SetDescriptorFlags, CloseOnExec);
            sockets.Add((descriptor, AddressOf(descriptor)));
        }

        return new(sockets.ToImmutable());
    }

    /// <summary>The socket for this port; null: it has to be opened.</summary>
    public ulong? Find(Uri listen)
    {
        foreach (var (descriptor, at) in _sockets)
        {
            if (Fits(listen, at))
            {
                return (ulong)descriptor;
            }
        }

        return null;
    }

    /// <summary>
    /// Says which socket no port of the configuration would use, so that nothing would respond on it; null: each has its port.
    /// </summary>
    public string? WithoutPort(ImmutableArray<ListenConfig> ports)
    {
        foreach (var (_, at) in _sockets)
        {
            if (!ports.Any(port => Fits(port.Url, at)))
            {
                return $"systemd passed a socket on {at}, and no item of \"listen\" is this address and port. Write \"- url: http://{at}\" "
                    + $"under \"listen\", or change ListenStream= of the socket unit.";
            }
        }

        return null;
    }

    /// <summary>
    /// True: this item of <c>listen</c> means this socket. A name or address of loopback fits loopback, <c>*</c> fits every address.
    /// </summary>
    internal static bool Fits(Uri listen, IPEndPoint at)
    {
        if (listen.Port != at.Port)
        {
            return false;
        }

        if (!IPAddress.TryParse(listen.Host.Trim('[', ']'), out var address))
        {
            return IPAddress.IsLoopback(at.Address);
        }

        return address.Equals(at.Address) || (IsEverywhere(address) && IsEverywhere(at.Address));
    }

    private static bool IsEverywhere(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static IPEndPoint AddressOf(int descriptor)
    {
        try
        {
            // It only looks: the socket itself is Kestrel's.
            var socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: false));
            if (socket.LocalEndPoint is IPEndPoint { Port: > 0 } at && socket.SocketType == SocketType.Stream)
            {
                return at;
            }
        }
        catch (SocketException failure)
        {
            throw new IOException(
                $"systemd passed descriptor {descriptor.ToString(CultureInfo.InvariantCulture)}, which is no socket ("
                    + $"{failure.SocketErrorCode}). The socket unit needs ListenStream= with an address and a port.",
                failure);
        }

        throw new IOException(
            $"systemd passed descriptor {descriptor.ToString(CultureInfo.InvariantCulture)}, which is no TCP socket. The socket unit needs "
                + $"ListenStream= with an address and a port.");
    }

    private static int Number(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    [DllImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Control(int descriptor, int command, int argument);
}
