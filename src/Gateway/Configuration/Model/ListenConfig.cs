using System.Collections.Immutable;

namespace Gateway.Configuration.Model;

/// <summary>One port for users.</summary>
internal sealed record ListenConfig
{
    /// <summary><c>http://</c> or <c>https://</c> with an IP address, <c>localhost</c> or <c>*</c>, and a port (0: any free one).</summary>
    public required Uri Url { get; init; }

    /// <summary>The certificate of an <c>https://</c> port; its files are read again when they change.</summary>
    public CertificateConfig? Certificate { get; init; }

    /// <summary>
    /// In place of <see cref="Certificate"/>: several, of which the name that a client asks for (SNI) chooses one; the first is for every
    /// other name.
    /// </summary>
    public ImmutableArray<CertificateConfig> Certificates { get; init; } = [];

    /// <summary>The oldest version of TLS that clients may speak. Default: 1.2.</summary>
    public TlsVersion MinTls { get; init; }

    /// <summary>Clients' certificates. Default: null, none is asked for.</summary>
    public ClientCertificatesConfig? ClientCertificates { get; init; }

    /// <summary>
    /// True: each connection begins with a header of the PROXY protocol (version 1 or 2), which names its client. Default: false.
    /// </summary>
    public bool ProxyProtocol { get; init; }

    /// <summary>True: clients may speak HTTP/3, which this build refuses (docs/decisions/0031). Default: false.</summary>
    public bool Http3 { get; init; }
}
