using System.Security.Cryptography;
using System.Text;
using Gateway.Configuration.Model;

namespace Gateway.Admin.Security;

/// <summary>The tokens in force on the admin endpoint; a reload replaces them while requests are compared with them.</summary>
internal sealed class AdminTokens
{
    private static readonly AdminCaller Anyone = new(Name: null, AdminRole.Configure);

    private volatile Entry[] _entries = [];

    public AdminTokens(AdminConfig config) => Replace(config);

    /// <summary>False: calls need no token.</summary>
    public bool AreNeeded => _entries.Length > 0;

    /// <summary>From now on these are right and every other one is wrong; none: none is needed.</summary>
    public void Replace(AdminConfig config) => _entries =
    [
        .. config.Token is { } token ? [new Entry(HashOf(token), Anyone)] : Array.Empty<Entry>(),
        .. config.Tokens.Select(static t => new Entry(HashOf(t.Token), new AdminCaller(t.Name, t.Role))),
    ];

    /// <summary>
    /// Whose token this is; null: of none in force. Hashes are of one length and all are compared, so that neither length nor content of a
    /// token shows in the time taken.
    /// </summary>
    public AdminCaller? Find(string given)
    {
        var entries = _entries;
        var hash = HashOf(given);
        AdminCaller? found = null;
        foreach (var entry in entries)
        {
            found = CryptographicOperations.FixedTimeEquals(hash, entry.Hash) ? entry.Caller : found;
        }

        return found;
    }

    private static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private sealed record Entry(byte[] Hash, AdminCaller Caller);
}
