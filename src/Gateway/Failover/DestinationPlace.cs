using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Health.Probing;

namespace Gateway.Failover;

/// <summary>One destination, as it is written or as a name's look-up found it. Pure.</summary>
/// <param name="Name">Unique inside the cluster.</param>
/// <param name="Url">Where it is.</param>
/// <param name="HostName">The name that it is asked under; null: its address.</param>
/// <param name="Weight">Its share beside its neighbours.</param>
/// <param name="MaxInFlight">Requests that it may have in flight; null: unlimited.</param>
/// <param name="Priority">Used only while none of its tier with a lower number serves.</param>
internal readonly record struct DestinationPlace(string Name, Uri Url, string? HostName, int Weight, int? MaxInFlight, int Priority = 0)
{
    /// <summary>Where it is; null: unknown.</summary>
    public string? Zone { get; init; }

    /// <summary>All that a destination of the configuration stands for.</summary>
    public static IEnumerable<DestinationPlace> AllOf(
        DestinationConfig destination, Func<DnsName, IReadOnlyList<ResolvedEndpoint>> endpoints) =>
        destination.Resolve
            ? endpoints(NameOf(destination)).Select(found => Of(destination, found))
            :
            [
                new DestinationPlace(destination.Name, destination.Url, null, destination.Weight, destination.MaxInFlight)
                {
                    Zone = destination.Zone,
                },
            ];

    /// <summary>One that a look-up found.</summary>
    public static DestinationPlace Of(DestinationConfig destination, ResolvedEndpoint found)
    {
        var port = found.Port ?? destination.Url.Port;
        var url = new UriBuilder(destination.Url) { Host = found.Address.ToString(), Port = port }.Uri;
        var place = found.Port is null
            ? new DestinationPlace(
                $"{destination.Name}@{found.Address}",
                url,
                destination.Url.Authority,
                destination.Weight,
                destination.MaxInFlight,
                found.Priority)
            : new DestinationPlace(
                $"{destination.Name}@{found.Name ?? string.Create(CultureInfo.InvariantCulture, $"{url.Host}:{port}")}",
                url,
                string.Create(CultureInfo.InvariantCulture, $"{found.Host}:{port}"),
                found.Weight ?? destination.Weight,
                destination.MaxInFlight,
                found.Priority);
        return place with { Zone = found.Zone ?? destination.Zone };
    }

    /// <summary>The name that is to be looked up for a destination.</summary>
    public static DnsName NameOf(DestinationConfig destination) =>
        destination.Kubernetes is { } service
            ? new(service.ToString(), IsService: false, service)
            : new(destination.Url.DnsSafeHost.ToLowerInvariant(), destination.IsService);
}
