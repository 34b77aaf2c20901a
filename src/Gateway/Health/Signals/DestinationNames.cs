using Gateway.Configuration.Routing;
using Gateway.Health.Model;

namespace Gateway.Health.Signals;

/// <summary>Finds the destination that a stranger names.</summary>
internal static class DestinationNames
{
    /// <summary>
    /// The destination of this name, or at this <c>host:port</c>, or the only one on this host, whatever port is named; null: there is
    /// none, or several.
    /// </summary>
    public static Destination? Find(string name, IReadOnlyList<Destination> destinations)
    {
        foreach (var destination in destinations)
        {
            if (string.Equals(destination.Name, name, StringComparison.Ordinal)
                || string.Equals(AuthorityOf(destination), name, StringComparison.OrdinalIgnoreCase))
            {
                return destination;
            }
        }

        var host = HostName.Of(name).ToString();
        Destination? only = null;
        foreach (var destination in destinations)
        {
            if (string.Equals(destination.Url.Host, host, StringComparison.OrdinalIgnoreCase)
                || string.Equals(HostOf(destination), host, StringComparison.OrdinalIgnoreCase))
            {
                if (only is not null)
                {
                    return null;
                }

                only = destination;
            }
        }

        return only;
    }

    private static string AuthorityOf(Destination destination) =>
        destination.Url.GetComponents(UriComponents.HostAndPort, UriFormat.UriEscaped);

    private static string? HostOf(Destination destination) => destination.HostName is { } own ? HostName.Of(own).ToString() : null;
}
