using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Tests.Support;

/// <summary>An HTTP/1.1 client that sends what a test says, byte by byte, and tells how a response ended.</summary>
internal sealed class RawClient : IAsyncDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private byte[] _rest = [];

    public static async Task<RawClient> ConnectAsync(Uri url)
    {
        var client = new RawClient();
        await client._socket.ConnectAsync(url.Host, url.Port);
        return client;
    }

    /// <summary>One request on a connection of its own.</summary>
    public static async Task<RawResponse> AskAsync(Uri url, string request, string method = "GET")
    {
        await using var client = await ConnectAsync(url);
        await client.SendAsync(request);
        return await client.ReadAsync(method);
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None)..];
        }
    }

    /// <summary>Like a client whose process was killed.</summary>
    public void Reset() => _socket.Close(0);

    /// <summary>
    /// Reads until so many responses with this status line came; what follows the last one's line is thrown away with the rest.
    /// </summary>
    public async Task SkipAsync(string statusLine, int count)
    {
        var wanted = Encoding.Latin1.GetBytes(statusLine);
        var buffer = new byte[16 * 1024];
        var filled = 0;
        while (count > 0)
        {
            var received = await _socket.ReceiveAsync(buffer.AsMemory(filled), SocketFlags.None);
            if (received == 0)
            {
                throw new IOException($"The connection ended with {count} responses missing.");
            }

            filled += received;
            var seen = 0;
            while (buffer.AsSpan(seen, filled - seen).IndexOf(wanted) is >= 0 and var at)
            {
                count--;
                seen += at + wanted.Length;
            }

            // A line may be cut by the end of what was received.
            var kept = Math.Min(wanted.Length - 1, filled - seen);
            buffer.AsSpan(filled - kept, kept).CopyTo(buffer);
            filled = kept;
        }
    }

    /// <summary>The next response, up to its end or to where it was cut. Interim responses (1xx) are left out.</summary>
    public async Task<RawResponse> ReadAsync(string method = "GET")
    {
        var head = await ReadHeadAsync();
        while (head.StartsWith("HTTP/1.1 1", StringComparison.Ordinal) && !head.StartsWith("HTTP/1.1 101", StringComparison.Ordinal))
        {
            head = await ReadHeadAsync();
        }

        var response = new RawResponse(head);
        if (head.Length == 0 || method == "HEAD" || response.Status is 101 or 204 or 304)
        {
            return response with { IsWhole = head.Length > 0 };
        }

        var body = new StringBuilder();
        if (response.Header("Content-Length") is [var length])
        {
            var whole = await TakeAsync(int.Parse(length, CultureInfo.InvariantCulture), body);
            return response with { Body = body.ToString(), IsWhole = whole };
        }

        if (response.Header("Transfer-Encoding") is ["chunked"])
        {
            while (await ReadLineAsync() is { } line
                && int.TryParse(line, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var size))
            {
                if (!await TakeAsync(size, body))
                {
                    break;
                }

                if (await ReadLineAsync() is null)
                {
                    break;
                }

                if (size == 0)
                {
                    return response with { Body = body.ToString(), IsWhole = true };
                }
            }

            return response with { Body = body.ToString() };
        }

        while (await MoreAsync())
        {
        }

        return response with { Body = Encoding.Latin1.GetString(_rest), IsWhole = true };
    }

    /// <summary>Reads a body in chunks to its end and forgets it; its length, or -1: it was cut.</summary>
    public async Task<long> CountChunkedAsync()
    {
        long total = 0;
        while (await ReadLineAsync() is { } line && int.TryParse(line, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var size))
        {
            if (size == 0)
            {
                return total;
            }

            total += size;
            for (var left = size + 2; left > 0;)
            {
                if (_rest.Length == 0 && !await MoreAsync())
                {
                    return -1;
                }

                var taken = Math.Min(left, _rest.Length);
                _rest = _rest[taken..];
                left -= taken;
            }
        }

        return -1;
    }

    /// <summary>The head of a response; empty: the connection ended before.</summary>
    public async Task<string> ReadHeadAsync()
    {
        while (true)
        {
            var end = _rest.AsSpan().IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                var head = Encoding.Latin1.GetString(_rest, 0, end + 4);
                _rest = _rest[(end + 4)..];
                return head;
            }

            if (!await MoreAsync())
            {
                return "";
            }
        }
    }

    /// <summary>As <see cref="ReadHeadAsync"/>, where the connection may have been reset, too.</summary>
    public async Task<string> TryReadHeadAsync()
    {
        try
        {
            return await ReadHeadAsync();
        }
        catch (SocketException)
        {
            return "";
        }
    }

    /// <summary>Reads until this text has come; what came until then, this included.</summary>
    public async Task<string> ReadUntilAsync(string text)
    {
        while (true)
        {
            var all = Encoding.Latin1.GetString(_rest);
            var at = all.IndexOf(text, StringComparison.Ordinal);
            if (at >= 0)
            {
                _rest = _rest[(at + text.Length)..];
                return all[..(at + text.Length)];
            }

            if (!await MoreAsync())
            {
                throw new IOException($"The connection ended before \"{text}\". It brought: {all}");
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<bool> TakeAsync(int count, StringBuilder into)
    {
        while (_rest.Length < count && await MoreAsync())
        {
        }

        var taken = Math.Min(count, _rest.Length);
        into.Append(Encoding.Latin1.GetString(_rest, 0, taken));
        _rest = _rest[taken..];
        return taken == count;
    }

    private async Task<string?> ReadLineAsync()
    {
        while (true)
        {
            var end = _rest.AsSpan().IndexOf("\r\n"u8);
            if (end >= 0)
            {
                var line = Encoding.Latin1.GetString(_rest, 0, end);
                _rest = _rest[(end + 2)..];
                return line;
            }

            if (!await MoreAsync())
            {
                return null;
            }
        }
    }

    private async Task<bool> MoreAsync()
    {
        var buffer = new byte[64 * 1024];
        try
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            var count = await _socket.ReceiveAsync(buffer, SocketFlags.None, deadline.Token);
            _rest = [.. _rest, .. buffer.AsSpan(0, count)];
            return count > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

/// <summary>A response as it came; one character a byte.</summary>
internal sealed record RawResponse(string Head)
{
    public string Body { get; init; } = "";

    /// <summary>
    /// It came to its clean end: its whole length, its last chunk, or the end of the connection where nothing else marks it.
    /// </summary>
    public bool IsWhole { get; init; }

    /// <summary>0: there was none.</summary>
    public int Status => Head.Length > 12 ? int.Parse(Head.AsSpan(9, 3), CultureInfo.InvariantCulture) : 0;

    public string[] Header(string name) =>
        [.. Head.Split("\r\n")
            .Skip(1)
            .Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
            .Select(line => line[(name.Length + 1)..].Trim())];
}
