using System.Buffers;

namespace Gateway.LastGood.Keys;

/// <summary>
/// Names of query parameters whose values are secrets: keys are listed to operators and written to disks, and hold digests of such values.
/// </summary>
/// <remarks>A name too many costs a readable key, a name too few writes a password to a disk; still, <c>keyword</c> and <c>author</c> are
/// no secrets.</remarks>
internal static class SecretNames
{
    private static readonly SearchValues<string> Parts = SearchValues.Create(
        ["token", "secret", "passw", "passphrase", "signature", "session", "sessid", "credential", "apikey", "jwt", "oauth", "authoriz",
        "saml"], StringComparison.OrdinalIgnoreCase);

    private static readonly string[] Words = ["auth", "key", "sig", "code", "pwd", "pass", "pin", "otp", "sid", "ticket", "hmac", "bearer"];

    /// <summary>Whether a parameter's value is a secret.</summary>
    /// <param name="name">As it stands in a query, escapes included.</param>
    public static bool IsSecret(ReadOnlySpan<char> name)
    {
        if (name.ContainsAny(Parts))
        {
            return true;
        }

        // "access_key", "accessKey" and "user[key]" hold the word "key", "keyword" does not.
        while (!name.IsEmpty)
        {
            var length = WordLength(name);
            if (length > 0 && IsWord(name[..length]))
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

    private static bool IsWord(ReadOnlySpan<char> text)
    {
        foreach (var word in Words)
        {
            if (text.Equals(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
