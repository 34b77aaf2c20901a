namespace Gateway.Configuration.Model;

/// <summary>The authority that a certificate is ordered from (RFC 8555).</summary>
internal sealed record AcmeConfig
{
    /// <summary>The URL of its directory.</summary>
    public required Uri Directory { get; init; }

    /// <summary>Where it writes to about the account. Default: null, nowhere.</summary>
    public string? Email { get; init; }

    /// <summary>PEM file of the authorities that its own server's certificate must come from. Default: null, the system's.</summary>
    public string? Ca { get; init; }
}
