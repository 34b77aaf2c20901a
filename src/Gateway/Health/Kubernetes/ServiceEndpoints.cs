using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gateway.Configuration.Model;
using Gateway.Health.Probing;

namespace Gateway.Health.Kubernetes;

/// <summary>
/// From the EndpointSlices of a Service to the endpoints that requests may go to. A ready endpoint is one; one that terminates and still
/// serves is one for want of a ready one; any other is none. Pure.
/// </summary>
internal static class ServiceEndpoints
{
    /// <summary>Each endpoint is probed: more are no service but a fault.</summary>
    public const int Most = 1000;

    // Used only while nothing else of the tier serves.
    private const int WhileTerminating = 1;
    private const int MostNamed = 8;

    /// <summary>What a Service stands for.</summary>
    /// <param name="name">The Service, and its port.</param>
    /// <param name="space">The namespace that it is in.</param>
    /// <param name="slices">All of its slices.</param>
    public static ResolvedName Of(KubernetesServiceName name, string space, IReadOnlyCollection<EndpointSlice> slices)
    {
        if (slices.Count == 0)
        {
            // The control plane keeps a slice for each Service, even without a pod.
            return Certain([], $"There is no EndpointSlice of a Service '{name.Service}' in namespace '{space}'. Check both names, and that"
                + " the Service has a selector or slices of its own");
        }

        List<Found> found = [];
        var ports = new SortedSet<string>(StringComparer.Ordinal);
        var (hasPort, hasNames) = (false, false);
        foreach (var slice in slices)
        {
            if (slice.AddressType is "FQDN")
            {
                hasNames = true;
                continue;
            }

            var open = PortsOf(slice);
            ports.UnionWith(open.Select(WordOf));
            if (PortOf(name.Port, open) is { } port)
            {
                hasPort = true;
                AddAll(found, slice, port);
            }
        }

        var host = $"{name.Service}.{space}.svc";
        var hinted = found.Count > 0 && found.TrueForAll(static f => f.IsTerminating || f.Hint is not null);
        ResolvedEndpoint[] endpoints =
        [
            .. Deduplicated(found).Select(f => new ResolvedEndpoint(
                f.Address,
                f.Port,
                host,
                Weight: null,
                f.IsTerminating ? WhileTerminating : 0)
            {
                Name = f.Pod,
                Zone = hinted ? f.Hint ?? f.Zone : f.Zone,
            })
        ];
        return Certain(
            endpoints.Length > Most ? endpoints[..Most] : endpoints,
            endpoints.Length > Most
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"Service '{name.Service}' in namespace '{space}' has {endpoints.Length} endpoints: the gateway uses {Most} of them, "
                        + $"since it probes each. Put several Services in its place")
                : hasPort ? null
                : ProblemOf(name, space, ports, hasNames));
    }

    private static ResolvedName Certain(ResolvedEndpoint[] endpoints, string? problem) =>
        new(endpoints, TimeSpan.Zero) { IsCertain = true, Problem = problem };

    private static string? ProblemOf(KubernetesServiceName name, string space, SortedSet<string> ports, bool hasNames)
    {
        if (ports.Count > 0)
        {
            var listed = string.Join(", ", ports.Take(MostNamed));
            return name.Port is null
                ? $"Service '{name.Service}' in namespace '{space}' has several ports. Write one of them behind a colon: {listed}"
                : $"Service '{name.Service}' in namespace '{space}' has no TCP port '{name.Port}'. Write the name of one, or the number "
                    + $"that its pods listen at: {listed}";
        }

        // Slices without ports are those of a Service that has no pods now.
        return hasNames
            ? $"The EndpointSlices of Service '{name.Service}' in namespace '{space}' hold names (FQDN), not addresses. Write "
                + "dns+http://NAME:PORT for them"
            : null;
    }

    private static SlicePort[] PortsOf(EndpointSlice slice) =>
    [
        .. (slice.Ports ?? []).OfType<SlicePort>().Where(static p =>
            p is { Port: > 0 and <= 65535, Protocol: null or "" or "TCP" })
    ];

    private static string WordOf(SlicePort port)
    {
        var number = port.Port!.Value.ToString(CultureInfo.InvariantCulture);
        return ApiText.Clean(port.Name) is { } name ? $"{name} ({number})" : number;
    }

    private static int? PortOf(string? wanted, SlicePort[] ports)
    {
        if (wanted is null)
        {
            return ports.Length == 1 ? ports[0].Port : null;
        }

        var isNumber = int.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        foreach (var port in ports)
        {
            if (isNumber ? port.Port == number : string.Equals(port.Name, wanted, StringComparison.Ordinal))
            {
                return port.Port;
            }
        }

        return null;
    }

    private static void AddAll(List<Found> found, EndpointSlice slice, int port)
    {
        foreach (var endpoint in slice.Endpoints ?? [])
        {
            if (endpoint?.Addresses is not [{ } text, ..] || !IPAddress.TryParse(text, out var address) || !IsUsable(address))
            {
                continue;
            }

            var conditions = endpoint.Conditions;
            var terminates = conditions?.Terminating is true;
            var ready = conditions?.Ready ?? true;
            if (terminates ? conditions?.Serving is false : !ready)
            {
                continue;
            }

            found.Add(new Found(
                address,
                port,
                terminates,
                endpoint.TargetRef is { Kind: "Pod", Name: var pod } ? ApiText.Clean(pod) : null,
                ApiText.Clean(endpoint.Zone),
                HintOf(endpoint)));
        }
    }

    private static bool IsUsable(IPAddress address) =>
        !address.Equals(IPAddress.Any)
        && !address.Equals(IPAddress.IPv6Any)
        && !address.IsIPv6Multicast
        && !address.Equals(IPAddress.Broadcast);

    private static string? HintOf(SliceEndpoint endpoint)
    {
        var zones = (endpoint.Hints?.ForZones ?? []).Select(static z => ApiText.Clean(z?.Name)).Where(static z => z is not null).ToArray();
        var own = ApiText.Clean(endpoint.Zone);
        return zones.Length == 0 ? null
            : zones.Contains(own, StringComparer.Ordinal) ? own
            : zones.Order(StringComparer.Ordinal).First();
    }

    // While slices are rewritten an endpoint may stand in two of them, and a pod of two families stands in one of each: it is one
    // destination. One that is ready comes before one that terminates, IPv4 before IPv6.
    private static IEnumerable<Found> Deduplicated(List<Found> found) => found
        .OrderBy(static f => f.IsTerminating)
            .ThenBy(static f => f.Address.AddressFamily != AddressFamily.InterNetwork)
            .ThenBy(static f => f.Address.ToString(), StringComparer.Ordinal)
        .DistinctBy(static f => (f.Address, f.Port))
        .DistinctBy(static f => f.Pod ?? $"{f.Address} {f.Port}", StringComparer.Ordinal)
        .OrderBy(static f => f.IsTerminating)
            .ThenBy(static f => f.Pod ?? "", StringComparer.Ordinal)
            .ThenBy(static f => f.Address.ToString(), StringComparer.Ordinal);

    /// <summary>An endpoint as a slice has it.</summary>
    private sealed record Found(IPAddress Address, int Port, bool IsTerminating, string? Pod, string? Zone, string? Hint);
}
