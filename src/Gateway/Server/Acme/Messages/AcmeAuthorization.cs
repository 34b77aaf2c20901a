namespace Gateway.Server.Acme.Messages;

/// <summary>What an account must prove for one name (RFC 8555, section 7.1.4).</summary>
internal sealed record AcmeAuthorization
{
    public required string Status { get; init; }

    public required AcmeIdentifier Identifier { get; init; }

    public required AcmeChallenge[] Challenges { get; init; }
}
