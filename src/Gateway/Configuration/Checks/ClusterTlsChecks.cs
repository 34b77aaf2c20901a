using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;

namespace Gateway.Configuration.Checks;

/// <summary>Authorities and certificates for the connections to destinations.</summary>
internal static class ClusterTlsChecks
{
    /// <summary>Notes every problem and warning of one cluster.</summary>
    public static void Run(ClusterConfig cluster, Reader reader, DateTimeOffset now)
    {
        if (cluster.Tls is not { } tls)
        {
            return;
        }

        var path = $"clusters/{cluster.Name}/tls";
        if (tls.Ca is { } ca)
        {
            CertificateFileChecks.Authorities(ca, $"{path}/ca", reader, now);
        }

        if (tls.Certificate is { } own)
        {
            CertificateFileChecks.Load(own, $"{path}/certificate", reader, now, "destinations will refuse it")?.Dispose();
        }

        if (!cluster.Tiers.Any(static tier => tier.Destinations.Any(static destination => destination.Url?.Scheme is "https"))
            && !reader.IsBad($"clusters/{cluster.Name}/tiers"))
        {
            reader.WarningAt(
                path,
                $"No destination of cluster \"{cluster.Name}\" is asked over TLS. Write https:// in their URLs, or remove \"tls\".");
        }
    }
}
