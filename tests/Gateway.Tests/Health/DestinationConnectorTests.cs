using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using Gateway.Health.Probing;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Health;

[Trait("kind", "socket")]
public sealed class DestinationConnectorTests
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("dead", "living")]
    [InlineData("dead", "dead", "living")]
    [InlineData("refused", "living")]
    [InlineData("refused", "dead", "living")]
    [InlineData("living", "dead")]
    [InlineData("living", "refused")]
    public async Task Name_WithAddressesThatDoNotAnswer_IsReachedByTheOneThatDoes(params string[] addresses)
    {
        using var lab = new Lab();
        var connector = new DestinationConnector(TimeProvider.System, lab.Resolve(addresses));

        using var socket = await connector.ConnectAsync(lab.Name, Within, Token);
        Assert.Equal(Lab.Living, ((IPEndPoint)socket.RemoteEndPoint!).Address);
    }

    [Fact]
    public async Task Address_ThatLost_GoesLastTheNextTime()
    {
        using var lab = new Lab();
        var time = new ManualTime();
        var connector = new DestinationConnector(time, lab.Resolve("dead", "living"));
        var first = connector.ConnectAsync(lab.Name, Within, Token).AsTask();
        Assert.False(first.IsCompleted);
        while (!first.IsCompleted)
        {
            time.Advance(DestinationConnector.LongestHeadStart);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Token);
        }

        (await first).Dispose();

        // The clock stands: without the order learnt this would wait for ever.
        using var second = await connector.ConnectAsync(lab.Name, Within, Token);
        Assert.Equal(Lab.Living, ((IPEndPoint)second.RemoteEndPoint!).Address);
    }

    [Theory]
    [InlineData("refused", "refused", SocketError.ConnectionRefused)]
    [InlineData(null, null, SocketError.HostNotFound)]
    public async Task Name_ThatNobodyAnswers_FailsWithTheReason(string? first, string? second, SocketError reason)
    {
        using var lab = new Lab();
        var connector = new DestinationConnector(TimeProvider.System, lab.Resolve([.. new[] { first, second }.OfType<string>()]));
        Assert.Equal(
            reason,
            (await Assert.ThrowsAsync<SocketException>(() => connector.ConnectAsync(lab.Name, Within, Token).AsTask())).SocketErrorCode);
    }

    [Fact]
    public async Task Deadline_DuringARace_EndsAllOfIt()
    {
        using var lab = new Lab();
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        var connector = new DestinationConnector(TimeProvider.System, lab.Resolve("dead", "dead"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connector.ConnectAsync(
            lab.Name,
            TimeSpan.FromMilliseconds(100),
            deadline.Token).AsTask());
    }

    [Theory]
    [InlineData("http://127.0.0.1:1", "127.0.0.1:1")]
    [InlineData("http://[::1]:1", "[::1]:1")]
    [InlineData("http://[fe80::1%lo]:1", "Unspecified/fe80::1%lo:1")]
    [InlineData("http://[fe80::1%25lo]:1", "Unspecified/fe80::1%lo:1")]
    [InlineData("http://bücher.test:1", "Unspecified/xn--bcher-kva.test:1")]
    public void EndPoint_OfAUrl_KeepsTheZone(string url, string expected) =>
        Assert.Equal(expected, DestinationConnector.EndPointOf(new Uri(url)).ToString());

    /// <summary>Probes, plain reads and writes over HttpClient reach a link-local address, and none of them says its zone.</summary>
    [Theory]
    [InlineData("%")]
    [InlineData("%25")]
    public async Task LinkLocalDestination_WithItsZone_IsReachedAndNeverNamesIt(string percent)
    {
        var (address, link) = LinkLocal();
        if (address is null)
        {
            Assert.Skip("This machine has no link-local address.");
        }

        using var server = new TcpListener(address, 0);
        server.Start();
        var heads = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var serving = ServeAsync(server, heads);
        var port = ((IPEndPoint)server.LocalEndpoint).Port;
        var bare = new IPAddress(address.GetAddressBytes());
        await using (var gateway =
            await InProcessGateway.StartAsync(InProcessGateway.Config([$"\"http://[{bare}{percent}{link}]:{port}\""])))
        {
            Assert.Equal("ok", (await gateway.GetAsync("/read")).Body);
            Assert.Equal(
                "ok",
                (await gateway.AskAsync("POST /write HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 2\r\n\r\nhi", "POST")).Body);
        }

        server.Stop();
        await serving;
        foreach (var path in new[] { "GET /health", "GET /read", "POST /write" })
        {
            Assert.Contains(
                $"\r\nHost: [{bare}]:{port}\r\n",
                Assert.Single(heads.Where(head => head.StartsWith(path, StringComparison.Ordinal))
                    .Distinct(StringComparer.Ordinal)
                    .Take(1)),
                StringComparison.OrdinalIgnoreCase);
        }
    }

    private static (IPAddress? Address, string Link) LinkLocal() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(static link => link.OperationalStatus == OperationalStatus.Up)
        .SelectMany(static link => link.GetIPProperties().UnicastAddresses
            .Where(static a => a.Address.IsIPv6LinkLocal)
            .Select(a => ((IPAddress?)a.Address, link.Name)))
        .FirstOrDefault((null, ""));

    private static async Task ServeAsync(TcpListener server, System.Collections.Concurrent.ConcurrentQueue<string> heads)
    {
        try
        {
            while (true)
            {
                _ = RespondAsync(await server.AcceptTcpClientAsync(), heads);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private static async Task RespondAsync(TcpClient client, System.Collections.Concurrent.ConcurrentQueue<string> heads)
    {
        using (client)
        {
            var (buffer, text) = (new byte[8192], "");
            while (!text.Contains("\r\n\r\n", StringComparison.Ordinal))
            {
                var count = await client.GetStream().ReadAsync(buffer);
                if (count == 0)
                {
                    return;
                }

                text += Encoding.Latin1.GetString(buffer, 0, count);
            }

            heads.Enqueue(text);
            await client.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"u8.ToArray());
        }
    }

    /// <summary>
    /// Three addresses with one port: one that accepts, one that refuses, and one whose queue is full, so that it drops what comes.
    /// </summary>
    private sealed class Lab : IDisposable
    {
        public static readonly IPAddress Living = IPAddress.Parse("127.0.0.2");
        private static readonly IPAddress[] Dead = [IPAddress.Parse("127.0.0.3"), IPAddress.Parse("127.0.0.4")];
        private readonly Socket _living = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly List<Socket> _dead = [];

        public Lab()
        {
            _living.Bind(new IPEndPoint(Living, 0));
            _living.Listen(16);
            Name = new DnsEndPoint("guide.test", ((IPEndPoint)_living.LocalEndPoint!).Port);
            foreach (var address in Dead)
            {
                var dead = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                _dead.Add(dead);
                dead.Bind(new IPEndPoint(address, Name.Port));
                dead.Listen(0);
                for (var i = 0; i < 8; i++)
                {
                    var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                    _dead.Add(socket);
                    try
                    {
                        socket.Connect(new IPEndPoint(address, Name.Port));
                    }
                    catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
                    {
                        // It fills the queue, or waits before it.
                    }
                }
            }
        }

        public DnsEndPoint Name { get; }

        public Func<string, CancellationToken, Task<IPAddress[]>> Resolve(params string[] addresses) => (_, _) =>
            Task.FromResult(addresses.Select((what, i) => what switch
            {
                "living" => Living,
                "refused" => IPAddress.Parse($"127.0.0.{20 + i}"),
                _ => Dead[i % Dead.Length]
            }).ToArray());

        public void Dispose()
        {
            _living.Dispose();
            _dead.ForEach(static socket => socket.Dispose());
        }
    }
}
