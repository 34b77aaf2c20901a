using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Checks;

/// <summary>Certificates that do not load, that have expired, or that are not for the names they are given to.</summary>
internal static class CertificateChecks
{
    /// <summary>Notes every problem and warning.</summary>
    public static void Run(ImmutableArray<ListenConfig> listeners, Reader reader, DateTimeOffset now)
    {
        for (var i = 0; i < listeners.Length; i++)
        {
            Run(listeners[i], $"listen/{i.ToString(CultureInfo.InvariantCulture)}", reader, now);
        }
    }

    /// <summary>Notes every problem and warning of the admin endpoint.</summary>
    public static void Run(AdminConfig admin, Reader reader, DateTimeOffset now)
    {
        var isHttps = string.Equals(admin.Url.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal);
        OperatorCertificateChecks.Run(admin, isHttps, reader, now);
        if (admin.Certificate is { } certificate)
        {
            if (isHttps)
            {
                CertificateFileChecks.Load(certificate, "admin/certificate", reader, now, "browsers and probes will refuse the port")
                    ?.Dispose();
                return;
            }

            reader.ProblemAt(
                "admin/certificate",
                $"The certificate would not be used, given with \"{PortChecks.Shown(admin.Url)}\". Write https:// in the URL, or remove "
                    + $"the certificate.",
                "admin/url");
        }
        else if (isHttps)
        {
            reader.ProblemAt(
                "admin/url",
                $"An https port needs a certificate, given \"{PortChecks.Shown(admin.Url)}\". Write \"certificate: {{ file: FILE.pem, "
                    + $"key: FILE.key }}\" beside it, or http://.",
                "admin/certificate");
        }
    }

    private static void Run(ListenConfig listen, string path, Reader reader, DateTimeOffset now)
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
                reader.ProblemAt(
                    $"{path}/certificate",
                    "The certificate stands beside \"certificates\". Write it as the first item of that list.",
                    $"{path}/certificates");
            }

            CertificateFileChecks.Load(one, $"{path}/certificate", reader, now, "clients will refuse the port")?.Dispose();
        }
        else if (listen.Certificates.IsEmpty)
        {
            reader.ProblemAt(
                $"{path}/url",
                $"An https port needs a certificate, given \"{PortChecks.Shown(listen.Url)}\". Write \"certificate: {{ file: FILE.pem, "
                    + $"key: FILE.key }}\" beside it, or http://.",
                $"{path}/certificate",
                $"{path}/certificates");
        }

        if (listen.ClientCertificates is { } clients)
        {
            CertificateFileChecks.Authorities(clients.Ca, $"{path}/clientCertificates/ca", reader, now);
        }

        var owners = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < listen.Certificates.Length; i++)
        {
            var at = $"{path}/certificates/{i.ToString(CultureInfo.InvariantCulture)}";
            using var loaded = listen.Certificates[i].Acme is null && !reader.IsWritten($"{at}/acme")
                ? CertificateFileChecks.Load(listen.Certificates[i], at, reader, now, "clients will refuse it")
                : null;
            Hosts(listen.Certificates[i], i, loaded, at, reader, owners);
        }
    }

    private static void Unused(ListenConfig listen, string path, Reader reader)
    {
        var shown = PortChecks.Shown(listen.Url);
        if (listen.Certificate is not null)
        {
            reader.ProblemAt(
                $"{path}/certificate",
                $"The certificate would not be used, given with \"{shown}\". Write https:// in the URL, or remove the certificate.",
                $"{path}/url");
        }

        if (!listen.Certificates.IsEmpty)
        {
            reader.ProblemAt(
                $"{path}/certificates",
                $"The certificates would not be used, given with \"{shown}\". Write https:// in the URL, or remove the certificates.",
                $"{path}/url");
        }

        if (listen.ClientCertificates is not null)
        {
            reader.ProblemAt(
                $"{path}/clientCertificates",
                $"Clients' certificates would not be asked for, given with \"{shown}\". Write https:// in the URL, or remove the key.",
                $"{path}/url");
        }

        if (listen.MinTls != TlsVersion.Tls12)
        {
            reader.ProblemAt(
                $"{path}/minTls",
                $"The port does not speak TLS, given \"{shown}\". Write https:// in the URL, or remove the key.",
                $"{path}/url");
        }
    }

    private static void Hosts(
        CertificateConfig certificate,
        int index,
        X509Certificate2? loaded,
        string path,
        Reader reader,
        Dictionary<string, int> owners)
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
                reader.WarningAt(
                    at,
                    $"The certificate does not have this name, given {Reader.Quote(host)}. Clients that ask for it will refuse the "
                        + $"certificate.");
            }
        }
    }
}
