using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Server.Acme;

/// <summary>The key of an account: signs requests (RFC 7515, ES256), and binds challenges to the account by its thumbprint.</summary>
internal sealed class AcmeAccountKey : IDisposable
{
    private readonly ECDsa _key;

    /// <param name="key">On the curve P-256. It belongs to this object from now on.</param>
    public AcmeAccountKey(ECDsa key)
    {
        _key = key;
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        var (x, y) = (Base64Url.EncodeToString(point.X), Base64Url.EncodeToString(point.Y));
        // The members that RFC 7638 hashes, in its order: the same text serves as the key itself.
        Jwk = $$"""{"crv":"P-256","kty":"EC","x":"{{x}}","y":"{{y}}"}""";
        Thumbprint = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Jwk)));
    }

    /// <summary>The public key as JSON (RFC 7517).</summary>
    public string Jwk { get; }

    /// <summary>Of the public key (RFC 7638).</summary>
    public string Thumbprint { get; }

    /// <summary>What proves a challenge (RFC 8555, section 8.1).</summary>
    public string AuthorizationOf(string token) => $"{token}.{Thumbprint}";

    /// <summary>A signed message in flattened JSON (RFC 7515, section 7.2.2).</summary>
    /// <param name="header">The protected header as JSON.</param>
    /// <param name="payload">What is signed; empty: POST-as-GET.</param>
    public string Sign(string header, string payload)
    {
        var (first, second) = (Encoded(header), Encoded(payload));
        var signature = _key.SignData(
            Encoding.ASCII.GetBytes($"{first}.{second}"), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return $$"""{"protected":"{{first}}","payload":"{{second}}","signature":"{{Base64Url.EncodeToString(signature)}}"}""";
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    private static string Encoded(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
