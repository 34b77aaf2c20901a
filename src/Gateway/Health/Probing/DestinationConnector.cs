using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Gateway.Configuration.Values;

namespace Gateway.Health.Probing;

/// <summary>
/// Connects to destinations, for requests and probes alike. A name with several addresses is tried as RFC 8305 has it: the families in
/// turn, the next address when one fails or is silent for a moment, and the first connection wins. An address that lost goes last for a
/// while, so that a black hole costs one connection and not each.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="resolve">The addresses of a name in the order of preference; null: the system's.</param>
internal sealed class DestinationConnector(TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
{
    /// <summary>How long an address that lost goes last.</summary>
    public static readonly TimeSpan Demotion = TimeSpan.FromSeconds(30);

    /// <summary>Before the next address is tried beside a silent one: RFC 8305, section 5.</summary>
    public static readonly TimeSpan LongestHeadStart = TimeSpan.FromMilliseconds(250);

    // Beyond these a name's addresses are not tried: each takes a descriptor.
    private const int MostAddresses = 8;
    private const int MostDemoted = 1024;

    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve = resolve ?? Dns.GetHostAddressesAsync;
    private readonly ConcurrentDictionary<IPAddress, long> _demoted = new();

    /// <summary>
    /// Where a URL's destination is. A link-local address keeps its zone, which is looked up at each connection: its link may come later
    /// than we do.
    /// </summary>
    public static EndPoint EndPointOf(Uri url)
    {
        var host = UrlHost.Of(url);
        return !UrlHost.HasZone(url) && IPAddress.TryParse(host, out var address)
            ? new IPEndPoint(address, url.Port)
            : new DnsEndPoint(host, url.Port);
    }

    /// <summary>A connected socket.</summary>
    /// <param name="at">An address, or a name.</param>
    /// <param name="within">What the caller's deadline allows: every address of a name gets its turn before that.</param>
    /// <param name="cancellationToken">The deadline.</param>
    /// <exception cref="SocketException">No address took the connection, or the name is unknown.</exception>
    public async ValueTask<Socket> ConnectAsync(EndPoint at, TimeSpan within, CancellationToken cancellationToken)
    {
        if (at is IPEndPoint one)
        {
            return await ConnectToAsync(one, cancellationToken).ConfigureAwait(false);
        }

        var name = (DnsEndPoint)at;
        if (IPAddress.TryParse(name.Host.Trim('[', ']').Replace("%25", "%", StringComparison.Ordinal), out var literal))
        {
            return await ConnectToAsync(new IPEndPoint(literal, name.Port), cancellationToken).ConfigureAwait(false);
        }

        var addresses = InOrder(await _resolve(name.Host, cancellationToken).ConfigureAwait(false));
        return addresses switch
        {
            [] => throw new SocketException((int)SocketError.HostNotFound),
            [var only] => await ConnectToAsync(new IPEndPoint(only, name.Port), cancellationToken).ConfigureAwait(false),
            _ => await RaceAsync(addresses, name.Port, within, cancellationToken).ConfigureAwait(false),
        };
    }

    private async Task<Socket> RaceAsync(List<IPAddress> addresses, int port, TimeSpan within, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var headStart = within / (addresses.Count + 1) < LongestHeadStart ? within / (addresses.Count + 1) : LongestHeadStart;
        var running = new List<(IPAddress Address, Task<Socket> Connect)>(addresses.Count);
        var next = 0;
        Exception? failure = null;
        Task<Socket>? won = null;
        try
        {
            while (won is null && (next < addresses.Count || running.Count > 0))
            {
                if (next < addresses.Count)
                {
                    var address = addresses[next++];
                    running.Add((address, ConnectToAsync(new IPEndPoint(address, port), ended.Token)));
                }

                var pause = next < addresses.Count ? Task.Delay(headStart, time, ended.Token) : null;
                while (running.Count > 0)
                {
                    await Task.WhenAny(pause is null
                        ? running.Select(static r => (Task)r.Connect)
                        : running.Select(static r => (Task)r.Connect).Append(pause)).ConfigureAwait(false);
                    var done = running.FindIndex(static r => r.Connect.IsCompleted);
                    if (done < 0)
                    {
                        break;
                    }

                    var (address, connect) = running[done];
                    if (connect.IsCompletedSuccessfully)
                    {
                        won = connect;
                        break;
                    }

                    running.RemoveAt(done);
                    cancellationToken.ThrowIfCancellationRequested();
                    failure = connect.Exception?.InnerException ?? new SocketException((int)SocketError.TimedOut);
                    Demote(address);
                    if (next < addresses.Count)
                    {
                        break;
                    }
                }

                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            GiveUp(running, won);
        }

        return won is not null ? await won.ConfigureAwait(false) : throw failure ?? new SocketException((int)SocketError.HostUnreachable);
    }

    private void GiveUp(List<(IPAddress Address, Task<Socket> Connect)> running, Task<Socket>? won)
    {
        foreach (var (address, connect) in running)
        {
            if (connect == won)
            {
                continue;
            }

            if (won is not null)
            {
                Demote(address);
            }

            // Cancelled by now, or a moment too late: its socket is closed either way, and its failure is of no interest.
            _ = connect.ContinueWith(
                static late => { if (late.IsCompletedSuccessfully) { late.Result.Dispose(); } else { _ = late.Exception; } },
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }
    }

    /// <summary>Both families in turn, beginning with the one that the system prefers; those that lost lately at the end.</summary>
    private List<IPAddress> InOrder(IPAddress[] found)
    {
        var first = found.Length > 0 ? found[0].AddressFamily : AddressFamily.InterNetwork;
        var (one, other) = (found.Where(a => a.AddressFamily == first).ToArray(), found.Where(a => a.AddressFamily != first).ToArray());
        var mixed = new List<IPAddress>(found.Length);
        for (var i = 0; i < Math.Max(one.Length, other.Length); i++)
        {
            if (i < one.Length)
            {
                mixed.Add(one[i]);
            }

            if (i < other.Length)
            {
                mixed.Add(other[i]);
            }
        }

        var now = time.GetTimestamp();
        return [.. mixed.Distinct()
            .OrderBy(address => _demoted.TryGetValue(address, out var since) && time.GetElapsedTime(since, now) < Demotion)
            .Take(MostAddresses)];
    }

    private void Demote(IPAddress address)
    {
        if (_demoted.Count >= MostDemoted)
        {
            _demoted.Clear();
        }

        _demoted[address] = time.GetTimestamp();
    }

    private static async Task<Socket> ConnectToAsync(IPEndPoint at, CancellationToken cancellationToken)
    {
        var socket = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            await socket.ConnectAsync(at, cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
