namespace Gateway.Server.Acme.Messages;

/// <summary>A name that a certificate is ordered for.</summary>
internal sealed record AcmeIdentifier
{
    public string Type { get; init; } = "dns";

    public required string Value { get; init; }
}
