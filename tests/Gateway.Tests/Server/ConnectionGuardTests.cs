using System.Net;
using System.Net.Sockets;
using Gateway.Server;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Connections;
using Xunit;

namespace Gateway.Tests.Server;

/// <summary>A connection behind its last request: what was given of the response is still to be sent.</summary>
[Trait("kind", "socket")]
public sealed class ConnectionGuardTests
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Connection_ThatIsServed_StaysWatchedWhileTheClientIsOwedSomething(bool reads)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient { ReceiveBufferSize = 4096 };
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, Cancel);
        using var user = await listener.AcceptSocketAsync(Cancel);
        var time = new ManualTime();
        using var guard = new ConnectionGuard(TimeSpan.FromSeconds(15), Pause, time);
        var connection = new Connection();
        guard.Watch(connection, user);
        await connection.Requests();

        await guard.Around(_ => FillAsync(user))(connection);
        Assert.False(connection.ConnectionClosed.IsCancellationRequested);
        if (reads)
        {
            user.Shutdown(SocketShutdown.Send);
            await client.GetStream().CopyToAsync(Stream.Null, Cancel);
        }

        for (var i = 0; i < Pause.TotalSeconds + 2; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(reads ? null : "The client took the response too slowly.", connection.AbortedFor);
        Assert.Equal(reads, connection.ConnectionClosed.IsCancellationRequested);
    }

    [Fact]
    public async Task Connection_WithNothingLeftToSend_EndsWithItsLastRequest()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, Cancel);
        using var user = await listener.AcceptSocketAsync(Cancel);
        using var guard = new ConnectionGuard(TimeSpan.FromSeconds(15), Pause, new ManualTime());
        var connection = new Connection();
        guard.Watch(connection, user);

        await guard.Around(static _ => Task.CompletedTask)(connection);

        Assert.True(connection.ConnectionClosed.IsCancellationRequested);
    }

    /// <summary>Sends until the kernel takes no more.</summary>
    private static async Task FillAsync(Socket socket)
    {
        socket.Blocking = false;
        var piece = new byte[64 * 1024];
        for (var i = 0; i < 20; i++)
        {
            SocketError error;
            do
            {
                socket.Send(piece, SocketFlags.None, out error);
            }
            while (error == SocketError.Success);

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);
        }
    }

    private sealed class Connection : DefaultConnectionContext
    {
        public string? AbortedFor { get; private set; }

        public override void Abort(ConnectionAbortedException abortReason) => AbortedFor = abortReason.Message;

        /// <summary>A request came: what stands before the routes is asked as for one.</summary>
        public Task Requests() =>
            ConnectionGuard.Before(static _ => Task.CompletedTask)(new Microsoft.AspNetCore.Http.DefaultHttpContext(Features));
    }
}
