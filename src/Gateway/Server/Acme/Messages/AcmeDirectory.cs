namespace Gateway.Server.Acme.Messages;

/// <summary>Where the resources of a certificate authority are (RFC 8555, section 7.1.1).</summary>
internal sealed record AcmeDirectory
{
    public required Uri NewNonce { get; init; }

    public required Uri NewAccount { get; init; }

    public required Uri NewOrder { get; init; }
}
