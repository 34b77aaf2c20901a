namespace Gateway.Configuration.Model;

/// <summary>Which clients of a listener show a certificate.</summary>
internal sealed record ClientCertificatesConfig
{
    /// <summary>PEM file of the authorities that clients' certificates must come from.</summary>
    public required string Ca { get; init; }

    /// <summary>True: a client may come without one; one that does not verify is refused all the same. Default: false.</summary>
    public bool IsOptional { get; init; }
}
