namespace Gateway.Forwarding.Requests;

/// <summary>
/// The verified certificate of a connection's client, as destinations get it: <c>Client-Cert</c> (RFC 9440). It stands among the features
/// of every connection of a listener that verifies clients, and there no client's own header of that name goes further.
/// </summary>
/// <param name="Value">The header's value, made once a connection; null: the client has shown none.</param>
internal sealed record ClientCertificate(string? Value)
{
    /// <summary>The header.</summary>
    public const string Header = "Client-Cert";

    private const string Chain = "Client-Cert-Chain";

    /// <summary>The DER bytes as a byte sequence of structured fields (RFC 8941, section 3.3.5).</summary>
    public static ClientCertificate Of(ReadOnlySpan<byte> der) => new($":{Convert.ToBase64String(der)}:");

    /// <summary>True: on such a connection the gateway alone writes this header.</summary>
    public static bool Owns(string name) =>
        name.Equals(Header, StringComparison.OrdinalIgnoreCase) || name.Equals(Chain, StringComparison.OrdinalIgnoreCase);
}
