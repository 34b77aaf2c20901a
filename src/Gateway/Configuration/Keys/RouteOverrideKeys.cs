using Gateway.Configuration.Model;

namespace Gateway.Configuration.Keys;

/// <summary>
/// The keys by which a route has other settings than its cluster: <c>timeouts</c>, <c>attempts</c>, <c>limits</c>. What is left out is the
/// cluster's.
/// </summary>
internal static class RouteOverrideKeys
{
    /// <summary>The deadlines of a request of this route.</summary>
    public static RecordSchema<RouteOverridesConfig> Timeouts { get; } =
        new RecordSchema<RouteOverridesConfig>("a mapping of deadlines", static () => new RouteOverridesConfig())
        .Key(
            "firstByte",
            Schemas.Duration("1ms", "1h"),
            static (overrides, value) => overrides with { FirstByte = value },
            "From the request sent to the response's head, each attempt.")
        .Key(
            "firstByteWrites",
            Schemas.Duration("1ms", "1h"),
            static (overrides, value) => overrides with { FirstByteWrites = value },
            "The same for writes.")
        .Key(
            "idle",
            Schemas.Duration("10ms", "24h"),
            static (overrides, value) => overrides with { Idle = value },
            "Between two pieces of a body.")
        .Key(
            "total",
            Schemas.Duration("10ms", "24h"),
            static (overrides, value) => overrides with { Total = value },
            "For the request with all its attempts; streams are not bound by it.");

    /// <summary>How a request of this route may try several destinations.</summary>
    public static RecordSchema<RouteOverridesConfig> Attempts { get; } =
        new RecordSchema<RouteOverridesConfig>("a mapping of retry settings", static () => new RouteOverridesConfig())
        .Key(
            "max",
            Schemas.Integer(1, 10),
            static (overrides, value) => overrides with { Max = value },
            "Attempts of one request, the first included.")
        .Key(
            "hedge",
            AttemptKeys.Hedge(),
            static (overrides, value) => overrides with { Hedge = value.Mode, HedgeAfter = value.After },
            "A second attempt when the first is late: auto, off, or after how long.")
        .Key(
            "requestBuffer",
            Schemas.Size("0", "16MiB"),
            static (overrides, value) => overrides with { RequestBuffer = value },
            "A larger request body is streamed and not retried.");

    /// <summary>What a client may send on this route.</summary>
    public static RecordSchema<RouteOverridesConfig> Limits { get; } = new RecordSchema<RouteOverridesConfig>(
        "a mapping with requestBody",
        static () => new RouteOverridesConfig())
        .Key(
            "requestBody",
            Schemas.Size("0", "100GiB"),
            static (overrides, value) => overrides with { RequestBody = value },
            "Largest request body.");
}
