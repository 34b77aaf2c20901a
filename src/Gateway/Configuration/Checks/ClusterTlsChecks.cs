using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Checks;

/// <summary>Authorities and certificates for the connections to destinations.</summary>
internal static class ClusterTlsChecks
{
    /// <summary>Notes every problem and warning of one cluster.</summary>
    public static void Run(ClusterConfig cluster, Reader reader, DateTimeOffset now)
    {
        if (cluster.Tls is not { } tls) return;
        var path = $"clusters/{cluster.Name}/tls";
        if (tls.Ca is { } ca) Authorities(ca, $"{path}/ca", reader, now);
        if (tls.Certificate is { } own)
        {
            CertificateChecks.Load(own, $"{path}/certificate", reader, now, "destinations will refuse it")?.Dispose();
        }

        if (!cluster.Tiers.Any(static tier => tier.Destinations.Any(static destination => destination.Url?.Scheme is "https")) && !reader.IsBad($"clusters/{cluster.Name}/tiers"))
        {
            reader.WarningAt(path, $"No destination of cluster \"{cluster.Name}\" is asked over TLS. Write https:// in their URLs, or remove \"tls\".");
        }
    }

    /// <summary>Notes what is wrong with a file of authorities.</summary>
    public static void Authorities(string file, string path, Reader reader, DateTimeOffset now)
    {
        if (!File.Exists(file))
        {
            reader.ProblemAt(path, $"The file does not exist, given {Reader.Quote(file)}. Put it there, or write another path; a relative one starts at the folder in which the gateway is started.");
            return;
        }

        try
        {
            foreach (var authority in PemFiles.Authorities(file))
            {
                if (authority.NotAfter.ToUniversalTime() <= now.UtcDateTime)
                {
                    reader.WarningAt(path, $"An authority expired at {authority.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm}Z, given {Reader.Quote(file)}. Renew it: no certificate of it is trusted.");
                }

                authority.Dispose();
            }
        }
        catch (Exception failure) when (failure is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            reader.ProblemAt(path, $"The authorities do not load ({failure.GetType().Name}), given {Reader.Quote(file)}. Write a readable PEM file with their certificates.");
        }
    }
}
