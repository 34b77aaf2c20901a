using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;

namespace Gateway.Configuration.Checks;

/// <summary>What keys must be to each other and to the machine, once each was understood alone.</summary>
internal static class ConfigChecks
{
    /// <summary>Notes every problem and warning.</summary>
    public static void Run(GatewayConfig config, Reader reader, DateTimeOffset now)
    {
        PortChecks.Run(config, reader);
        CertificateChecks.Run(config.Listen, reader, now);
        CertificateChecks.Run(config.Admin, reader, now);
        AcmeChecks.Run(config.Listen, reader, now);
        foreach (var cluster in config.Clusters)
        {
            ClusterChecks.Run(cluster, config, reader);
        }

        foreach (var cluster in config.Clusters)
        {
            ClusterTlsChecks.Run(cluster, reader, now);
        }

        RouteChecks.Run(config, reader);
        foreach (var route in config.Routes)
        {
            FallbackChecks.Run(route, config, reader);
        }

        OperationChecks.Run(config, reader);
        RunbookChecks.Run(config, reader);
        DrillChecks.Run(config, reader);
    }
}
