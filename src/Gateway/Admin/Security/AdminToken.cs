using System.Security.Cryptography;
using System.Text;

namespace Gateway.Admin.Security;

/// <summary>The token in force on the admin endpoint; a reload replaces it while requests are compared with it.</summary>
internal sealed class AdminToken
{
    private volatile byte[]? _hash;

    public AdminToken(string? token) => Replace(token);

    /// <summary>False: calls need no token.</summary>
    public bool IsNeeded => _hash is not null;

    /// <summary>From now on this one is right and every other one is wrong; null: none is needed.</summary>
    public void Replace(string? token) => _hash = token is null ? null : HashOf(token);

    /// <summary>
    /// True: this is the token. Hashes are of one length, so that neither length nor content of the token shows in the time taken.
    /// </summary>
    public bool IsRight(string given) => _hash is not { } hash || CryptographicOperations.FixedTimeEquals(HashOf(given), hash);

    private static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
