using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;

namespace Gateway.Configuration.Checks;

/// <summary>Certificates that the gateway orders and that no authority would issue, or that get in each other's way.</summary>
internal static class AcmeChecks
{
    /// <summary>Notes every problem of all listeners.</summary>
    public static void Run(ImmutableArray<ListenConfig> listeners, Reader reader, DateTimeOffset now)
    {
        var first = new Dictionary<string, CertificateConfig>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < listeners.Length; i++)
        {
            for (var j = 0; j < listeners[i].Certificates.Length; j++)
            {
                if (listeners[i].Certificates[j] is { Acme: { } acme } certificate)
                {
                    var path = string.Create(CultureInfo.InvariantCulture, $"listen/{i}/certificates/{j}");
                    Run(certificate, acme, path, reader, now);
                    Share(certificate, path, reader, first);
                }
            }
        }
    }

    private static void Run(CertificateConfig certificate, AcmeConfig acme, string path, Reader reader, DateTimeOffset now)
    {
        foreach (var key in new[] { "file", "key" })
        {
            if (reader.IsWritten($"{path}/{key}"))
            {
                reader.ProblemAt(
                    $"{path}/{key}",
                    "The certificate is ordered, so that it has no file of yours. Remove the key, or remove \"acme\".",
                    $"{path}/acme");
            }
        }

        if (acme.Ca is { } ca)
        {
            CertificateFileChecks.Authorities(ca, $"{path}/acme/ca", reader, now);
        }

        if (certificate.Hosts.IsEmpty)
        {
            reader.ProblemAt(
                $"{path}/acme", "A certificate is ordered for names. Write them beside it: \"hosts: [ shop.example ]\".", $"{path}/hosts");
        }

        for (var i = 0; i < certificate.Hosts.Length; i++)
        {
            var (host, at) = (certificate.Hosts[i], string.Create(CultureInfo.InvariantCulture, $"{path}/hosts/{i}"));
            if (host.StartsWith('*'))
            {
                reader.ProblemAt(
                    at,
                    $"Authorities issue certificates for wildcards by DNS-01 alone, which the gateway does not speak, given "
                        + $"{Reader.Quote(host)}. Write each name, or order the certificate elsewhere and write \"file\" and \"key\".");
            }
            else if (IPAddress.TryParse(host, out _))
            {
                reader.ProblemAt(
                    at, $"A certificate is ordered for names, not for addresses, given {Reader.Quote(host)}. Write a name.");
            }
        }
    }

    // Its file is named after the first host; listeners that want the same certificate share it.
    private static void Share(CertificateConfig certificate, string path, Reader reader, Dictionary<string, CertificateConfig> first)
    {
        if (certificate.Hosts is [{ } name, ..]
            && !first.TryAdd(name, certificate)
            && (first[name].Acme != certificate.Acme
                || !first[name].Hosts.SequenceEqual(certificate.Hosts, StringComparer.OrdinalIgnoreCase)))
        {
            reader.ProblemAt(
                $"{path}/hosts/0",
                $"Another certificate is ordered for this name and others, given {Reader.Quote(name)}. Write the same \"acme\" and "
                    + $"\"hosts\" for both, or another first name.");
        }
    }
}
