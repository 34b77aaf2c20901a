using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Keys;

/// <summary>The keys of a cluster.</summary>
internal static class ClusterKeys
{
    /// <summary>One service.</summary>
    public static RecordSchema<ClusterConfig> Cluster { get; } =
        new RecordSchema<ClusterConfig>("a cluster", () => new ClusterConfig { Name = "", Tiers = [] }, keepsPartial: true)
        .Key(
            "tiers",
            new ListSchema<TierConfig>(TierKeys.Tier(), atLeast: 1),
            (cluster, value) => cluster with { Tiers = value },
            "Destinations that serve together, in order: the first tier that can serve, serves.",
            required: true)
        .Key(
            "slo",
            Schemas.Percent(0, 1, toIncluded: false),
            (cluster, value) => cluster with { Slo = value },
            "Target for the error budget.",
            "99.9%")
        .Key(
            "balance",
            Schemas.Enum(
                ("powerOfTwo", BalanceMethod.PowerOfTwo),
                ("roundRobin", BalanceMethod.RoundRobin),
                ("leastRequests", BalanceMethod.LeastRequests),
                ("random", BalanceMethod.Random),
                ("peakEwma", BalanceMethod.PeakEwma)),
            (cluster, value) => cluster with { Balance = value },
            "How a destination is chosen inside a tier: the less busy of two drawn by weight (powerOfTwo), in turn, the least busy of all, "
                + "by chance, or of two the one that responds sooner (peakEwma).",
            "powerOfTwo")
        .Key(
            "zonePreference",
            Schemas.Zone(),
            (cluster, value) => cluster with { ZonePreference = value },
            "The gateway's own zone, like ${GATEWAY_ZONE:-}: destinations of it get the requests while enough of them serve (70% of what a "
                + "zone has on average), else all do. Without a name none is preferred.")
        .Key(
            "slowStart",
            Schemas.Duration("0s", "1h"),
            (cluster, value) => cluster with { SlowStart = value },
            "How long the share of a destination that comes back (healthy again, ready after a drain, new in its tier) grows from 10% to "
                + "all of it.",
            "0s")
        .Key(
            "overflow",
            Schemas.Enum(("next", true), ("fallback", false)),
            (cluster, value) => cluster with { Overflows = value },
            "Where a request goes when its tier is full: to the next tier that can serve and has room, or to its fallback chain.",
            "next")
        .Key(
            "queue",
            Queue(),
            (cluster, value) => cluster with { Queue = value },
            "Where requests wait while every tier that may take them is full; none when left out.")
        .Key(
            "affinity",
            Affinity(),
            (cluster, value) => cluster with { Affinity = value },
            "Same key, same destination while it can serve; either header or cookie.")
        .Key(
            "probe",
            ProbeKeys.Probe,
            (cluster, value) => cluster with { Probe = value },
            "Active probes of every destination of every tier, idle or not.")
        .Key("passive", Passive(), (cluster, value) => cluster with { Passive = value }, "How traffic ejects a destination.")
        .Key(
            "forecast",
            Schemas.Enum(
                ("off", ForecastMode.Off),
                ("observe", ForecastMode.Observe),
                ("advise", ForecastMode.Advise),
                ("act", ForecastMode.Act)),
            (cluster, value) => cluster with { Forecast = value },
            "What is done with forecasts that a destination will be unable to serve within 5 minutes: none are made (off), they are written"
            + " down and scored (observe), told as well (advise), or the destination gets fewer requests as well, once their score has"
            + " earned it (act).",
            "observe")
        .Key(
            "mirror",
            Schemas.ShareOrOff(),
            (cluster, value) => cluster with { Mirror = value },
            "Share of the first tier's GET requests that the next tier gets as well, once the user has the response: the two are compared, "
                + "and a standby that responds otherwise is told. A route with few requests mirrors one every 15s.",
            "off")
        .Key("failover", Failover(), (cluster, value) => cluster with { Failover = value }, "When a tier is left.")
        .Key("failback", Failback(), (cluster, value) => cluster with { Failback = value }, "When a better tier is taken again.")
        .Key(
            "attempts",
            AttemptKeys.Attempts(),
            (cluster, value) => cluster with { Attempts = value },
            "How one request may try several destinations.")
        .Key(
            "responseBuffer",
            Schemas.Size("0", "16MiB"),
            (cluster, value) => cluster with { ResponseBuffer = value },
            "A response up to this, of any framing, is sent once it is whole; 0: none is buffered.",
            "64KiB")
        .Key(
            "via",
            Schemas.Enum(("both", ViaMode.Both), ("response", ViaMode.Response), ("off", ViaMode.Off)),
            (cluster, value) => cluster with { Via = value },
            "Which messages say Via: requests and responses (both), responses alone, or none. nginx behind compresses nothing for a "
                + "request that says it, unless its gzip_proxied allows it.",
            "both")
        .Key("timeouts", Timeouts(), (cluster, value) => cluster with { Timeouts = value }, "The deadlines of one request.")
        .Key(
            "tls",
            TlsKeys.Cluster(),
            (cluster, value) => cluster with { Tls = value },
            "How TLS connections to https destinations are made, for requests, probes and upgrades alike.")
        .Key(
            "signals",
            SignalKeys.Signals,
            (cluster, value) => cluster with { Signals = value },
            "What else says how destinations are: their metrics, logs, load reports, or alerts.",
            "[]");

    private static RecordSchema<QueueConfig> Queue() =>
        new RecordSchema<QueueConfig>("a mapping with max and wait", () => new QueueConfig())
        .Key(
            "max",
            Schemas.Integer(1, 100_000),
            (queue, value) => queue with { Max = value },
            "Requests that may wait at once; further ones go to their fallback chain.",
            "100")
        .Key(
            "wait",
            Schemas.Duration("1ms", "1m"),
            (queue, value) => queue with { Wait = value },
            "How long each may wait, high level first.",
            "200ms");

    private static RecordSchema<AffinityConfig> Affinity() =>
        new RecordSchema<AffinityConfig>("a mapping with header or cookie", () => new AffinityConfig())
        .Key(
            "header",
            Schemas.Token("the name of a header"),
            (affinity, value) => affinity with { Header = value },
            "The request header that carries the key.")
        .Key(
            "cookie",
            Schemas.Token("the name of a cookie"),
            (affinity, value) => affinity with { Cookie = value },
            "The cookie that carries the key.")
        .Key(
            "stay",
            Schemas.Duration("0s", "24h"),
            (affinity, value) => affinity with { Stay = value },
            "How long after its last request a conversation stays where it is while its destination can serve, through a failback too.",
            "0s");

    private static RecordSchema<PassiveConfig> Passive() =>
        new RecordSchema<PassiveConfig>("a mapping of when traffic ejects", () => new PassiveConfig())
        .Key(
            "consecutiveFailures",
            Schemas.Integer(1, 1_000),
            (passive, value) => passive with { ConsecutiveFailures = value },
            "Failures in a row on one route.",
            "3")
        .Key(
            "failureRatio",
            Schemas.Percent(0, 1),
            (passive, value) => passive with { FailureRatio = value },
            "Failures as a share of the requests in window.",
            "50%")
        .Key(
            "minimumRequests",
            Schemas.Integer(1, 1_000_000),
            (passive, value) => passive with { MinimumRequests = value },
            "Requests in window before the ratio counts.",
            "20")
        .Key(
            "window",
            Schemas.Duration("1s", "10m"),
            (passive, value) => passive with { Window = value },
            "The time over which the ratio is taken.",
            "10s")
        .Key(
            "maxEjected",
            Schemas.Percent(0, 1),
            (passive, value) => passive with { MaxEjected = value },
            "Share of a tier that traffic may eject while probes pass; one destination at least, and never all. Exempt: what is not "
                + "reached, and what fails every request that others serve.",
            "50%")
        .Key(
            "ejectFor",
            Schemas.Duration("100ms", "1h"),
            (passive, value) => passive with { EjectFor = value },
            "First ejection, doubled each time in a row; it ends in a half-open probe.",
            "5s")
        .Key(
            "maxEjectFor",
            Schemas.Duration("100ms", "24h"),
            (passive, value) => passive with { MaxEjectFor = value },
            "Longest ejection.",
            "5m");

    private static RecordSchema<FailoverConfig> Failover() =>
        new RecordSchema<FailoverConfig>("a mapping of when a tier is left", () => new FailoverConfig())
        .Key(
            "minHealthy",
            CountOrShare(),
            (failover, value) => failover with { MinHealthy = value.Number, MinHealthyIsShare = value.IsShare },
            "A count or a percentage of the tier's destinations: with fewer, the tier cannot serve.",
            "1")
        .Key(
            "switchAfter",
            Schemas.Duration("0s", "1h"),
            (failover, value) => failover with { SwitchAfter = value },
            "How long a tier must have been unable to serve before it is left.",
            "0s");

    private static TextSchema<(double Number, bool IsShare)> CountOrShare() =>
        new(
            "a count or a percentage",
            "Write a count like 1 or a percentage like 50%",
            () => new JsonObject
            {
                ["type"] = new JsonArray("integer", "string"),
                ["minimum"] = 1,
                ["pattern"] = @"^[1-9][0-9]*$|^[0-9]+(\.[0-9]+)?%$|\$\{"
            },
            text =>
            text.EndsWith('%') ? PercentText.Parse(text, out _) is { } ratio and > 0 ? (ratio, true) : Parsed<(double, bool)>.Bad()
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= 10_000
                ? (count, false)
                : Parsed<(double, bool)>.Bad());

    private static RecordSchema<FailbackConfig> Failback() =>
        new RecordSchema<FailbackConfig>("a mapping of when a better tier is taken again", () => new FailbackConfig())
        .Key(
            "mode",
            Schemas.Enum(("auto", true), ("manual", false)),
            (failback, value) => failback with { Auto = value },
            "Whether it happens by itself or when an operator says so.",
            "auto")
        .Key(
            "after",
            Schemas.Duration("0s", "24h"),
            (failback, value) => failback with { After = value },
            "The better tier must have been able to serve for this long without a break.",
            "30s")
        .Key(
            "ramp",
            Schemas.Duration("0s", "1h"),
            (failback, value) => failback with { Ramp = value },
            "Its share grows from 10% to 100% in this time; a relapse ends the ramp; 0s: at once.",
            "30s");

    private static RecordSchema<TimeoutsConfig> Timeouts() =>
        new RecordSchema<TimeoutsConfig>("a mapping of deadlines", () => new TimeoutsConfig())
        .Key(
            "connect",
            Schemas.Duration("1ms", "10m"),
            (timeouts, value) => timeouts with { Connect = value },
            "To a connection, TLS included.",
            "500ms")
        .Key(
            "firstByte",
            Schemas.Duration("1ms", "1h"),
            (timeouts, value) => timeouts with { FirstByte = value },
            "From the request sent to the response's head, each attempt.",
            "5s")
        .Key(
            "firstByteWrites",
            Schemas.Duration("1ms", "1h"),
            (timeouts, value) => timeouts with { FirstByteWrites = value },
            "The same for writes (methods other than GET, HEAD, OPTIONS, TRACE), whose fate is unknown once they are given up; six times "
                + "firstByte when left out.",
            "30s")
        .Key(
            "idle",
            Schemas.Duration("10ms", "24h"),
            (timeouts, value) => timeouts with { Idle = value },
            "Between two pieces of a body.",
            "60s")
        .Key(
            "total",
            Schemas.Duration("10ms", "24h"),
            (timeouts, value) => timeouts with { Total = value },
            "For the request with all its attempts; streams are not bound by it.",
            "60s");
}
