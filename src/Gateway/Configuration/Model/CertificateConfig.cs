using System.Collections.Immutable;

namespace Gateway.Configuration.Model;

/// <summary>PEM files of a certificate (chain included) and its private key, as absolute paths.</summary>
internal sealed record CertificateConfig(string File, string Key)
{
    /// <summary>
    /// The names for which clients get it, in lower case; <c>*.</c> at the beginning stands for one label. Empty: the names that the
    /// certificate itself has.
    /// </summary>
    public ImmutableArray<string> Hosts { get; init; } = [];

    /// <summary>In place of files: the gateway orders the certificate for <see cref="Hosts"/>. Default: null.</summary>
    public AcmeConfig? Acme { get; init; }
}
