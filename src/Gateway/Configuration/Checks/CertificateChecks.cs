using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Checks;

/// <summary>Certificates that do not load, that have expired, or that are not for the names they are given to.</summary>
internal static class CertificateChecks
{
    /// <summary>Notes every problem and warning of one listener.</summary>
    public static void Run(ListenConfig listen, string path, Reader reader, DateTimeOffset now)
    {
        if (!string.Equals(listen.Url.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal))
        {
            Unused(listen, path, reader);
            return;
        }

        if (listen.Certificate is { } one)
        {
            if (!listen.Certificates.IsEmpty)
            {
                reader.ProblemAt($"{path}/certificate", "The certificate stands beside \"certificates\". Write it as the first item of that list.", $"{path}/certificates");
            }

            Load(one, $"{path}/certificate", reader, now, "clients will refuse the port")?.Dispose();
        }
        else if (listen.Certificates.IsEmpty)
        {
            reader.ProblemAt($"{path}/url", $"An https port needs a certificate, given \"{PortChecks.Shown(listen.Url)}\". Write \"certificate: {{ file: FILE.pem, key: FILE.key }}\" beside it, or http://.", $"{path}/certificate", $"{path}/certificates");
        }

        if (listen.ClientCertificates is { } clients) ClusterTlsChecks.Authorities(clients.Ca, $"{path}/clientCertificates/ca", reader, now);

        var owners = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < listen.Certificates.Length; i++)
        {
            var at = $"{path}/certificates/{i.ToString(CultureInfo.InvariantCulture)}";
            using var loaded = Load(listen.Certificates[i], at, reader, now, "clients will refuse it");
            Hosts(listen.Certificates[i], i, loaded, at, reader, owners);
        }
    }

    /// <summary>Loads a certificate and its key as the gateway does; null with a problem: they do not load.</summary>
    /// <param name="certificate">Its files.</param>
    /// <param name="path">Where they are named.</param>
    /// <param name="reader">Gets the problems.</param>
    /// <param name="now">The time.</param>
    /// <param name="consequence">What follows once it has expired.</param>
    public static X509Certificate2? Load(CertificateConfig certificate, string path, Reader reader, DateTimeOffset now, string consequence)
    {
        var complete = true;
        foreach (var (key, file) in new[] { ("file", certificate.File), ("key", certificate.Key) })
        {
            if (File.Exists(file)) continue;
            complete = false;
            reader.ProblemAt($"{path}/{key}", $"The file does not exist, given {Reader.Quote(file)}. Put it there, or write another path; a relative one starts at the folder in which the gateway is started.");
        }

        if (!complete) return null;
        try
        {
            var loaded = X509Certificate2.CreateFromPemFile(certificate.File, certificate.Key);
            if (loaded.NotAfter.ToUniversalTime() <= now.UtcDateTime)
            {
                reader.WarningAt($"{path}/file", $"The certificate expired at {loaded.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm}Z, given {Reader.Quote(certificate.File)}. Renew it: {consequence}.");
            }

            return loaded;
        }
        catch (Exception failure) when (failure is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            reader.ProblemAt($"{path}/file", $"The certificate and its key do not load ({failure.GetType().Name}), given {Reader.Quote(certificate.File)} and {Reader.Quote(certificate.Key)}. Write readable PEM files that belong together, the key without a password.");
            return null;
        }
    }

    private static void Unused(ListenConfig listen, string path, Reader reader)
    {
        var shown = PortChecks.Shown(listen.Url);
        if (listen.Certificate is not null)
        {
            reader.ProblemAt($"{path}/certificate", $"The certificate would not be used, given with \"{shown}\". Write https:// in the URL, or remove the certificate.", $"{path}/url");
        }

        if (!listen.Certificates.IsEmpty)
        {
            reader.ProblemAt($"{path}/certificates", $"The certificates would not be used, given with \"{shown}\". Write https:// in the URL, or remove the certificates.", $"{path}/url");
        }

        if (listen.ClientCertificates is not null)
        {
            reader.ProblemAt($"{path}/clientCertificates", $"Clients' certificates would not be asked for, given with \"{shown}\". Write https:// in the URL, or remove the key.", $"{path}/url");
        }

        if (listen.MinTls != TlsVersion.Tls12)
        {
            reader.ProblemAt($"{path}/minTls", $"The port does not speak TLS, given \"{shown}\". Write https:// in the URL, or remove the key.", $"{path}/url");
        }
    }

    private static void Hosts(CertificateConfig certificate, int index, X509Certificate2? loaded, string path, Reader reader, Dictionary<string, int> owners)
    {
        for (var i = 0; i < certificate.Hosts.Length; i++)
        {
            var (host, at) = (certificate.Hosts[i], $"{path}/hosts/{i.ToString(CultureInfo.InvariantCulture)}");
            if (!owners.TryAdd(host, index))
            {
                reader.ProblemAt(at, $"Two certificates are for the same name, given {Reader.Quote(host)}. Write it once.");
            }
            else if (loaded is not null && !CertificateNames.IsFor(loaded, host))
            {
                reader.WarningAt(at, $"The certificate does not have this name, given {Reader.Quote(host)}. Clients that ask for it will refuse the certificate.");
            }
        }
    }
}
