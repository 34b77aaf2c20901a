using System.Diagnostics;
using System.Security.Authentication;
using System.Text;
using Gateway.Observability.Metrics;
using Microsoft.AspNetCore.Connections.Features;
using Serilog.Events;
using Serilog.Parsing;

namespace Gateway.Observability.Logging;

/// <summary>
/// Users' requests in the log: those with a 5xx, a fallback or a retry always, of the others what <see cref="AccessLevel"/> says; a sample
/// is one in <see cref="OneOf"/> and at most <see cref="MaxASecond"/> a second. No request waits for its line: what the log's buffer does
/// not take is dropped and counted there. Bodies, headers and cookies are never written, nor values of the query that may be secrets.
/// </summary>
internal sealed partial class AccessLog
{
    /// <summary>The number of such a line.</summary>
    public const int EventId = 1201;

    /// <summary>Of this many requests that went well one is written.</summary>
    public const int OneOf = 100;

    /// <summary>More lines a second of requests that went well are counted instead of written.</summary>
    public const int MaxASecond = 50;

    private const string Hidden = "***";

    // By a part of the name, since the names that applications give their secrets are unknown. Hiding too much costs little.
    private static readonly string[] SecretNames =
    [
        "token",
        "key",
        "secret",
        "pass",
        "pwd",
        "auth",
        "sig",
        "session",
        "sid",
        "code",
        "cred",
        "jwt",
        "cookie",
        "otp"
    ];

    private static readonly MessageTemplate Template = new([new TextToken("A request ended.")]);

    private static readonly LogEventProperty Source = new("SourceContext", new ScalarValue(typeof(AccessLog).FullName));

    private static readonly LogEventProperty Number = new(
        "EventId",
        new StructureValue([new("Id", new ScalarValue(EventId)), new("Name", new ScalarValue("Request"))]));

    private readonly LogSetup _log;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private AccessOptions _options;
    private long _second = long.MinValue;
    private int _written;
    private long _unwritten;

    /// <param name="log">Where lines go.</param>
    /// <param name="options">Which requests, and how a line of text looks.</param>
    /// <param name="time">The clock.</param>
    public AccessLog(LogSetup log, AccessOptions options, TimeProvider time)
    {
        _log = log;
        _logger = log.Factory.CreateLogger<AccessLog>();
        _options = options;
        _time = time;
    }

    /// <summary>Changes what is written, at once.</summary>
    public void Use(AccessOptions options) => Volatile.Write(ref _options, options);

    /// <summary>Whether this request is written; costs one random number when it is not.</summary>
    public bool Wants(RequestRecord record, RequestOutcome outcome, int status)
    {
        if (!_logger.IsEnabled(LogLevel.Information))
        {
            return false;
        }

        return Volatile.Read(ref _options).Level switch
        {
            AccessLevel.All => true,
            AccessLevel.Sampled => IsAlwaysWritten(record, outcome, status) || (Random.Shared.Next(OneOf) == 0 && MayWrite()),
            _ => IsAlwaysWritten(record, outcome, status),
        };
    }

    /// <summary>
    /// Whether a request that no route takes is written. Each is worth a line, for the route may have been forgotten; the rate is bounded.
    /// </summary>
    public bool WantsUnmatched() => _logger.IsEnabled(LogLevel.Information) && Volatile.Read(ref _options).Level switch
    {
        AccessLevel.All => true,
        AccessLevel.Sampled => MayWrite(),
        _ => false,
    };

    /// <summary>Writes one request that ended.</summary>
    /// <param name="context">The request; read, not kept.</param>
    /// <param name="record">What is known of it.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="status">The status that the client got; 0: none.</param>
    /// <param name="duration">From its head to its end.</param>
    /// <param name="client">The client's address.</param>
    /// <param name="trace">Its span; default: it has none.</param>
    public void Write(
        HttpContext context,
        RequestRecord record,
        RequestOutcome outcome,
        int status,
        TimeSpan duration,
        string client,
        ActivityContext trace = default)
    {
        var request = context.Request;
        var path = request.Path.ToUriComponent();
        var entry = new AccessEntry
        {
            Time = _time.GetUtcNow(),
            Id = context.TraceIdentifier,
            Client = client,
            Method = LogText.Shorten(request.Method),
            Path = path.Length > 0 ? LogText.Shorten(path) : "*",
            Query = WithoutSecrets(request.QueryString.Value),
            Protocol = request.Protocol,
            Status = status,
            Outcome = outcome,
            Cause = record.Cause,
            Route = record.Route,
            Cluster = record.Cluster,
            Tier = record.Served?.TierName,
            Destination = record.Served?.DestinationName,
            Attempts = NotesOf(record),
            SavedBy = record.SavedBy,
            Step = record.Step,
            BytesIn = record.BytesIn,
            BytesOut = record.BytesOut ?? 0,
            FirstByte = status == 0 ? null : record.FirstByteAt == 0 ? duration : _time.GetElapsedTime(record.Began, record.FirstByteAt),
            Total = duration,
            Tls = TlsOf(context),
            UserAgent = request.Headers.UserAgent is { Count: > 0 } agent ? LogText.Shorten(agent.ToString()) : null,
        };
        _log.Write(Volatile.Read(ref _options).Pattern is { } pattern
            ? entry.ToEvent(Template, [Source, Number, pattern.Mark], trace)
            : entry.ToEvent(Template, [Source, Number], trace));
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
        // An escaped letter must not hide the name from us that it does not hide from the destination.
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

    private static AttemptNote[] NotesOf(RequestRecord record)
    {
        var notes = new AttemptNote[record.Attempts];
        var at = notes.Length;
        for (var attempt = record.LastAttempt; attempt is not null && at > 0; attempt = attempt.Before)
        {
            var result = attempt.Ended is not { } ended
                ? AttemptResult.Cancelled
                : ended == AttemptResult.Success && attempt.Status >= 500 ? AttemptResult.Status
                : ended;
            notes[--at] = new(
                attempt.DestinationName,
                attempt.TierName,
                attempt.PurposeName,
                Instruments.ResultNames[(int)result],
                attempt.Status,
                attempt.Took);
        }

        return notes;
    }

    private static string? TlsOf(HttpContext context) => context.Features.Get<ITlsHandshakeFeature>()?.Protocol switch
    {
        null or SslProtocols.None => null,
        SslProtocols.Tls13 => "1.3",
        SslProtocols.Tls12 => "1.2",
        { } other => other.ToString(),
    };

    private static bool IsAlwaysWritten(RequestRecord record, RequestOutcome outcome, int status) =>
        outcome is RequestOutcome.Degraded or RequestOutcome.Failed
            || status >= StatusCodes.Status500InternalServerError
            || record.HasRetry
            || record.IsResumed;

    private bool MayWrite()
    {
        var second = _time.GetTimestamp() / _time.TimestampFrequency;
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

    [LoggerMessage(1202, LogLevel.Information, "{Count} more requests that went well were not written, because there were too many at "
        + "once.", EventName = "RequestsUnwritten")]
    private partial void LogUnwritten(long count);
}
