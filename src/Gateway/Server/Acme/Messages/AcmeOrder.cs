namespace Gateway.Server.Acme.Messages;

/// <summary>An order (RFC 8555, section 7.1.3).</summary>
internal sealed record AcmeOrder
{
    public required string Status { get; init; }

    public required Uri[] Authorizations { get; init; }

    public required Uri Finalize { get; init; }

    /// <summary>Where the certificate is, once the order is valid.</summary>
    public Uri? Certificate { get; init; }

    /// <summary>Why it is invalid.</summary>
    public AcmeProblem? Error { get; init; }
}
