using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;

namespace Gateway.Health.Probing;

/// <summary>
/// Turns the name of a <c>dns+srv</c> destination into endpoints: hosts, ports, weights and priorities of a service (SRV, RFC 2782), for as
/// long as their records are valid.
/// </summary>
/// <param name="servers">The name servers; null: the system's.</param>
internal sealed class ServiceResolver(params IPEndPoint[]? servers)
{
    /// <summary>A name is looked up no more often than this, whatever its records say.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    /// <summary>And no less often than this.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    // More are no service but a fault.
    private const int MostRecords = 256;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);

    /// <summary>The service's endpoints; none when it does not resolve now.</summary>
    public async Task<ResolvedName> ResolveAsync(string name, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            using var deadline = new CancellationTokenSource(Deadline, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            // Some of its steps know no token: WaitAsync is what bounds the wait.
            return await LookUpAsync(name, either.Token).WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested
            && e is DnsResponseException or SocketException or OperationCanceledException or ArgumentException or InvalidOperationException)
        {
            return new ResolvedName([], NameResolver.Interval);
        }
    }

    private async Task<ResolvedName> LookUpAsync(string name, CancellationToken cancellationToken)
    {
        // The system's name servers are read anew each time: they may have changed.
        var client = new LookupClient(OptionsOf(servers));
        var response = await client.QueryAsync(name, QueryType.SRV, QueryClass.IN, cancellationToken).ConfigureAwait(false);
        SrvRecord[] records = [.. response.Answers.SrvRecords().Take(MostRecords)];
        List<ResolvedEndpoint> endpoints = [];
        var valid = Longest;
        foreach (var record in records)
        {
            var target = record.Target.Value.TrimEnd('.');
            if (target.Length == 0 || record.Port == 0)
            {
                // The service is decidedly not available here (RFC 2782).
                continue;
            }

            valid = Shorter(valid, record.InitialTimeToLive);
            foreach (var address in await AddressesOfAsync(client, response, record.Target, cancellationToken).ConfigureAwait(false))
            {
                valid = Shorter(valid, address.InitialTimeToLive);
                endpoints.Add(new ResolvedEndpoint(address.Address, record.Port, target, Math.Max((int)record.Weight, 1), record.Priority));
            }
        }

        ResolvedEndpoint[] found =
        [
            .. endpoints.DistinctBy(static e => (e.Address, e.Port))
                .OrderBy(static e => e.Priority)
                    .ThenBy(static e => e.Address.ToString(), StringComparer.Ordinal)
                    .ThenBy(static e => e.Port),
        ];
        return new ResolvedName(found, found.Length == 0 ? NameResolver.Interval : valid < Shortest ? Shortest : valid);
    }

    // What the server sent along is taken; else it is asked for.
    private static async Task<IReadOnlyList<AddressRecord>> AddressesOfAsync(
        LookupClient client, IDnsQueryResponse response, DnsString target, CancellationToken cancellationToken)
    {
        AddressRecord[] along = [.. response.Additionals.AddressRecords().Where(record => record.DomainName.Equals(target))];
        if (along.Length > 0)
        {
            return along;
        }

        var four = client.QueryAsync(target, QueryType.A, QueryClass.IN, cancellationToken);
        var six = client.QueryAsync(target, QueryType.AAAA, QueryClass.IN, cancellationToken);
        await Task.WhenAll(four, six).ConfigureAwait(false);
        var (a, aaaa) = (await four.ConfigureAwait(false), await six.ConfigureAwait(false));
        return [.. a.Answers.AddressRecords(), .. aaaa.Answers.AddressRecords()];
    }

    private static TimeSpan Shorter(TimeSpan one, int seconds) => TimeSpan.FromSeconds(seconds) is var other && other < one ? other : one;

    private static LookupClientOptions OptionsOf(IPEndPoint[]? servers) => new(servers is { Length: > 0 }
        ? servers
        : [.. NameServer.ResolveNameServers().Select(static s => new IPEndPoint(IPAddress.Parse(s.Address), s.Port))])
    {
        Timeout = TimeSpan.FromMilliseconds(900),
        Retries = 1,
        UseCache = false,
        ThrowDnsErrors = false,
    };
}
