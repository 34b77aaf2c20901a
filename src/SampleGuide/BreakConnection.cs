using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace SampleGuide;

/// <summary>Ends a connection below HTTP, in the ways in which real peers do.</summary>
internal static class BreakConnection
{
    /// <summary>Linger 0 makes the kernel send RST and drop what was not yet sent.</summary>
    public static void ByReset(HttpContext context)
    {
        Reset(SocketOf(context.Features));
        context.Abort();
    }

    /// <summary>FIN: to the client it looks like the end of the response, unless it counts.</summary>
    public static void ByClose(HttpContext context)
    {
        Socket socket = SocketOf(context.Features);
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The client was quicker and is gone: the connection has ended, which is all that was wanted.
        }

        socket.Dispose();
        context.Abort();
    }

    /// <summary>What no HTTP client can take for a response.</summary>
    public static async Task ByGarbageAsync(HttpContext context)
    {
        try
        {
            await SocketOf(context.Features).SendAsync("HTTP/1.1 2OO banana\r\nnot a header\r\n\r\n<<<>>>"u8.ToArray());
        }
        catch (SocketException)
        {
            // As above: no reader is left.
        }

        ByClose(context);
    }

    /// <summary>
    /// Connection middleware for <c>reset</c> at <c>accept</c>. The switch itself must stay reachable, so a new connection gets a moment to
    /// show that it wants <c>/faults</c>; every other one is reset before its request is looked at.
    /// </summary>
    public static ConnectionDelegate AtAccept(ConnectionDelegate next, FaultSwitch faults, TimeProvider time) => async connection =>
    {
        if (faults.ForConnection() && !await AsksForTheSwitchAsync(connection, time))
        {
            Reset(SocketOf(connection.Features));
            connection.Abort();
            return;
        }

        await next(connection);
    };

    private static async Task<bool> AsksForTheSwitchAsync(ConnectionContext connection, TimeProvider time)
    {
        using var moment = new CancellationTokenSource(TimeSpan.FromMilliseconds(50), time);
        try
        {
            var read = await connection.Transport.Input.ReadAsync(moment.Token);
            var first = read.Buffer.FirstSpan;
            bool asks = first.Length >= 15 && first[..15].IndexOf(" /faults"u8) > 0;
            connection.Transport.Input.AdvanceTo(read.Buffer.Start);
            return asks;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static Socket SocketOf(IFeatureCollection features) => features.GetRequiredFeature<IConnectionSocketFeature>().Socket;

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The client was quicker and is gone.
        }

        socket.Dispose();
    }
}
