using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Checks;

/// <summary>Files of certificates, keys and authorities that do not load or have expired.</summary>
internal static class CertificateFileChecks
{
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
            if (File.Exists(file))
            {
                continue;
            }

            complete = false;
            reader.ProblemAt(
                $"{path}/{key}",
                $"The file does not exist, given {Reader.Quote(file)}. Put it there, or write another path; a relative one starts at the "
                    + $"folder in which the gateway is started.");
        }

        if (!complete)
        {
            return null;
        }

        try
        {
            var loaded = X509Certificate2.CreateFromPemFile(certificate.File, certificate.Key);
            if (loaded.NotAfter.ToUniversalTime() <= now.UtcDateTime)
            {
                reader.WarningAt(
                    $"{path}/file",
                    $"The certificate expired at {loaded.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm}Z, given "
                        + $"{Reader.Quote(certificate.File)}. Renew it: {consequence}.");
            }

            return loaded;
        }
        catch (Exception failure) when (failure is CryptographicException or IOException or UnauthorizedAccessException
            or ArgumentException)
        {
            reader.ProblemAt(
                $"{path}/file",
                $"The certificate and its key do not load ({failure.GetType().Name}), given {Reader.Quote(certificate.File)} and "
                    + $"{Reader.Quote(certificate.Key)}. Write readable PEM files that belong together, the key without a password.");
            return null;
        }
    }

    /// <summary>Notes what is wrong with a file of authorities.</summary>
    public static void Authorities(string file, string path, Reader reader, DateTimeOffset now)
    {
        if (!File.Exists(file))
        {
            reader.ProblemAt(
                path,
                $"The file does not exist, given {Reader.Quote(file)}. Put it there, or write another path; a relative one starts at the "
                    + $"folder in which the gateway is started.");
            return;
        }

        try
        {
            var authorities = PemFiles.Authorities(file);
            foreach (var authority in authorities)
            {
                if (!IsAnchored(authority, authorities))
                {
                    reader.WarningAt(
                        path,
                        $"An authority's own issuer is missing, given {Reader.Quote(file)} with {Reader.Quote(authority.Subject)}. Write "
                            + "the certificates up to the root into the file: without them no certificate of this authority is trusted.");
                }

                if (authority.NotAfter.ToUniversalTime() <= now.UtcDateTime)
                {
                    reader.WarningAt(
                        path,
                        $"An authority expired at {authority.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm}Z, given {Reader.Quote(file)}. "
                            + $"Renew it: no certificate of it is trusted.");
                }
            }

            foreach (var authority in authorities)
            {
                authority.Dispose();
            }
        }
        catch (Exception failure) when (failure is CryptographicException or IOException or UnauthorizedAccessException
            or ArgumentException)
        {
            reader.ProblemAt(
                path,
                $"The authorities do not load ({failure.GetType().Name}), given {Reader.Quote(file)}. Write a readable PEM file with their "
                    + $"certificates.");
        }
    }

    // Its issuer is there, or itself as a root: some authorities have a second certificate, by an older one.
    private static bool IsAnchored(X509Certificate2 authority, X509Certificate2Collection all)
    {
        var (subject, issuer) = (authority.SubjectName.RawData, authority.IssuerName.RawData);
        return all.Any(one => one.SubjectName.RawData.AsSpan().SequenceEqual(issuer)
            || (one.SubjectName.RawData.AsSpan().SequenceEqual(subject) && one.IssuerName.RawData.AsSpan().SequenceEqual(subject)));
    }
}
