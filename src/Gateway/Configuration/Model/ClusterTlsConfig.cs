namespace Gateway.Configuration.Model;

/// <summary>How TLS connections to the destinations of a cluster are made, for requests, probes and upgrades alike.</summary>
internal sealed record ClusterTlsConfig
{
    /// <summary>PEM file of the authorities that destinations' certificates must come from. Default: null, the system's.</summary>
    public string? Ca { get; init; }

    /// <summary>Shown to destinations that ask for a certificate. Default: none.</summary>
    public CertificateConfig? Certificate { get; init; }

    /// <summary>
    /// The name that is asked for (SNI) and that the certificate must have. Default: null, the destination's own; the header <c>Host</c>
    /// does not change by it.
    /// </summary>
    public string? ServerName { get; init; }

    /// <summary>The oldest version of TLS that destinations may speak. Default: 1.2.</summary>
    public TlsVersion MinTls { get; init; }
}
