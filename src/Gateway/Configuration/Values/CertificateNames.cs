using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Configuration.Values;

/// <summary>The names that a certificate is for.</summary>
internal static class CertificateNames
{
    /// <summary>Its subject alternative names, or its common name where it has none; <c>*.</c> stands for one label.</summary>
    public static ImmutableArray<string> Of(X509Certificate2 certificate)
    {
        ImmutableArray<string> alternatives =
        [
            .. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(static extension =>
                extension.EnumerateDnsNames()),
        ];
        return alternatives.IsEmpty && certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false) is { Length: > 0 } name
            ? [name]
            : alternatives;
    }

    /// <summary>True when clients that ask for the name will find it in the certificate.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="host">A name, or <c>*.</c> and a name.</param>
    public static bool IsFor(X509Certificate2 certificate, string host) =>
        Of(certificate).Contains(host, StringComparer.OrdinalIgnoreCase)
        || (!host.StartsWith('*') && certificate.MatchesHostname(host, allowWildcards: true, allowCommonName: false));
}
