using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Drills.Load;

/// <summary>Where load goes. Anything but loopback has to be allowed expressly: a slip of a URL must not become an attack.</summary>
internal sealed class LoadTarget
{
    private LoadTarget(IPEndPoint endPoint, string authority)
    {
        EndPoint = endPoint;
        Host = Encoding.ASCII.GetBytes(authority);
    }

    /// <summary>The address.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>The value of the Host header.</summary>
    public ReadOnlyMemory<byte> Host { get; }

    /// <summary>Judges a URL.</summary>
    /// <param name="host">Another Host header than the URL's own; null: the URL's.</param>
    /// <exception cref="ArgumentException">It is not plain HTTP, has no address, or is not loopback and not allowed.</exception>
    public static LoadTarget Parse(string url, bool allowRemote = false, string? host = null)
    {
        var uri = new Uri(url, UriKind.Absolute);
        if (!string.Equals(uri.Scheme, Uri.UriSchemeHttp, StringComparison.Ordinal))
        {
            throw new ArgumentException($"The target '{url}' is not http. The generator speaks HTTP/1.1 without TLS only.", nameof(url));
        }

        var address = Dns.GetHostAddresses(uri.Host, AddressFamily.InterNetwork).FirstOrDefault()
            ?? throw new ArgumentException($"The target '{url}' has no IPv4 address.", nameof(url));
        if (!IPAddress.IsLoopback(address) && !allowRemote)
        {
            throw new ArgumentException(
                $"The target '{url}' is not on this machine. Load is sent elsewhere only when the drill says 'allowTarget'.",
                nameof(url));
        }

        return new(new(address, uri.Port), host ?? uri.Authority);
    }
}
