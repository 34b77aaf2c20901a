using System.Text;

namespace Gateway.Observability;

/// <summary>
/// Users' requests in the log: degraded and failed ones always, of the others one in <see cref="OneOf"/> and at most
/// <see cref="MaxASecond"/> a second. Nobody waits for a line: what the log's buffer does not take is dropped and counted there.
/// Bodies, headers and cookies are never written, nor values of the query that may be secrets.
/// </summary>
internal sealed partial class AccessLog(ILogger<AccessLog> logger, TimeProvider time)
{
    /// <summary>Of this many requests that went well one is written.</summary>
    public const int OneOf = 100;

    /// <summary>More lines a second of requests that went well are counted instead of written.</summary>
    public const int MaxASecond = 50;

    private const string Hidden = "***";

    // By a part of the name, since nobody knows every name that applications give their secrets. Hiding too much costs little.
    private static readonly string[] SecretNames = ["token", "key", "secret", "pass", "pwd", "auth", "sig", "session", "sid", "code", "cred", "jwt", "cookie", "otp"];

    private long _second = long.MinValue;
    private int _written;
    private long _unwritten;

    /// <summary>Whether this request is written; costs one random number when it is not.</summary>
    public bool Wants(RequestOutcome outcome) =>
        (IsAlwaysWritten(outcome) || Random.Shared.Next(OneOf) == 0) && logger.IsEnabled(LogLevel.Information);

    /// <summary>Writes one request that ended.</summary>
    /// <param name="context">The request; read, not kept.</param>
    /// <param name="route">The route's name.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="status">The status that the client got.</param>
    /// <param name="duration">From its head to its end.</param>
    public void Tell(HttpContext context, string route, RequestOutcome outcome, int status, TimeSpan duration)
    {
        if (!IsAlwaysWritten(outcome) && !MayWrite())
        {
            return;
        }

        var request = context.Request;
        LogRequest(
            request.Method,
            LogText.Shorten(request.Path.ToUriComponent()),
            WithoutSecrets(request.QueryString.Value),
            context.Connection.RemoteIpAddress?.ToString(),
            status,
            Instruments.OutcomeNames[(int)outcome],
            route,
            duration.TotalMilliseconds);
    }

    /// <summary>A query whose secret values are replaced; cut at the length of a log's value.</summary>
    internal static string WithoutSecrets(string? query)
    {
        if (string.IsNullOrEmpty(query) || query.Length == 1)
        {
            return "";
        }

        var text = new StringBuilder(Math.Min(query.Length, LogText.MaxValue));
        var rest = query.AsSpan(0, Math.Min(query.Length, LogText.MaxValue));
        rest = rest[0] == '?' ? rest[1..] : rest;
        foreach (var range in rest.Split('&'))
        {
            var pair = rest[range];
            text.Append(text.Length == 0 ? '?' : '&');
            var equals = pair.IndexOf('=');
            if (equals < 0)
            {
                // A value without a name may be anything.
                text.Append(pair.IsEmpty ? "" : Hidden);
                continue;
            }

            text.Append(pair[..equals]).Append('=').Append(IsSecret(pair[..equals]) ? Hidden : pair[(equals + 1)..]);
        }

        return text.ToString();
    }

    private static bool IsSecret(ReadOnlySpan<char> name)
    {
        // An escaped letter must not hide the name from us that it does not hide from the guide.
        var plain = Uri.UnescapeDataString(name);
        foreach (var secret in SecretNames)
        {
            if (plain.Contains(secret, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsAlwaysWritten(RequestOutcome outcome) => outcome is RequestOutcome.Degraded or RequestOutcome.Failed;

    private bool MayWrite()
    {
        var second = time.GetTimestamp() / time.TimestampFrequency;
        var before = Volatile.Read(ref _second);
        if (second != before && Interlocked.CompareExchange(ref _second, second, before) == before)
        {
            Volatile.Write(ref _written, 0);
            if (Interlocked.Exchange(ref _unwritten, 0) is > 0 and var unwritten)
            {
                LogUnwritten(unwritten);
            }
        }

        if (Interlocked.Increment(ref _written) <= MaxASecond)
        {
            return true;
        }

        Interlocked.Increment(ref _unwritten);
        return false;
    }

    [LoggerMessage(1201, LogLevel.Information, "{Method} {Path}{Query} from {Client}: {Status}, {Outcome} by route \"{Route}\" in {Milliseconds:0.0} ms.", EventName = "Request")]
    private partial void LogRequest(string method, string path, string query, string? client, int status, string outcome, string route, double milliseconds);

    [LoggerMessage(1202, LogLevel.Information, "{Count} more requests that went well were not written, because there were too many at once.", EventName = "RequestsUnwritten")]
    private partial void LogUnwritten(long count);
}
