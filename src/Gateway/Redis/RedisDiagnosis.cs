using Gateway.Configuration.Model;

namespace Gateway.Redis;

/// <summary>
/// Why a Redis cannot be used, asked of itself: the client library says the same, "not connected", of a refused password and of a replica.
/// </summary>
internal static class RedisDiagnosis
{
    /// <summary>What the servers say; null: nothing that explains it.</summary>
    public static async Task<RedisFault?> AskAsync(
        IReadOnlyList<string> endpoints,
        RedisConfig config,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        string[][] questions = string.IsNullOrEmpty(config.Password) ? [["ROLE"]]
            : string.IsNullOrEmpty(config.User) ? [["AUTH", config.Password], ["ROLE"]]
            : [["AUTH", config.User, config.Password], ["ROLE"]];
        var tls = RedisTls.For(config);
        var said =
            await Task.WhenAll(endpoints.Select(endpoint => AskAsync(
                endpoint,
                tls,
                questions,
                time,
                cancellationToken))).ConfigureAwait(false);
        var findings = said.Select(static s => s.Finding).OfType<Finding>().ToArray();
        return findings.Contains(Finding.Master) ? null
            : findings.Contains(Finding.WrongPassword) ? RedisFault.WrongPassword
            : findings.Contains(Finding.NoPermission) ? RedisFault.NoPermission
            : findings.Contains(Finding.Replica) ? RedisFault.ReadOnly
            : said.Select(static s => s.Fault).FirstOrDefault(static fault => fault is not null);
    }

    /// <summary>
    /// What a response to AUTH and ROLE means; null: not yet all of it. An error begins with its code, which is part of the protocol.
    /// </summary>
    internal static Finding? Read(string response)
    {
        var lines = response.Split("\r\n");
        if (lines.Any(static line => line.StartsWith("-NOAUTH", StringComparison.Ordinal)
            || line.StartsWith("-WRONGPASS", StringComparison.Ordinal)))
        {
            return Finding.WrongPassword;
        }

        if (lines.Any(static line => line.StartsWith("-NOPERM", StringComparison.Ordinal)))
        {
            return Finding.NoPermission;
        }

        return Array.IndexOf(lines, "slave") is >= 0 and var slave && slave < lines.Length - 1 ? Finding.Replica
            : Array.IndexOf(lines, "master") is >= 0 and var master && master < lines.Length - 1 ? Finding.Master
            : null;
    }

    private static async Task<(Finding? Finding, RedisFault? Fault)> AskAsync(
        string endpoint,
        RedisTls? tls,
        string[][] questions,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        try
        {
            var response = await RawQuestion.AskAsync(
                endpoint,
                tls,
                questions,
                static text => Read(text) is not null,
                time,
                cancellationToken).ConfigureAwait(false);
            return (response is null ? null : Read(response), null);
        }
        catch (RedisFailedException failed)
        {
            return (null, failed.Fault);
        }
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

        /// <summary>It lets us in and no further.</summary>
        NoPermission,
    }
}
