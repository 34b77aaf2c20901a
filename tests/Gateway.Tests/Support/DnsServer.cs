using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Tests.Support;

/// <summary>
/// A name server on a free port of loopback: real DNS messages (RFC 1035) over UDP, with the records that a test gives it.
/// </summary>
internal sealed class DnsServer : IAsyncDisposable
{
    /// <summary>An address.</summary>
    public const ushort A = 1;

    /// <summary>An IPv6 address.</summary>
    public const ushort Aaaa = 28;

    /// <summary>A service.</summary>
    public const ushort Srv = 33;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<string> _asked = new();
    private readonly Task _running;
    private IReadOnlyList<DnsRecord> _records = [];
    private IReadOnlyList<DnsRecord> _along = [];

    public DnsServer()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _running = Task.Run(RunAsync);
    }

    /// <summary>Where it is.</summary>
    public IPEndPoint Address => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>What it was asked for, as <c>33 _http._tcp.guide.test</c>.</summary>
    public IReadOnlyList<string> Asked => [.. _asked];

    /// <summary>What it answers with.</summary>
    public IReadOnlyList<DnsRecord> Records
    {
        set => Volatile.Write(ref _records, value);
    }

    /// <summary>What it sends along with services, in the additional section.</summary>
    public IReadOnlyList<DnsRecord> Along
    {
        set => Volatile.Write(ref _along, value);
    }

    /// <summary>The code of responses that have no record: 0 (none of that type), 2 (server failure), 3 (no such name).</summary>
    public int EmptyCode { get; set; } = 3;

    /// <summary>It answers nothing, or this instead of a message.</summary>
    public byte[]? Instead { get; set; }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _socket.Dispose();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task RunAsync()
    {
        var buffer = new byte[4096];
        while (true)
        {
            var got = await _socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _end.Token);
            if (Instead is { } instead)
            {
                if (instead.Length > 0)
                {
                    await _socket.SendToAsync(instead, got.RemoteEndPoint, _end.Token);
                }

                continue;
            }

            await _socket.SendToAsync(ResponseTo(buffer.AsSpan(0, got.ReceivedBytes)), got.RemoteEndPoint, _end.Token);
        }
    }

    private byte[] ResponseTo(ReadOnlySpan<byte> query)
    {
        // 1. The one question behind the head of 12 bytes: labels, then type and class.
        var name = new StringBuilder();
        var at = 12;
        while (query[at] != 0)
        {
            name.Append(name.Length > 0 ? "." : "").Append(Encoding.ASCII.GetString(query.Slice(at + 1, query[at])));
            at += query[at] + 1;
        }

        var type = BinaryPrimitives.ReadUInt16BigEndian(query[(at + 1)..]);
        var question = query[12..(at + 5)];
        _asked.Enqueue($"{type} {name}");

        // 2. What is known of it.
        DnsRecord[] responses = [.. Volatile.Read(ref _records).Where(r => r.Type == type
            && string.Equals(r.Name, name.ToString(), StringComparison.OrdinalIgnoreCase))];
        DnsRecord[] along = type == Srv && responses.Length > 0 ? [.. Volatile.Read(ref _along)] : [];

        // 3. The same id, "response, authoritative", the code, one question, the counts.
        var message = new List<byte>();
        message.AddRange(query[..2]);
        message.AddRange([0x84, (byte)(responses.Length > 0 ? 0 : EmptyCode), 0, 1]);
        message.AddRange(Number(responses.Length));
        message.AddRange([0, 0]);
        message.AddRange(Number(along.Length));
        message.AddRange(question);
        foreach (var record in responses.Concat(along))
        {
            message.AddRange(Labels(record.Name));
            message.AddRange(Number(record.Type));
            message.AddRange([0, 1, 0, 0]);
            message.AddRange(Number(record.Ttl));
            message.AddRange(Number(record.Data.Length));
            message.AddRange(record.Data);
        }

        return [.. message];
    }

    /// <summary>An address record.</summary>
    public static DnsRecord AddressOf(string name, string address, int ttl = 60) =>
        IPAddress.Parse(address) is var ip
            ? new(name, ip.AddressFamily == AddressFamily.InterNetwork ? A : Aaaa, ttl, ip.GetAddressBytes())
            : throw new InvalidOperationException(address);

    /// <summary>A service record.</summary>
    public static DnsRecord ServiceOf(string name, int priority, int weight, int port, string target, int ttl = 60) =>
        new(name, Srv, ttl, [.. Number(priority), .. Number(weight), .. Number(port), .. Labels(target)]);

    private static byte[] Number(int number) => [(byte)(number >> 8), (byte)number];

    private static byte[] Labels(string name) =>
        [
        .. name.Split(
            '.',
            StringSplitOptions.RemoveEmptyEntries).SelectMany(static label => new[]
            {
                (byte)label.Length
            }.Concat(Encoding.ASCII.GetBytes(label))), 0];
}

/// <summary>A record of a name.</summary>
internal sealed record DnsRecord(string Name, ushort Type, int Ttl, byte[] Data);
