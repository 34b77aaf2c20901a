using System.Net;
using System.Net.Sockets;

namespace Gateway.Health.Probing;

/// <summary>Turns the name of a <c>dns+</c> destination into addresses.</summary>
internal static class NameResolver
{
    /// <summary>From one look-up to the next.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);

    /// <summary>Addresses as what a name stands for.</summary>
    public static ResolvedName Of(IReadOnlyList<IPAddress> addresses) =>
        new([.. addresses.Select(static address => new ResolvedEndpoint(address))], Interval);

    /// <summary>The name's addresses in a stable order; empty when it does not resolve now, and then the known ones stay in use.</summary>
    public static async Task<IReadOnlyList<IPAddress>> ResolveAsync(string host, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            // getaddrinfo itself cannot be cancelled: WaitAsync is what bounds the wait.
            var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken)
                .WaitAsync(Deadline, time, cancellationToken)
                .ConfigureAwait(false);
            return [.. addresses.DistinctBy(a => a.ToString(), StringComparer.Ordinal).OrderBy(a => a.ToString(), StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is SocketException or TimeoutException or ArgumentException)
        {
            return [];
        }
    }
}
