using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Observability;

/// <summary>
/// Twenty routes over twenty destinations, and a crowd that makes up paths, methods and hosts: what that does to the figures.
/// </summary>
[Trait("kind", "socket")]
public sealed class SeriesTests
{
    private const int Connections = 8;
    private const int InOneGo = 50;

    // What depends on how attempts went and on the time that passed, not on what clients send.
    private static readonly string[] ByEvents =
    [
        "gateway_attempts",
        "gateway_hedges",
        "gateway_availability",
        "gateway_mt",
        "gateway_log_dropped"
    ];

    [Fact]
    public async Task HundredThousandRandomRequests_SeriesStayAndAScrapeStaysQuick()
    {
        using var guide = new ConstantServer();
        await using var gateway = await InProcessGateway.StartAsync(Config(guide.Port));
        await SendAsync(gateway.Url, 4_000, seed: 1);
        var before = await SettledSeriesAsync(gateway);

        await SendAsync(gateway.Url, 100_000, seed: 2);

        var quickest = TimeSpan.MaxValue;
        var after = before;
        for (var i = 0; i < 20; i++)
        {
            var began = Stopwatch.GetTimestamp();
            after = await SeriesAsync(gateway);
            quickest = Stopwatch.GetElapsedTime(began) < quickest ? Stopwatch.GetElapsedTime(began) : quickest;
        }

        Assert.Equal(before.Where(IsByRequest), after.Where(IsByRequest));
        Assert.InRange(after.Length, 100, 800);
        Assert.True(
            quickest < TimeSpan.FromMilliseconds(50),
            string.Create(CultureInfo.InvariantCulture, $"The quickest of 20 scrapes took {quickest.TotalMilliseconds} ms."));
        Assert.Equal(104_000, await gateway.MetricAsync("gateway_requests_total"));
    }

    private static bool IsByRequest(string series) => !ByEvents.Any(family => series.StartsWith(family, StringComparison.Ordinal));

    /// <summary>
    /// What a destination shows of its requests appears with the next look at it: read until it stays the same for a second.
    /// </summary>
    private static async Task<string[]> SettledSeriesAsync(InProcessGateway gateway)
    {
        string[] series = [];
        await Eventually.BecomeTrueAsync(
            async () =>
            {
                var before = series;
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
                series = await SeriesAsync(gateway);
                return series.SequenceEqual(before, StringComparer.Ordinal);
            },
            TimeSpan.FromSeconds(60),
            "no series is added any more");
        return series;
    }

    private static async Task<string[]> SeriesAsync(InProcessGateway gateway) =>
    [
        .. (await gateway.MetricsTextAsync()).Split('\n').Where(static line => line.Length > 0 && line[0] != '#')
            .Select(static line => line[..line.LastIndexOf(' ')]).Order(StringComparer.Ordinal),
    ];

    // Twenty destinations are twenty of the machine's own addresses, behind which one server sits.
    private static string Config(int port)
    {
        var text = new StringBuilder(InProcessGateway.Config(
            Addresses(1, 10),
            Addresses(11, 10),
            attempts: "hedge: off",
            cluster: "    passive: { consecutiveFailures: 1000, minimumRequests: 100000 }"));
        for (var route = 1; route < 20; route++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"\n  r{route}:\n    match: {{ path: \"/r{route}/{{**rest}}\" }}\n    cluster: guide");
        }

        return text.ToString();

        IEnumerable<string> Addresses(int first, int count) =>
            Enumerable.Range(first, count).Select(n => string.Create(CultureInfo.InvariantCulture, $"\"http://127.0.0.{n}:{port}\""));
    }

    private static Task SendAsync(Uri url, int count, int seed) => Task.WhenAll(Enumerable.Range(0, Connections).Select(async n =>
    {
        var random = new Random((seed * 100) + n);
        await using var client = await RawClient.ConnectAsync(url);
        var text = new StringBuilder();
        for (var left = count / Connections; left > 0; left -= InOneGo)
        {
            text.Clear();
            var now = Math.Min(InOneGo, left);
            for (var i = 0; i < now; i++)
            {
                // Half of them for one of the nineteen routes by name; methods, paths, queries and hosts are anything.
                var method = random.Next(4) == 0 ? Word(random) : "GET";
                var path = random.Next(2) == 0
                    ? string.Create(CultureInfo.InvariantCulture, $"r{random.Next(1, 20)}/{Word(random)}")
                    : Word(random);
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"{method} /{path}?{Word(random)}={Word(random)} HTTP/1.1\r\nHost: {Word(random)}.test\r\n\r\n");
            }

            await client.SendAsync(text.ToString());
            await client.SkipAsync("HTTP/1.1 200 OK\r\n", now);
        }
    }));

    private static string Word(Random random) => string.Create(12, random, static (letters, random) =>
    {
        for (var i = 0; i < letters.Length; i++)
        {
            letters[i] = (char)('A' + random.Next(26));
        }
    });

    /// <summary>Answers whatever comes with the same few bytes, as cheaply as can be, on all addresses of this machine.</summary>
    private sealed class ConstantServer : IDisposable
    {
        private static readonly byte[] Respond = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray();

        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly CancellationTokenSource _stop = new();

        public ConstantServer()
        {
            _listener.Bind(new IPEndPoint(IPAddress.Any, 0));
            _listener.Listen(512);
            _ = AcceptAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

        public void Dispose()
        {
            _stop.Cancel();
            _listener.Dispose();
            _stop.Dispose();
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    _ = ServeAsync(await _listener.AcceptAsync(_stop.Token));
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private async Task ServeAsync(Socket socket)
        {
            var buffer = new byte[16 * 1024];
            var filled = 0;
            try
            {
                using (socket)
                {
                    while (await socket.ReceiveAsync(buffer.AsMemory(filled), _stop.Token) is > 0 and var count)
                    {
                        filled += count;
                        while (buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8) is >= 0 and var end)
                        {
                            // An empty body in chunks ends like a head, and begins right behind one or anew.
                            var isHead = end > 1 && !buffer.AsSpan(end - 2, 2).SequenceEqual("\n0"u8);
                            buffer.AsSpan(end + 4, filled - end - 4).CopyTo(buffer);
                            filled -= end + 4;
                            if (isHead)
                            {
                                await socket.SendAsync(Respond, _stop.Token);
                            }
                        }
                    }
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The gateway let go of the connection, or the test is over.
            }
        }
    }
}
