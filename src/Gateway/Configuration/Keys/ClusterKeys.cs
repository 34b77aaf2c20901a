using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Keys;

/// <summary>The keys of a cluster and its tiers.</summary>
internal static class ClusterKeys
{
    /// <summary>One service.</summary>
    public static RecordSchema<ClusterConfig> Cluster { get; } = new RecordSchema<ClusterConfig>("a cluster", () => new ClusterConfig { Name = "", Tiers = [] }, keepsPartial: true)
        .Key("tiers", new ListSchema<TierConfig>(Tier(), atLeast: 1), (cluster, value) => cluster with { Tiers = value }, "Destinations that serve together, in order: the first tier that can serve, serves.", required: true)
        .Key("slo", Schemas.Percent(0, 1, toIncluded: false), (cluster, value) => cluster with { Slo = value }, "Target for the error budget.", "99.9%")
        .Key("balance", Schemas.Enum(("powerOfTwo", BalanceMethod.PowerOfTwo), ("roundRobin", BalanceMethod.RoundRobin), ("leastRequests", BalanceMethod.LeastRequests), ("random", BalanceMethod.Random), ("peakEwma", BalanceMethod.PeakEwma)), (cluster, value) => cluster with { Balance = value }, "How a destination is chosen inside a tier: the less busy of two drawn by weight (powerOfTwo), in turn, the least busy of all, by chance, or of two the one that responds sooner (peakEwma).", "powerOfTwo")
        .Key("slowStart", Schemas.Duration("0s", "1h"), (cluster, value) => cluster with { SlowStart = value }, "How long the share of a destination that comes back (healthy again, ready after a drain, new in its tier) grows from 10% to all of it.", "0s")
        .Key(
            "overflow",
            Schemas.Enum(("next", true), ("fallback", false)),
            (cluster, value) => cluster with { Overflows = value },
            "Where a request goes when its tier is full: to the next tier that can serve and has room, or to its fallback chain.",
            "next")
        .Key("queue", Queue(), (cluster, value) => cluster with { Queue = value }, "Where requests wait while every tier that may take them is full; none when left out.")
        .Key("affinity", Affinity(), (cluster, value) => cluster with { Affinity = value }, "Same key, same destination while it can serve; either header or cookie.")
        .Key("probe", ProbeKeys.Probe, (cluster, value) => cluster with { Probe = value }, "Active probes of every destination of every tier, idle or not.")
        .Key("passive", Passive(), (cluster, value) => cluster with { Passive = value }, "How traffic ejects a destination.")
        .Key("failover", Failover(), (cluster, value) => cluster with { Failover = value }, "When a tier is left.")
        .Key("failback", Failback(), (cluster, value) => cluster with { Failback = value }, "When a better tier is taken again.")
        .Key("attempts", Attempts(), (cluster, value) => cluster with { Attempts = value }, "How one request may try several destinations.")
        .Key("responseBuffer", Schemas.Size("0", "16MiB"), (cluster, value) => cluster with { ResponseBuffer = value }, "A response up to this, of any framing, is sent once it is whole; 0: none is buffered.", "64KiB")
        .Key("via", Schemas.Enum(("both", ViaMode.Both), ("response", ViaMode.Response), ("off", ViaMode.Off)), (cluster, value) => cluster with { Via = value }, "Which messages say Via: requests and responses (both), responses alone, or none. nginx behind compresses nothing for a request that says it, unless its gzip_proxied allows it.", "both")
        .Key("timeouts", Timeouts(), (cluster, value) => cluster with { Timeouts = value }, "The deadlines of one request.")
        .Key("tls", TlsKeys.Cluster(), (cluster, value) => cluster with { Tls = value }, "How TLS connections to https destinations are made, for requests, probes and upgrades alike.");

    private static TextSchema<int?> Capacity() => new(
        "auto or a whole number from 1 to 1000000",
        "Write auto, or a whole number from 1 to 1000000",
        static () => new JsonObject { ["anyOf"] = new JsonArray(new JsonObject { ["enum"] = new JsonArray("auto") }, Schemas.WholeSchema(1, 1_000_000)) },
        static text => text is "auto" ? (int?)null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= 1_000_000 ? number : Parsed<int?>.Bad());

    private static RecordSchema<QueueConfig> Queue() => new RecordSchema<QueueConfig>("a mapping with max and wait", () => new QueueConfig())
        .Key("max", Schemas.Integer(1, 100_000), (queue, value) => queue with { Max = value }, "Requests that may wait at once; further ones go to their fallback chain.", "100")
        .Key("wait", Schemas.Duration("1ms", "1m"), (queue, value) => queue with { Wait = value }, "How long each may wait, high level first.", "200ms");

    private static RecordSchema<TierConfig> Tier() => new RecordSchema<TierConfig>("a mapping with name and destinations", () => new TierConfig { Name = "", Destinations = [] })
        .Key("name", Schemas.Text("a name", NameText.Rule, NameText.Pattern + @"|\$\{", NameText.IsName), (tier, value) => tier with { Name = value }, "Unique inside the cluster.", required: true)
        .Key(
            "capacity",
            Capacity(),
            (tier, value) => tier with { Capacity = value, FindsCapacity = value is null },
            "Requests in flight that the whole tier can carry: a number, or auto to find it out from response times; unlimited when left out.")
        .Key("destinations", new ListSchema<DestinationConfig>(new EitherSchema<DestinationConfig>(UrlSchemas.Destination(), Destination()), atLeast: 1), (tier, value) => tier with { Destinations = value }, "The instances of the service.", required: true);

    private static RecordSchema<DestinationConfig> Destination() => new RecordSchema<DestinationConfig>("a mapping with url, name and weight", () => new DestinationConfig { Name = "", Url = null! })
        .Key("url", UrlSchemas.Destination(), (destination, value) => value with { Name = destination.Name.Length > 0 ? destination.Name : value.Name, Weight = destination.Weight, MaxInFlight = destination.MaxInFlight }, "http(s)://host:port, or dns+http(s)://name:port for one destination an address of the name, resolved again every 5 s, or dns+srv://_http._tcp.name for the destinations of a service (SRV), with their ports, weights and priorities.", required: true)
        .Key("name", Schemas.Text("a name", NameText.Rule, NameText.Pattern + @"|\$\{", NameText.IsName), (destination, value) => destination with { Name = value }, "Unique inside the cluster; host:port of the URL when left out.")
        .Key("weight", Schemas.Integer(1, 1_000), (destination, value) => destination with { Weight = value }, "Share beside its neighbours.", "1")
        .Key(
            "maxInFlight",
            Schemas.Integer(1, 1_000_000),
            (destination, value) => destination with { MaxInFlight = value },
            "Requests that it may have in flight; a destination with so many is not chosen. Unlimited when left out.");

    private static RecordSchema<AffinityConfig> Affinity() => new RecordSchema<AffinityConfig>("a mapping with header or cookie", () => new AffinityConfig())
        .Key("header", Schemas.Token("the name of a header"), (affinity, value) => affinity with { Header = value }, "The request header that carries the key.")
        .Key("cookie", Schemas.Token("the name of a cookie"), (affinity, value) => affinity with { Cookie = value }, "The cookie that carries the key.")
        .Key("stay", Schemas.Duration("0s", "24h"), (affinity, value) => affinity with { Stay = value }, "How long after its last request a conversation stays where it is while its destination can serve, through a failback too.", "0s");

    private static RecordSchema<PassiveConfig> Passive() => new RecordSchema<PassiveConfig>("a mapping of when traffic ejects", () => new PassiveConfig())
        .Key("consecutiveFailures", Schemas.Integer(1, 1_000), (passive, value) => passive with { ConsecutiveFailures = value }, "Failures in a row on one route.", "3")
        .Key("failureRatio", Schemas.Percent(0, 1), (passive, value) => passive with { FailureRatio = value }, "Failures as a share of the requests in window.", "50%")
        .Key("minimumRequests", Schemas.Integer(1, 1_000_000), (passive, value) => passive with { MinimumRequests = value }, "Requests in window before the ratio counts.", "20")
        .Key("window", Schemas.Duration("1s", "10m"), (passive, value) => passive with { Window = value }, "The time over which the ratio is taken.", "10s")
        .Key("maxEjected", Schemas.Percent(0, 1), (passive, value) => passive with { MaxEjected = value }, "Share of a tier that traffic may eject while probes pass; one destination at least, and never all. Exempt: what is not reached, and what fails every request that others serve.", "50%")
        .Key("ejectFor", Schemas.Duration("100ms", "1h"), (passive, value) => passive with { EjectFor = value }, "First ejection, doubled each time in a row; it ends in a half-open probe.", "5s")
        .Key("maxEjectFor", Schemas.Duration("100ms", "24h"), (passive, value) => passive with { MaxEjectFor = value }, "Longest ejection.", "5m");

    private static RecordSchema<FailoverConfig> Failover() => new RecordSchema<FailoverConfig>("a mapping of when a tier is left", () => new FailoverConfig())
        .Key("minHealthy", CountOrShare(), (failover, value) => failover with { MinHealthy = value.Number, MinHealthyIsShare = value.IsShare }, "A count or a percentage of the tier's destinations: with fewer, the tier cannot serve.", "1")
        .Key("switchAfter", Schemas.Duration("0s", "1h"), (failover, value) => failover with { SwitchAfter = value }, "How long a tier must have been unable to serve before it is left.", "0s");

    private static TextSchema<(double Number, bool IsShare)> CountOrShare() =>
        new("a count or a percentage", "Write a count like 1 or a percentage like 50%", () => new JsonObject { ["type"] = new JsonArray("integer", "string"), ["minimum"] = 1, ["pattern"] = @"^[1-9][0-9]*$|^[0-9]+(\.[0-9]+)?%$|\$\{" }, text =>
            text.EndsWith('%') ? PercentText.Parse(text, out _) is { } ratio and > 0 ? (ratio, true) : Parsed<(double, bool)>.Bad()
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= 10_000 ? (count, false) : Parsed<(double, bool)>.Bad());

    private static RecordSchema<FailbackConfig> Failback() => new RecordSchema<FailbackConfig>("a mapping of when a better tier is taken again", () => new FailbackConfig())
        .Key("mode", Schemas.Enum(("auto", true), ("manual", false)), (failback, value) => failback with { Auto = value }, "Whether it happens by itself or when an operator says so.", "auto")
        .Key("after", Schemas.Duration("0s", "24h"), (failback, value) => failback with { After = value }, "The better tier must have been able to serve for this long without a break.", "30s")
        .Key("ramp", Schemas.Duration("0s", "1h"), (failback, value) => failback with { Ramp = value }, "Its share grows from 10% to 100% in this time; a relapse ends the ramp; 0s: at once.", "30s");

    private static RecordSchema<AttemptsConfig> Attempts() => new RecordSchema<AttemptsConfig>("a mapping of retry settings", () => new AttemptsConfig())
        .Key("max", Schemas.Integer(1, 10), (attempts, value) => attempts with { Max = value }, "Attempts of one request, the first included.", "3")
        .Key("retryOn", new ListSchema<string>(Reason()), (attempts, value) => attempts with
        {
            OnConnect = value.Contains("connect", StringComparer.Ordinal),
            OnReset = value.Contains("reset", StringComparer.Ordinal),
            OnTimeout = value.Contains("timeout", StringComparer.Ordinal),
            OnTruncated = value.Contains("truncated", StringComparer.Ordinal),
            OnStatus = [.. value.Where(reason => char.IsAsciiDigit(reason[0])).Select(reason => int.Parse(reason, CultureInfo.InvariantCulture)).Distinct()],
        }, "What is tried elsewhere; 429 and 500 may be added.", "[connect, reset, timeout, truncated, 502, 503, 504]")
        .Key("retryMethods", new ListSchema<string>(Schemas.Method()), (attempts, value) => attempts with { RetryMethods = [.. value.Distinct(StringComparer.Ordinal)] }, "Methods that may be sent twice: the idempotent ones of RFC 9110; others are retried only if nothing was sent.", "[GET, HEAD, OPTIONS, TRACE, PUT, DELETE]")
        .Key("requestBuffer", Schemas.Size("0", "16MiB"), (attempts, value) => attempts with { RequestBuffer = value }, "A larger request body is streamed and not retried.", "64KiB")
        .Key("retryBudget", Budget(), (attempts, value) => attempts with { RetryBudget = value }, "Extra attempts as a share of requests, at least 3 a second.", "20%")
        .Key("hedge", Hedge(), (attempts, value) => attempts with { Hedge = value.Mode, HedgeAfter = value.After }, "A second attempt when the first is late: auto, off, or after how long.", "auto");

    private static TextSchema<string> Reason()
    {
        string[] words = ["connect", "reset", "timeout", "truncated"];
        return new("one of connect, reset, timeout, truncated, 429 or a status from 500 to 599", "Write connect, reset, timeout, truncated, 429 or a status from 500 to 599", () => new JsonObject
        {
            ["anyOf"] = new JsonArray(
                new JsonObject { ["enum"] = new JsonArray("connect", "reset", "timeout", "truncated") },
                new JsonObject { ["type"] = "integer", ["minimum"] = 429, ["maximum"] = 429 },
                new JsonObject { ["type"] = "integer", ["minimum"] = 500, ["maximum"] = 599 },
                Schemas.Pattern(@"^(429|5[0-9][0-9])$|\$\{")),
        }, text =>
            words.Contains(text, StringComparer.Ordinal) || string.Equals(text, "429", StringComparison.Ordinal) || (text.Length == 3 && text[0] == '5' && char.IsAsciiDigit(text[1]) && char.IsAsciiDigit(text[2])) ? text
            : DidYouMean.Of(text, words) is { } nearest ? Parsed<string>.Bad($"Write \"{nearest}\" instead") : Parsed<string>.Bad());
    }

    private static TextSchema<double> Budget() =>
        new("a percentage from 0% to 100%", PercentText.Rule, () => Schemas.Pattern(PercentText.Pattern), text => PercentText.Parse(text, out var instead) is { } ratio ? ratio : Parsed<double>.Bad(instead));

    /// <summary>When a second attempt starts.</summary>
    public static TextSchema<(HedgeMode Mode, TimeSpan After)> Hedge() =>
        new("auto, off or a duration", "Write auto, off, or a duration like 200ms", () => new JsonObject
        {
            ["anyOf"] = new JsonArray(new JsonObject { ["enum"] = new JsonArray("auto", "off") }, Schemas.Pattern(DurationText.Pattern)),
        }, text => text switch
        {
            "auto" => (HedgeMode.Auto, TimeSpan.Zero),
            "off" => (HedgeMode.Off, TimeSpan.Zero),
            _ => DurationText.Parse(text, out _) is { } after && after >= TimeSpan.FromMilliseconds(1) && after <= TimeSpan.FromHours(1) ? (HedgeMode.Fixed, after) : Parsed<(HedgeMode, TimeSpan)>.Bad(),
        });

    private static RecordSchema<TimeoutsConfig> Timeouts() => new RecordSchema<TimeoutsConfig>("a mapping of deadlines", () => new TimeoutsConfig())
        .Key("connect", Schemas.Duration("1ms", "10m"), (timeouts, value) => timeouts with { Connect = value }, "To a connection, TLS included.", "500ms")
        .Key("firstByte", Schemas.Duration("1ms", "1h"), (timeouts, value) => timeouts with { FirstByte = value }, "From the request sent to the response's head, each attempt.", "5s")
        .Key("firstByteWrites", Schemas.Duration("1ms", "1h"), (timeouts, value) => timeouts with { FirstByteWrites = value }, "The same for writes (methods other than GET, HEAD, OPTIONS, TRACE), whose fate is unknown once they are given up; six times firstByte when left out.", "30s")
        .Key("idle", Schemas.Duration("10ms", "24h"), (timeouts, value) => timeouts with { Idle = value }, "Between two pieces of a body.", "60s")
        .Key("total", Schemas.Duration("10ms", "24h"), (timeouts, value) => timeouts with { Total = value }, "For the request with all its attempts; streams are not bound by it.", "60s");
}
