using System.Diagnostics;
using Gateway.Observability.Metrics;
using Serilog.Events;

namespace Gateway.Observability.Logging;

/// <summary>
/// One line of the access log before it has a shape. Immutable: the log's own thread writes it, after the request has ended.
/// </summary>
internal sealed record AccessEntry
{
    private const string Property = "Request";

    public required DateTimeOffset Time { get; init; }

    public required string Id { get; init; }

    /// <summary>The client's address, the real one behind <c>trustedProxies</c>.</summary>
    public required string Client { get; init; }

    public required string Method { get; init; }

    public required string Path { get; init; }

    /// <summary>With its question mark and without secrets; empty: there is none.</summary>
    public required string Query { get; init; }

    /// <summary>As in <c>HTTP/1.1</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>0: there was no response.</summary>
    public required int Status { get; init; }

    public required RequestOutcome Outcome { get; init; }

    public required TerminationCause Cause { get; init; }

    public required string Route { get; init; }

    public required string? Cluster { get; init; }

    /// <summary>Of the response; null: no tier gave it.</summary>
    public required string? Tier { get; init; }

    /// <summary>Of the response; null: no destination gave it.</summary>
    public required string? Destination { get; init; }

    /// <summary>In the order in which they began.</summary>
    public required IReadOnlyList<AttemptNote> Attempts { get; init; }

    public required SavedBy SavedBy { get; init; }

    /// <summary>Null: none responded.</summary>
    public required FallbackStep? Step { get; init; }

    public required long BytesIn { get; init; }

    public required long BytesOut { get; init; }

    /// <summary>Null: there was no response.</summary>
    public required TimeSpan? FirstByte { get; init; }

    public required TimeSpan Total { get; init; }

    /// <summary>As in <c>1.3</c>; null: no TLS.</summary>
    public required string? Tls { get; init; }

    public required string? UserAgent { get; init; }

    /// <summary>The step's word.</summary>
    public string StepName => Step is { } step ? Instruments.StepNames[(int)step] : "none";

    /// <summary>The word of what saved it, as in <c>gateway_saved_total</c>.</summary>
    public string SavedName => SavedSums.Names[(int)SavedBy];

    /// <summary>The outcome's word.</summary>
    public string OutcomeName => Instruments.OutcomeNames[(int)Outcome];

    /// <summary>Path and query.</summary>
    public string Target => Path + Query;

    /// <summary>The entry of a line; null: it is a line of another kind.</summary>
    public static AccessEntry? Of(LogEvent line) =>
        line.Properties.TryGetValue(Property, out var value) && value is ScalarValue { Value: AccessEntry entry } ? entry : null;

    /// <summary>The entry as an event of the log.</summary>
    /// <param name="template">The text of its message.</param>
    /// <param name="properties">What it says besides: its source, its number, its look.</param>
    /// <param name="trace">Its span; default: it has none.</param>
    public LogEvent ToEvent(MessageTemplate template, ReadOnlySpan<LogEventProperty> properties, ActivityContext trace) => new(
        Time,
        LogEventLevel.Information,
        exception: null,
        template,
        [.. properties, new LogEventProperty(Property, new ScalarValue(this))],
        trace.TraceId,
        trace.SpanId);
}

/// <summary>One attempt in a line of the access log.</summary>
/// <param name="Result">The word of its result.</param>
/// <param name="Status">0: it has none.</param>
internal sealed record AttemptNote(string Destination, string Tier, string Purpose, string Result, int Status, TimeSpan Took);
