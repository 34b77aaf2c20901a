using System.Globalization;
using Gateway.Configuration.Model;

namespace Gateway.Redis;

/// <summary>
/// Asks the sentinels who the master is: each over a connection of its own, all at once. Asked with every heartbeat, so that a sentinel
/// that comes, goes or hangs costs nothing but its own response.
/// </summary>
internal static class SentinelQuestion
{
    /// <summary>
    /// The address (<c>host:port</c>) that most sentinels name, among equals the first one's; null: none names one. <c>Answered</c>: how
    /// many sentinels spoke at all.
    /// </summary>
    public static async Task<(string? Master, int Answered)> AskAsync(
        SentinelConfig sentinel,
        RedisTls? tls,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        string[][] question = [["SENTINEL", "get-master-addr-by-name", sentinel.Service]];
        var responses =
            await Task.WhenAll(sentinel.Endpoints.Select(endpoint => AskAsync(
                endpoint,
                tls,
                question,
                time,
                cancellationToken))).ConfigureAwait(false);
        var named = responses.Select(static a => a is null ? null : Read(a))
            .Where(static a => !string.IsNullOrEmpty(a))
            .GroupBy(static a => a!, StringComparer.Ordinal)
            .MaxBy(static group => group.Count());
        return (named?.Key, responses.Count(static a => a is not null));
    }

    // One whose certificate does not verify is as silent as one that is away.
    private static async Task<string?> AskAsync(
        string endpoint,
        RedisTls? tls,
        string[][] question,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        try
        {
            return await RawQuestion.AskAsync(
                endpoint,
                tls,
                question,
                static text => Read(text) is not null,
                time,
                cancellationToken).ConfigureAwait(false);
        }
        catch (RedisFailedException)
        {
            return null;
        }
    }

    /// <summary>
    /// The address in a sentinel's reply (<c>*2 $N host $N port</c>); empty: it knows no such master; null: that is no such response, or
    /// not yet all of it.
    /// </summary>
    internal static string? Read(string response)
    {
        var lines = response.Split("\r\n");
        if (lines is ["*-1" or "$-1" or "_", _, ..])
        {
            return "";
        }

        return lines is ["*2", ['$', ..], { Length: > 0 } host, ['$', ..], var number, _, ..]
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is > 0 and < 65536
            ? string.Create(
                CultureInfo.InvariantCulture, $"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}")
            : null;
    }
}
