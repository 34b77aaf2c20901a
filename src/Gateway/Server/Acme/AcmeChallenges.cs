using System.Collections.Frozen;
using System.Net.Security;

namespace Gateway.Server.Acme;

/// <summary>
/// What the gateway answers to an authority while an order is under way. One order at a time writes it; requests and handshakes read it
/// without a lock.
/// </summary>
internal sealed class AcmeChallenges
{
    private FrozenDictionary<string, string> _responses = FrozenDictionary<string, string>.Empty;
    private FrozenDictionary<string, SslStreamCertificateContext> _certificates =
        FrozenDictionary<string, SslStreamCertificateContext>.Empty;

    /// <summary>Whether a handshake may be an authority's.</summary>
    public bool HasCertificates => Volatile.Read(ref _certificates).Count > 0;

    /// <summary>The response to a token (RFC 8555, section 8.3); null: none is expected.</summary>
    public string? ResponseTo(string token) => Volatile.Read(ref _responses).GetValueOrDefault(token);

    /// <summary>The certificate for a name in a handshake for <c>acme-tls/1</c> (RFC 8737); null: none is expected.</summary>
    public SslStreamCertificateContext? CertificateFor(string host) => Volatile.Read(ref _certificates).GetValueOrDefault(host);

    /// <summary>Answers to a token from now on.</summary>
    public void Expect(string token, string response) => Volatile.Write(
        ref _responses,
        _responses.Append(new(token, response)).ToFrozenDictionary(StringComparer.Ordinal));

    /// <summary>Shows a certificate for a name from now on.</summary>
    public void Expect(string host, SslStreamCertificateContext certificate) => Volatile.Write(
        ref _certificates,
        _certificates.Where(pair => !string.Equals(pair.Key, host, StringComparison.OrdinalIgnoreCase))
            .Append(new(host, certificate))
            .ToFrozenDictionary(StringComparer.OrdinalIgnoreCase));

    /// <summary>The order is over: nothing is answered any more.</summary>
    public void Clear()
    {
        Volatile.Write(ref _responses, FrozenDictionary<string, string>.Empty);
        Volatile.Write(ref _certificates, FrozenDictionary<string, SslStreamCertificateContext>.Empty);
    }
}
