using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Hosting.WarmUp;

/// <summary>One kept connection of a user who asks and reads, without a line of code that the gateway itself does not need.</summary>
internal sealed class WarmUpClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[16 * 1024];

    /// <summary>Connects.</summary>
    public async Task ConnectAsync(Uri url, CancellationToken cancellationToken) =>
        await _socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, url.Port), cancellationToken).ConfigureAwait(false);

    /// <summary>Sends one request and reads its response to its end.</summary>
    public async Task AskAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        await _socket.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var length = 0;
        while (!IsWhole(_buffer.AsSpan(0, length)))
        {
            var read = length < _buffer.Length
                ? await _socket.ReceiveAsync(_buffer.AsMemory(length), cancellationToken).ConfigureAwait(false)
                : 0;
            if (read == 0)
            {
                throw new IOException("The response to a request of the warm-up is cut or too long.");
            }

            length += read;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static bool IsWhole(ReadOnlySpan<byte> received)
    {
        var end = received.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return false;
        }

        var length = received[..end].IndexOf("\r\nContent-Length: "u8);
        return length < 0
            ? received.EndsWith("\r\n0\r\n\r\n"u8)
            : Utf8Parser.TryParse(received[(length + 18)..], out int bytes, out _) && received.Length >= end + 4 + bytes;
    }
}
