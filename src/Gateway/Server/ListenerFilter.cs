using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Gateway.Server;

/// <summary>
/// Makes a listening socket deaf for new handshakes while those under way, and what waits in its queue, go on: the only way to close a port
/// of Linux without resetting anybody.
/// </summary>
internal static class ListenerFilter
{
    private const int SocketLevel = 1;
    private const int AttachFilter = 26;
    private const int OffsetOfFlags = 13;
    private const int Syn = 0x02;
    private const int Ack = 0x10;

    /// <summary>A classic packet filter on the TCP header: drops a SYN without ACK, keeps everything else.</summary>
    private static readonly (ushort Code, byte True, byte False, uint Value)[] Program =
    [
        (0x30, 0, 0, OffsetOfFlags),     // A = the byte of the flags
        (0x54, 0, 0, Syn | Ack),         // A &= SYN | ACK
        (0x15, 0, 1, Syn),               // A == SYN ? the next : the one after
        (0x06, 0, 0, 0),                 // drop
        (0x06, 0, 0, uint.MaxValue),     // keep
    ];

    /// <summary>Best effort: where the system has no such filter, a client that connects just now is reset, as without it.</summary>
    public static void DropHandshakes(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var program = Marshal.AllocHGlobal(Program.Length * 8);
        try
        {
            Span<byte> instruction = stackalloc byte[8];
            for (var i = 0; i < Program.Length; i++)
            {
                MemoryMarshal.Write(instruction, Program[i].Code);
                instruction[2] = Program[i].True;
                instruction[3] = Program[i].False;
                MemoryMarshal.Write(instruction[4..], Program[i].Value);
                Marshal.Copy(instruction.ToArray(), 0, program + (i * 8), 8);
            }

            // struct sock_fprog: a count, and behind its padding the pointer.
            Span<byte> option = stackalloc byte[2 * nint.Size];
            option.Clear();
            MemoryMarshal.Write(option, (ushort)Program.Length);
            MemoryMarshal.Write(option[nint.Size..], program);
            socket.SetRawSocketOption(SocketLevel, AttachFilter, option);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or PlatformNotSupportedException)
        {
            // As said above.
        }
        finally
        {
            // The kernel has its copy.
            Marshal.FreeHGlobal(program);
        }
    }
}
