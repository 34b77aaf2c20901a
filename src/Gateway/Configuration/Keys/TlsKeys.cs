using Gateway.Configuration.Model;
using Gateway.Configuration.Routing;

namespace Gateway.Configuration.Keys;

/// <summary>The keys of TLS: certificates, and the versions that are spoken.</summary>
internal static class TlsKeys
{
    /// <summary>One certificate and its key.</summary>
    public static RecordSchema<CertificateConfig> Certificate() => Files("a mapping with file and key", unless: null);

    /// <summary>Several, each with the names that it is for.</summary>
    public static ListSchema<CertificateConfig> Certificates() => new(
        Files("a mapping with file, key and hosts, or with acme and hosts", unless: "acme")
            .Key(
                "hosts",
                new ListSchema<string>(Host(), atLeast: 1),
                static (certificate, value) => certificate with { Hosts = value },
                "Names for which clients get it; *.shop.example stands for one label before .shop.example. The certificate's own names "
                    + "when left out.")
            .Key(
                "acme",
                Acme(),
                static (certificate, value) => certificate with { Acme = value },
                "In place of file and key: the gateway orders the certificate for hosts by ACME (RFC 8555), renews it, and keeps it in "
                    + "the state folder."),
        atLeast: 1);

    /// <summary>The oldest version that is spoken.</summary>
    public static TextSchema<TlsVersion> MinTls() => Schemas.Enum(("1.2", TlsVersion.Tls12), ("1.3", TlsVersion.Tls13));

    /// <summary>Connections to the destinations of a cluster.</summary>
    public static RecordSchema<ClusterTlsConfig> Cluster() =>
        new RecordSchema<ClusterTlsConfig>("a mapping of TLS settings", static () => new ClusterTlsConfig())
        .Key(
            "ca",
            Schemas.Path("a file"),
            static (tls, value) => tls with { Ca = value },
            "PEM file of the authorities that destinations' certificates must come from; the system's when left out.")
        .Key(
            "certificate",
            Certificate(),
            static (tls, value) => tls with { Certificate = value },
            "Shown to destinations that ask for a certificate; none when left out.")
        .Key(
            "serverName",
            ServerName(),
            static (tls, value) => tls with { ServerName = value },
            "The name in SNI, which the certificate must have; the destination's own when left out. Host stays as it is.")
        .Key(
            "minTls",
            MinTls(),
            static (tls, value) => tls with { MinTls = value },
            "The oldest version of TLS that destinations may speak.",
            "1.2");

    /// <summary>Clients' certificates.</summary>
    public static RecordSchema<ClientCertificatesConfig> Clients() =>
        new RecordSchema<ClientCertificatesConfig>("a mapping with ca and mode", static () => new ClientCertificatesConfig { Ca = "" })
        .Key(
            "ca",
            Schemas.Path("a file"),
            static (clients, value) => clients with { Ca = value },
            "PEM file of the authorities that clients' certificates must come from.",
            required: true)
        .Key(
            "mode",
            Schemas.Enum(("require", false), ("optional", true)),
            static (clients, value) => clients with { IsOptional = value },
            "require: no handshake without a certificate; optional: with one that verifies, or with none.",
            "require");

    private static RecordSchema<AcmeConfig> Acme() =>
        new RecordSchema<AcmeConfig>("a mapping with directory, email and ca", static () => new AcmeConfig { Directory = null! })
        .Key(
            "directory",
            Directory(),
            static (acme, value) => acme with { Directory = value },
            "The URL of the authority's directory, such as https://acme-v02.api.letsencrypt.org/directory. Writing it agrees to the "
                + "authority's terms of service.",
            required: true)
        .Key(
            "email",
            Schemas.Text(
                "an address of e-mail", "Write one like ops@shop.example", @"^[^\s@]+@[^\s@]+$|\$\{", static text =>
                    text.Length <= 254 && text.Split('@') is [{ Length: > 0 }, { Length: > 0 }] && !text.Any(char.IsWhiteSpace)),
            static (acme, value) => acme with { Email = value },
            "Where the authority writes to about the account; nowhere when left out.")
        .Key(
            "ca",
            Schemas.Path("a file"),
            static (acme, value) => acme with { Ca = value },
            "PEM file of the authorities that the certificate of the directory's own server must come from; the system's when left out.");

    private static TextSchema<Uri> Directory() => new(
        "the URL of an ACME directory",
        "Write https://, a host and a path, like https://acme-v02.api.letsencrypt.org/directory",
        static () => Schemas.Pattern(@"^https://[^/?#@]+|\$\{"),
        static text => text.StartsWith("https://", StringComparison.Ordinal) && UrlSchemas.TargetOf(text) is { } url
            ? url
            : Parsed<Uri>.Bad());

    private static RecordSchema<CertificateConfig> Files(string what, string? unless) =>
        new RecordSchema<CertificateConfig>(what, static () => new CertificateConfig("", ""))
        .Key(
            "file",
            Schemas.Path("a file"),
            static (certificate, value) => certificate with { File = value },
            "PEM file of the certificate, its chain included.",
            required: true,
            unless: unless)
        .Key(
            "key",
            Schemas.Path("a file"),
            static (certificate, value) => certificate with { Key = value },
            "PEM file of the private key, without a password.",
            required: true,
            unless: unless);

    private static TextSchema<string> ServerName() => Schemas.Text(
        "a host name",
        "Write a name like guide.internal",
        @"^[A-Za-z0-9._-]+$|\$\{",
        static text => !text.StartsWith('[') && !text.StartsWith('*') && HostName.IsPattern(text));

    // SNI has names alone, no addresses (RFC 6066, section 3).
    private static TextSchema<string> Host() => Schemas.Text(
        "a host name",
        "Write a name like shop.example, or \"*.shop.example\"",
        @"^(\*\.)?[A-Za-z0-9._-]+$|\$\{",
        static text => !text.StartsWith('[') && HostName.IsPattern(text));
}
