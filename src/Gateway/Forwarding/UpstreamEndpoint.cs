using System.Globalization;
using Gateway.Configuration.Values;
using Gateway.Health.Model;
using Gateway.Health.Rules;
using Gateway.Observability.Metrics;
using Gateway.Upstream;
using Gateway.Upstream.Http1;

namespace Gateway.Forwarding;

/// <summary>One destination as one route meets it: all that an attempt needs, looked up once.</summary>
internal sealed class UpstreamEndpoint(
    Destination destination,
    RouteSuccessCounter tally,
    DestinationMeter meter,
    Http1ConnectionPool connections)
{
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    // With the zone of a link-local address, by which HttpClient tells connections apart.
    private readonly string _prefix = (UrlHost.HasZone(destination.Url)
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"{destination.Url.Scheme}://[{UrlHost.Of(destination.Url)}]:{destination.Url.Port}{destination.Url.AbsolutePath}")
        : destination.Url.GetLeftPart(UriPartial.Path)).TrimEnd('/');

    /// <summary>The path of its address, which stands before every request's; no slash at its end.</summary>
    public string PathPrefix { get; } = destination.Url.AbsolutePath.TrimEnd('/');

    /// <summary>Under which name it is asked. For an address that was looked up that is the name: virtual hosts go by it.</summary>
    public string Host { get; } = destination.HostName
        ?? (destination.Url.IsDefaultPort ? UrlHost.WithoutZone(destination.Url) : string.Create(
            CultureInfo.InvariantCulture,
            $"{UrlHost.WithoutZone(destination.Url)}:{destination.Url.Port}"));

    /// <summary>What HttpClient has to be told as <c>Host</c>, since it would take another from the address; null: nothing.</summary>
    public string? HostOverride => destination.HostName ?? (UrlHost.HasZone(destination.Url) ? Host : null);

    /// <summary>The destination.</summary>
    public Destination Destination => destination;

    /// <summary>Its successes on this route.</summary>
    public RouteSuccessCounter Tally => tally;

    /// <summary>Its figures.</summary>
    public DestinationMeter Meter => meter;

    /// <summary>Its connections for HTTP/1.1.</summary>
    public Http1ConnectionPool Connections => connections;

    /// <summary>HTTP/2 is offered where TLS can negotiate it.</summary>
    public bool IsTls { get; } = string.Equals(destination.Url.Scheme, Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase);

    /// <summary>The request's path and query at this destination.</summary>
    /// <param name="target">Escaped path and query, as the client wrote them.</param>
    /// <exception cref="UnwritableRequestException">It is not visible ASCII: written as it is, HttpClient would send memory
    /// that was never written.</exception>
    public Uri At(string target)
    {
        UnwritableRequestException.ThrowUnlessTarget(target);
        return new Uri(string.Concat(_prefix, target), AsWritten);
    }
}
