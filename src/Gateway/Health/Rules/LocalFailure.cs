using System.Net.Sockets;

namespace Gateway.Health.Rules;

/// <summary>
/// Failures that are this process's own. No destination is blamed for them, however many attempts and probes they end: a gateway without
/// file descriptors cannot reach anybody, and would otherwise eject everybody.
/// </summary>
internal static class LocalFailure
{
    /// <summary>True: there was no descriptor or no memory for a socket (EMFILE, ENFILE, ENOBUFS, ENOMEM).</summary>
    public static bool Is(Exception? failure)
    {
        for (var inner = failure; inner is not null; inner = inner.InnerException)
        {
            if (inner is SocketException { SocketErrorCode: SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable })
            {
                return true;
            }
        }

        return false;
    }
}
