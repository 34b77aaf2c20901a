using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Gateway.Drills.Faults;
using Xunit;

namespace Gateway.Tests.Drills;

[Trait("kind", "socket")]
public class TcpRelayTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Relay_NoFault_HandsOnBothWays()
    {
        await using var server = new ScriptedServer(_ => ScriptedServer.Ok("hello"));
        await using var relay = TcpRelay.Start(server.Port);

        Assert.EndsWith("hello", await AskAsync(relay), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Relay_Delay_PostponesTheResponse()
    {
        await using var server = new ScriptedServer(_ => ScriptedServer.Ok("hello"));
        await using var relay = TcpRelay.Start(server.Port);
        relay.ToClient = new(RelayMode.Delay, TimeSpan.FromSeconds(0.3));

        var started = Stopwatch.GetTimestamp();
        await AskAsync(relay);

        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0.29, 2);
    }

    [Fact]
    public async Task Relay_Drip_ComesBytewise()
    {
        await using var server = new ScriptedServer(_ => "0123456789");
        await using var relay = TcpRelay.Start(server.Port);
        relay.ToClient = new(RelayMode.Drip, TimeSpan.FromMilliseconds(30));
        using var client = await ConnectAsync(relay);
        await SendAsync(client);

        var pieces = 0;
        var buffer = new byte[64];
        for (var received = 0; received < 10; pieces++)
        {
            received += await client.ReceiveAsync(buffer).WaitAsync(Patience, Cancel);
        }

        Assert.InRange(pieces, 5, 10);
    }

    [Theory]
    [InlineData(nameof(RelayMode.Stall))]
    [InlineData(nameof(RelayMode.Swallow))]
    public async Task Relay_StallOrSwallow_KeepsTheConnectionOpenAndSilent(string name)
    {
        var mode = Enum.Parse<RelayMode>(name);
        await using var server = new ScriptedServer(_ => ScriptedServer.Ok("hello"));
        await using var relay = TcpRelay.Start(server.Port);
        using var client = await ConnectAsync(relay);
        await SendAsync(client);
        await ReceiveAsync(client);

        relay.ToClient = new(mode);
        await SendAsync(client);
        var silent = client.ReceiveAsync(new byte[64]);
        await Assert.ThrowsAsync<TimeoutException>(() => silent.WaitAsync(TimeSpan.FromSeconds(0.3), Cancel));
        Assert.Equal(1, relay.Connections);

        // A stall gives the bytes back when it ends; what was swallowed is gone for good.
        relay.ToClient = RelayBehaviour.Pass;
        if (mode == RelayMode.Stall)
        {
            Assert.NotEqual(0, await silent.WaitAsync(Patience, Cancel));
        }
        else
        {
            await Assert.ThrowsAsync<TimeoutException>(() => silent.WaitAsync(TimeSpan.FromSeconds(0.3), Cancel));
        }
    }

    [Fact]
    public async Task Relay_ResetAfterBytes_GivesTheBytesThenAReset()
    {
        await using var server = new ScriptedServer(_ => ScriptedServer.Ok("hello"));
        await using var relay = TcpRelay.Start(server.Port);
        relay.ToClient = new(RelayMode.Reset, AfterBytes: 8);
        using var client = await ConnectAsync(relay);
        await SendAsync(client);

        var error = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            while (await client.ReceiveAsync(new byte[64]).WaitAsync(Patience, Cancel) > 0)
            {
                // Whatever of the 8 bytes arrives before the reset.
            }
        });
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Fact]
    public async Task Relay_CutAfterBytes_EndsInOrderAfterThem()
    {
        await using var server = new ScriptedServer(_ => ScriptedServer.Ok("hello"));
        await using var relay = TcpRelay.Start(server.Port);
        relay.ToClient = new(RelayMode.Cut, AfterBytes: 8);
        using var client = await ConnectAsync(relay);
        await SendAsync(client);

        Assert.Equal("HTTP/1.1", await ReceiveAsync(client));
        Assert.Equal(0, await client.ReceiveAsync(new byte[64]).WaitAsync(Patience, Cancel));
    }

    [Fact]
    public async Task Relay_DoorRefusesThenOpens_KeepsItsPort()
    {
        await using var server = new ScriptedServer(_ => ScriptedServer.Ok("hello"));
        await using var relay = TcpRelay.Start(server.Port);

        await relay.SetDoorAsync(RelayDoor.Refuse);
        var refused = await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(relay));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);

        await relay.HealAsync();
        Assert.EndsWith("hello", await AskAsync(relay), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Relay_ResetAll_EndsOpenConnections()
    {
        await using var server = new ScriptedServer(_ => ScriptedServer.Ok("hello"));
        await using var relay = TcpRelay.Start(server.Port);
        using var client = await ConnectAsync(relay);
        await SendAsync(client);
        await ReceiveAsync(client);

        relay.ResetAll();

        await Assert.ThrowsAsync<SocketException>(() => client.ReceiveAsync(new byte[64]).WaitAsync(Patience, Cancel));
    }

    [Fact]
    public async Task Server_Resets_TheWaitingClientSeesItAtOnce()
    {
        await using var server = new ScriptedServer(_ => null);
        await using var relay = TcpRelay.Start(server.Port);
        using var client = await ConnectAsync(relay);
        await SendAsync(client);

        await Assert.ThrowsAsync<SocketException>(() => client.ReceiveAsync(new byte[64]).WaitAsync(Patience, Cancel));
    }

    private static async Task<string> AskAsync(TcpRelay relay)
    {
        using var client = await ConnectAsync(relay);
        await SendAsync(client);
        return await ReceiveAsync(client);
    }

    private static async Task<Socket> ConnectAsync(TcpRelay relay)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await client.ConnectAsync("127.0.0.1", relay.Port).WaitAsync(Patience, Cancel);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    private static Task SendAsync(Socket client) => client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());

    private static async Task<string> ReceiveAsync(Socket client)
    {
        var buffer = new byte[1024];
        var read = await client.ReceiveAsync(buffer).WaitAsync(Patience, Cancel);
        return Encoding.UTF8.GetString(buffer, 0, read);
    }
}
