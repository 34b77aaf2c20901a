using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Conformance.Hostile;

/// <summary>
/// A destination that answers the request of each id with an odd response: wrong status lines, headers, framing, and
/// more bytes than it announced.
/// </summary>
internal sealed partial class OddOrigin : IAsyncDisposable
{
    /// <summary>Stands in what no user may ever see: bytes behind a response's end.</summary>
    public const string Poison = "POISON";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    public OddOrigin()
    {
        _listener.Start(512);
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The response to the request of this id, and whether the connection ends behind it.</summary>
    public static (string Bytes, bool Ends) ResponseTo(string id)
    {
        var random = new OddResponses(HostileBed.Seed + int.Parse(id.AsSpan(2), CultureInfo.InvariantCulture));
        return random.Next(id);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                var stream = client.GetStream();
                var read = new StringBuilder();
                var buffer = new byte[16_384];
                while (true)
                {
                    // Requests of this test have no body, or one of 200 bytes.
                    while (End(read.ToString()) is not { } end || read.Length < end)
                    {
                        var count = await stream.ReadAsync(buffer, _stop.Token);
                        if (count == 0)
                        {
                            return;
                        }

                        read.Append(Encoding.Latin1.GetString(buffer, 0, count));
                    }

                    var head = read.ToString();
                    read.Remove(0, End(head)!.Value);
                    var (bytes, ends) = Ids().Match(head) is { Success: true } id
                        ? ResponseTo(id.Value)
                        : ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false);
                    await stream.WriteAsync(Generator.Bytes(bytes), _stop.Token);
                    if (ends)
                    {
                        return;
                    }
                }
            }
            catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // The gateway had enough of it, or the test is over.
            }
        }
    }

    private static int? End(string read)
    {
        var at = read.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return at < 0 ? null : at + 4 + (read.Contains("\r\nContent-Length: 200\r\n", StringComparison.OrdinalIgnoreCase) ? 200 : 0);
    }

    [GeneratedRegex("ID[0-9]+", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Ids();
}

/// <summary>Makes them.</summary>
internal sealed class OddResponses(int seed) : Generator(seed, withLineEnds: false)
{
    private const string Poison = OddOrigin.Poison;

    public (string Bytes, bool Ends) Next(string id)
    {
        var body = "body of " + id;
        var length = body.Length.ToString(CultureInfo.InvariantCulture);
        var chunk = body.Length.ToString("x", CultureInfo.InvariantCulture);
        var poison = $"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nX-{Poison}: 1\r\n\r\n{Poison}";
        string status = "HTTP/1.1 200 OK", headers = "X-A: 1\r\n", framing = $"Content-Length: {length}\r\n", rest = body;
        var ends = false;
        switch (Random.Next(10))
        {
            case 0:
                break;
            case 1:
                status = Pick(
                    "HTTP/1.1 200",
                    "HTTP/1.1 200 OK\rX: y",
                    "HTTP/1.1 20",
                    "HTTP/1.1 2000 OK",
                    "HTTP/1.1 099 X",
                    "HTTP/2 200 OK",
                    "HTTP/1.1 101 Switching",
                    "HTTP/1.0 200 OK",
                    "http/1.1 200 OK",
                    "HTTP/1.1 200 \0OK",
                    "ICY 200 OK",
                    "\r\nHTTP/1.1 200 OK",
                    "HTTP/1.1 600 Odd", "HTTP/1.1 999 Odd", "HTTP/1.1  200 OK", "HTTP/1.1\t200\tOK",
                    "HTTP/1.1 200 " + new string('r', 500), "HTTP/1.1 200 é", "HTTP/1.2 200 OK", "HTTP/1.1 -200 OK", "HTTP/1.1 +20 OK", "",
                    "garbage");
                break;
            case 2:
                headers = Pick(
                    "X-A: a\0b\r\n",
                    "X-A: a\rX-Bare: 1\r\n",
                    "X-A: a\r\n b\r\n",
                    "X-A : 1\r\n",
                    ": 1\r\n",
                    "no colon\r\n",
                    "X\0: 1\r\n",
                    " X: 1\r\n",
                    "X-A: \u00e9\r\n",
                    "X-A:\r\n",
                    "X(: 1\r\n",
                    "X A: 1\r\n",
                    Spoil("X-Name") + ": 1\r\n",
                    "X-A: " + Evil() + "\r\n",
                    "X-Long: " + new string('l', 9_000) + "\r\n");
                break;
            case 3:
                framing = Pick(
                    $"Content-Length: {length}, {length}\r\n",
                    $"Content-Length: {length}\r\nContent-Length: {length}\r\n",
                    $"Content-Length: {length}\r\nContent-Length: 1\r\n",
                    $"Content-Length: +{length}\r\n",
                    $"Content-Length: -{length}\r\n",
                    "Content-Length: 9999999999999999999\r\n",
                    $"Content-Length: {length}\0\r\n", $"Content-Length : {length}\r\n", $"Content-Length: 0x{chunk}\r\n",
                    $"Content-Length:\r\n {length}\r\n", $"Content-Length: {length} 0\r\n", "Content-Length: \r\n",
                    $"Content-Length: {length};\r\n");
                break;
            case 4:
                framing = Pick(
                    "Transfer-Encoding: xchunked\r\n",
                    "Transfer-Encoding: chunked, gzip\r\n",
                    "Transfer-Encoding : chunked\r\n",
                    "Transfer-Encoding: chunked\0\r\n",
                    "Transfer-Encoding: \vchunked\r\n",
                    $"Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n",
                    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                    "Transfer-Encoding: identity\r\n");
                rest = $"{chunk}\r\n{body}\r\n0\r\n\r\n";
                ends = Chance(50);
                break;
            case 5:
                framing = "Transfer-Encoding: chunked\r\n";
                rest = Pick(
                    $"{chunk}\n{body}\n0\n\n",
                    $"0x{chunk}\r\n{body}\r\n0\r\n\r\n",
                    $"{chunk}\r\n{body}0\r\n\r\n",
                    $"10000000000000000{chunk}\r\n{body}\r\n0\r\n\r\n",
                    $"{chunk}\r\n{body}\r\n0\r\nContent-Length: 5\r\n\r\n",
                    $"{chunk}\r\n{body}\r\n0\r\nX\0: 1\r\n\r\n",
                    $"-1\r\n{body}\r\n0\r\n\r\n",
                    $"{chunk};a=\"\r\n{body}\r\n0\r\n\r\n", $" {chunk}\r\n{body}\r\n0\r\n\r\n", $"{chunk}\r\n{body}\r\n0\r\n\r\n{poison}",
                    $"{chunk}\r\n{body}\r\n0\r\nX-T: a\rb\r\n\r\n", $"zz\r\n{body}\r\n0\r\n\r\n", $"{chunk}\r\n{body}\r\n");
                ends = Chance(50);
                break;
            case 6:
                rest = body + Pick(poison, poison + poison, "\r\n" + poison, Poison, "\0");
                break;
            case 7:
                rest = Pick(body[..4], "", body);
                ends = true;
                break;
            case 8:
                (status, rest) = Pick(
                    ($"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK", body),
                    ($"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK", body),
                    ("HTTP/1.1 204 No Content", poison),
                    ("HTTP/1.1 304 Not Modified", poison),
                    ("HTTP/1.1 204 No Content", body),
                    ("HTTP/1.1 100 Continue", ""));
                break;
            default:
                (framing, rest, ends) = Pick(
                    ("", body, true),
                    ("Connection: close\r\n", body, true),
                    ("Content-Length: 0\r\n", poison, false),
                    ($"Connection: close\r\nContent-Length: {length}\r\n", body + poison, true));
                break;
        }

        return ($"{status}\r\n{headers}{framing}\r\n{rest}", ends);
    }
}
