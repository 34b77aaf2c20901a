namespace Gateway.Redis;

/// <summary>
/// Why a Redis cannot be used, asked of itself: the client library says the same, "not connected", of a refused password and of a replica.
/// </summary>
internal static class RedisDiagnosis
{
    /// <summary>What the servers say; null: nothing that explains it.</summary>
    public static async Task<RedisFault?> AskAsync(IReadOnlyList<string> endpoints, string? password, TimeProvider time, CancellationToken cancellationToken)
    {
        string[][] questions = string.IsNullOrEmpty(password) ? [["ROLE"]] : [["AUTH", password], ["ROLE"]];
        var answers = await Task.WhenAll(endpoints.Select(endpoint => RawQuestion.AskAsync(endpoint, questions, static text => Read(text) is not null, time, cancellationToken))).ConfigureAwait(false);
        var faults = answers.Select(static a => a is null ? null : Read(a)).OfType<Finding>().ToArray();
        return faults.Length == 0 || faults.Contains(Finding.Master) ? null
            : faults.Contains(Finding.WrongPassword) ? RedisFault.WrongPassword
            : RedisFault.ReadOnly;
    }

    /// <summary>
    /// What a response to AUTH and ROLE means; null: not yet all of it. An error begins with its code, which is part of the protocol.
    /// </summary>
    internal static Finding? Read(string answer)
    {
        var lines = answer.Split("\r\n");
        if (lines.Any(static line => line.StartsWith("-NOAUTH", StringComparison.Ordinal) || line.StartsWith("-WRONGPASS", StringComparison.Ordinal) || line.StartsWith("-NOPERM", StringComparison.Ordinal)))
        {
            return Finding.WrongPassword;
        }

        return Array.IndexOf(lines, "slave") is >= 0 and var slave && slave < lines.Length - 1 ? Finding.Replica
            : Array.IndexOf(lines, "master") is >= 0 and var master && master < lines.Length - 1 ? Finding.Master
            : null;
    }

    /// <summary>What a server says of itself.</summary>
    internal enum Finding
    {
        /// <summary>It takes writes.</summary>
        Master,

        /// <summary>It follows another.</summary>
        Replica,

        /// <summary>It does not let us in.</summary>
        WrongPassword,
    }
}
