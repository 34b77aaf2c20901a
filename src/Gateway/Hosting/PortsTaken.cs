using System.Net;
using System.Net.Sockets;
using Gateway.Configuration.Model;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Hosting;

/// <summary>Says which port another program has, in place of what the server throws.</summary>
internal static class PortsTaken
{
    /// <summary>One sentence; null: the start failed for another reason.</summary>
    public static string? Sentence(GatewayConfig config, Exception failure)
    {
        for (var inner = failure; inner is not null; inner = inner.InnerException)
        {
            if (inner is AddressInUseException)
            {
                return Sentence(config);
            }
        }

        return null;
    }

    private static string Sentence(GatewayConfig config)
    {
        var taken = config.Listen
            .Select(static listen => (Key: "listen", listen.Url))
            .Append((Key: "admin.url", config.Admin.Url))
            .Where(static one => IsTaken(one.Url))
            .ToList();
        return taken.Count == 0
            ? "another program listens on one of its ports. End that program, or change \"listen\" or \"admin.url\"."
            : $"another program listens on "
                + $"{string.Join(" and ", taken.Select(static one => $"{one.Url.GetLeftPart(UriPartial.Authority)} (\"{one.Key}\")"))}. "
                + $"End that program (ss -ltnp names it), or change the port in the configuration.";
    }

    private static bool IsTaken(Uri url)
    {
        if (url.Port == 0)
        {
            return false;
        }

        var address = IPAddress.TryParse(url.IdnHost, out var given) ? given : url.IsLoopback ? IPAddress.Loopback : IPAddress.Any;
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, url.Port));
            socket.Listen();
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.AddressAlreadyInUse;
        }
    }
}
