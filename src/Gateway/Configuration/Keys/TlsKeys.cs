using Gateway.Configuration.Model;
using Gateway.Configuration.Routing;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Keys;

/// <summary>The keys of TLS: certificates, and the versions that are spoken.</summary>
internal static class TlsKeys
{
    /// <summary>One certificate and its key.</summary>
    public static RecordSchema<CertificateConfig> Certificate() => Files("a mapping with file and key");

    /// <summary>Several, each with the names that it is for.</summary>
    public static ListSchema<CertificateConfig> Certificates() => new(
        Files("a mapping with file, key and hosts").Key(
            "hosts",
            new ListSchema<string>(Host(), atLeast: 1),
            static (certificate, value) => certificate with { Hosts = value },
            "Names for which clients get it; *.shop.example stands for one label before .shop.example. The certificate's own names when left out."),
        atLeast: 1);

    /// <summary>The oldest version that is spoken.</summary>
    public static TextSchema<TlsVersion> MinTls() => Schemas.Enum(("1.2", TlsVersion.Tls12), ("1.3", TlsVersion.Tls13));

    private static RecordSchema<CertificateConfig> Files(string what) => new RecordSchema<CertificateConfig>(what, static () => new CertificateConfig("", ""))
        .Key("file", Schemas.Path("a file"), static (certificate, value) => certificate with { File = value }, "PEM file of the certificate, its chain included.", required: true)
        .Key("key", Schemas.Path("a file"), static (certificate, value) => certificate with { Key = value }, "PEM file of the private key, without a password.", required: true);

    // SNI has names alone, no addresses (RFC 6066, section 3).
    private static TextSchema<string> Host() => Schemas.Text(
        "a host name",
        "Write a name like shop.example, or \"*.shop.example\"",
        @"^(\*\.)?[A-Za-z0-9._-]+$|\$\{",
        static text => !text.StartsWith('[') && HostName.IsPattern(text));
}
