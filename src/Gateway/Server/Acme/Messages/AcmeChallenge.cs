namespace Gateway.Server.Acme.Messages;

/// <summary>A way to prove that a name is one's own (RFC 8555, section 8).</summary>
internal sealed record AcmeChallenge
{
    /// <summary>The gateway's own response under <c>/.well-known/acme-challenge/</c>.</summary>
    public const string Http = "http-01";

    /// <summary>The gateway's own certificate in a handshake for <c>acme-tls/1</c> (RFC 8737).</summary>
    public const string TlsAlpn = "tls-alpn-01";

    public required string Type { get; init; }

    public required Uri Url { get; init; }

    /// <summary>Null in types that have none.</summary>
    public string? Token { get; init; }

    /// <summary>Why it failed.</summary>
    public AcmeProblem? Error { get; init; }
}
