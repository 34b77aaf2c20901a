using System.Buffers;

namespace Gateway.LastGood.Keys;

/// <summary>
/// Names of query parameters and headers whose values are secrets: keys are listed to operators and written to disks, and hold digests of
/// such values.
/// </summary>
/// <remarks>A name too many costs a readable key, a name too few writes a password to a disk; still, <c>keyword</c> and <c>author</c> are
/// no secrets.</remarks>
internal static class SecretNames
{
    private static readonly string[] Both =
    [
        "token", "secret", "passw", "passphrase", "signature", "session", "sessid", "credential", "apikey", "jwt", "oauth", "authoriz",
        "saml",
    ];

    private static readonly SearchValues<string> Parts = SearchValues.Create(Both, StringComparison.OrdinalIgnoreCase);

    private static readonly SearchValues<string> HeaderParts =
        SearchValues.Create([.. Both, "auth", "cookie", "key", "assertion", "oidc"], StringComparison.OrdinalIgnoreCase);

    private static readonly string[] Words = ["auth", "key", "sig", "pwd", "pass", "pin", "otp", "sid", "ticket", "hmac", "bearer"];

    /// <summary>Whether a parameter's value is a secret.</summary>
    /// <param name="name">As it stands in a query, escapes included.</param>
    public static bool IsSecret(ReadOnlySpan<char> name) => name.ContainsAny(Parts) || HasWord(name, orCode: true);

    /// <summary>Whether a header's value is a secret.</summary>
    // OAuth's "code" is a parameter; headers tell codes of countries and currencies.
    public static bool IsSecretHeader(ReadOnlySpan<char> name) => name.ContainsAny(HeaderParts) || HasWord(name, orCode: false);

    private static bool HasWord(ReadOnlySpan<char> name, bool orCode)
    {
        // "access_key", "accessKey" and "user[key]" hold the word "key", "keyword" does not.
        while (!name.IsEmpty)
        {
            var length = WordLength(name);
            if (length > 0 && IsWord(name[..length], orCode))
            {
                return true;
            }

            name = length > 0 ? name[length..] : name[Math.Min(name.Length, name[0] == '%' ? 3 : 1)..];
        }

        return false;
    }

    private static int WordLength(ReadOnlySpan<char> name)
    {
        var i = 0;
        while (i < name.Length
            && char.IsAsciiLetter(name[i])
            && !(i > 0 && char.IsAsciiLetterUpper(name[i]) && char.IsAsciiLetterLower(name[i - 1])))
        {
            i++;
        }

        return i;
    }

    private static bool IsWord(ReadOnlySpan<char> text, bool orCode)
    {
        foreach (var word in Words)
        {
            if (text.Equals(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return orCode && text.Equals("code", StringComparison.OrdinalIgnoreCase);
    }
}
