using System.Text.Json.Nodes;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;
using Gateway.Observability.Logging;

namespace Gateway.Configuration.Keys;

/// <summary>The keys of what stands beside the gateway: Redis, those who are told, logs and collectors.</summary>
internal static class OperationKeys
{
    private const int LongestPattern = 1024;

    /// <summary>The Redis that several gateways share.</summary>
    public static RecordSchema<RedisConfig> Redis() =>
        new RecordSchema<RedisConfig>("a mapping with endpoints or sentinel", () => new RedisConfig())
        .Key(
            "endpoints",
            new ListSchema<string>(UrlSchemas.Endpoint(), atLeast: 1),
            (redis, value) => redis with { Endpoints = value },
            "host:port each; either this or sentinel.")
        .Key(
            "user",
            Schemas.Text(
                "a name",
                "Write the name of a user of Redis, like gateway",
                @"^[\x21-\x7E]{1,128}$|\$\{",
                static text => text.Length is > 0 and <= 128 && text.All(letter => letter is > ' ' and <= '~')),
            (redis, value) => redis with { User = value },
            "Its user (ACL), with password; Redis's user \"default\" when left out.")
        .Key(
            "password",
            Schemas.Secret("a secret text"),
            (redis, value) => redis with { Password = value },
            "Its password; none when left out or empty.")
        .Key(
            "secret",
            SigningSecret(),
            (redis, value) => redis with { Secret = value },
            "Signs the last-good records, so that no other writer's are served; the same for every gateway. Without it Redis is trusted.")
        .Key(
            "tls",
            Schemas.Boolean(),
            (redis, value) => redis with { Tls = value },
            "Whether Redis and its sentinels are spoken to over TLS. A certificate must be for the endpoint as it is written, or as the "
                + "sentinels name it.",
            "false")
        .Key(
            "ca",
            Schemas.Path("a file"),
            (redis, value) => redis with { Ca = value },
            "PEM file of the authorities that are trusted there, with tls; the machine's when left out.")
        .Key(
            "sentinel",
            Sentinel(),
            (redis, value) => redis with { Sentinel = value },
            "Asks the sentinels who the master is; instead of endpoints.")
        .Key(
            "store",
            new ListSchema<LastGoodPlace>(Schemas.Enum(("redis", LastGoodPlace.Redis), ("disk", LastGoodPlace.Disk)), atLeast: 1),
            (redis, value) => redis with { Store = [.. value.Distinct()] },
            "Where last-good responses are kept: in Redis, for all gateways; on disk, a copy of each gateway's own, read where Redis has "
                + "nothing.",
            "[ redis, disk ]")
        .Key(
            "prefix",
            Schemas.Text(
                "a text",
                "Write what stands before every key, like \"gateway:\"",
                @"^[\x21-\x7E]{1,64}$|\$\{",
                text => text.Length is > 0 and <= 64 && text.All(letter => letter is > ' ' and <= '~')),
            (redis, value) => redis with { Prefix = value },
            "Put before every key.",
            "\"gateway:\"");

    private static RecordSchema<SentinelConfig> Sentinel() =>
        new RecordSchema<SentinelConfig>("a mapping with service and endpoints", () => new SentinelConfig("", []))
        .Key(
            "service",
            Schemas.Text("a name", NameText.Rule, NameText.Pattern + @"|\$\{", NameText.IsName),
            (sentinel, value) => sentinel with { Service = value },
            "The master's name among the sentinels.",
            required: true)
        .Key(
            "endpoints",
            new ListSchema<string>(UrlSchemas.Endpoint(), atLeast: 1),
            (sentinel, value) => sentinel with { Endpoints = value },
            "host:port of each sentinel.",
            required: true);

    /// <summary>Receivers of notifications.</summary>
    public static RecordSchema<NotifyConfig> Notify() =>
        new RecordSchema<NotifyConfig>("a mapping with webhook or exec, and events", () => new NotifyConfig { Events = [] })
        .Key(
            "webhook",
            UrlSchemas.Target("a URL"),
            (notify, value) => notify with { Webhook = value },
            "Gets a POST with JSON; either this or exec.")
        .Key(
            "exec",
            new ListSchema<string>(
                Schemas.Text("a text", "Write the program, then its arguments, each an item", longest: 4096),
                atLeast: 1),
            (notify, value) => notify with { Exec = value },
            "A program and its arguments; instead of webhook.")
        .Key(
            "events",
            new ListSchema<NotifyEvent>(
                Schemas.Enum(
                    ("failover", NotifyEvent.Failover),
                    ("failback", NotifyEvent.Failback),
                    ("exhausted", NotifyEvent.Exhausted),
                    ("recovered", NotifyEvent.Recovered),
                    ("configRejected", NotifyEvent.ConfigRejected),
                    ("drill", NotifyEvent.Drill),
                    ("destinationDown", NotifyEvent.DestinationDown),
                    ("destinationUp", NotifyEvent.DestinationUp),
                    ("degraded", NotifyEvent.Degraded),
                    ("redundancyLost", NotifyEvent.RedundancyLost),
                    ("forecast", NotifyEvent.Forecast),
                    ("standbyDiffers", NotifyEvent.StandbyDiffers),
                    ("runbook", NotifyEvent.Runbook)),
                atLeast: 1),
            (notify, value) => notify with { Events = [.. value.Distinct()] },
            "What it is told of.",
            required: true)
        .Key(
            "timeout",
            Schemas.Duration("100ms", "10m"),
            (notify, value) => notify with { Timeout = value },
            "How long it may take.",
            "10s");

    /// <summary>Where logs, metrics and traces go.</summary>
    public static RecordSchema<TelemetryConfig> Telemetry() =>
        new RecordSchema<TelemetryConfig>("a mapping with otlp, logs, access and splunk", () => new TelemetryConfig())
        .Key(
            "otlp",
            UrlSchemas.Target("the URL of an OTLP collector"),
            (telemetry, value) => telemetry with { Otlp = value },
            "OTLP collector for metrics and traces.")
        .Key("logs", Logs(), (telemetry, value) => telemetry with { Logs = value }, "The log.")
        .Key(
            "access",
            Access(),
            (telemetry, value) => telemetry with { Access = value },
            "Users' requests in the log. Those with a 5xx, a fallback or a retry always are.",
            "sampled")
        .Key("splunk", Splunk(), (telemetry, value) => telemetry with { Splunk = value }, "Splunk's HTTP Event Collector.");

    private static RecordSchema<LogsConfig> Logs() =>
        new RecordSchema<LogsConfig>("a mapping with format, level and file", () => new LogsConfig())
        .Key(
            "format",
            Schemas.Enum(("text", LogFormat.Text), ("json", LogFormat.Json), ("ecs", LogFormat.Ecs)),
            (logs, value) => logs with { Format = value },
            "text for people, json for machines, ecs with the field names of the Elastic Common Schema.",
            "text")
        .Key(
            "level",
            Schemas.Enum(
                ("trace", LogLevel.Trace),
                ("debug", LogLevel.Debug),
                ("information", LogLevel.Information),
                ("warning", LogLevel.Warning),
                ("error", LogLevel.Error),
                ("critical", LogLevel.Critical)),
            (logs, value) => logs with { Level = value },
            "Lowest level that is written.",
            "information")
        .Key("file", Schemas.Path("a file"), (logs, value) => logs with { File = value }, "A file beside the console.");

    private static EitherSchema<AccessConfig> Access() => new(
        Schemas.Enum(
            ("all", new AccessConfig { Log = AccessLevel.All }),
            ("sampled", new AccessConfig()),
            ("errors", new AccessConfig { Log = AccessLevel.Errors })),
        new RecordSchema<AccessConfig>("a mapping with log and pattern", () => new AccessConfig())
            .Key(
                "log",
                Schemas.Enum(("all", AccessLevel.All), ("sampled", AccessLevel.Sampled), ("errors", AccessLevel.Errors)),
                (access, value) => access with { Log = value },
                "all; sampled: one in a hundred, at most 50 per second; errors: no other ones.",
                "sampled")
            .Key(
                "pattern",
                Pattern(),
                (access, value) => access with { Pattern = value },
                "The look of a line of text, with fields in braces; docs/observability.md lists them. Only with logs.format: text."));

    private static TextSchema<string> Pattern() => new(
        "a line with fields in braces",
        "Write one like \"{client} [{clfTime}] \\\"{method} {target} {protocol}\\\" {status} {bytesOut}\"; a brace itself is written twice",
        () => new JsonObject { ["type"] = "string", ["minLength"] = 3, ["maxLength"] = LongestPattern },
        static text =>
        {
            if (text.Length > LongestPattern || text.Any(char.IsControl))
            {
                return Parsed<string>.Bad($"Write at most {LongestPattern} characters, none of them a control character");
            }

            return AccessPattern.Parse(text, out var unknown) is not null ? text
                : unknown is null ? Parsed<string>.Bad()
                : Parsed<string>.Bad(DidYouMean.Of(unknown, AccessPattern.Names) is { } nearest
                    ? $"Write \"{{{nearest}}}\" instead of \"{{{unknown}}}\""
                    : $"There is no field \"{{{unknown}}}\". Write one of {string.Join(", ", AccessPattern.Names)}");
        });

    private static RecordSchema<SplunkConfig> Splunk() =>
        new RecordSchema<SplunkConfig>("a mapping with url and token", () => new SplunkConfig(null!, ""))
        .Key(
            "url",
            UrlSchemas.Target("the URL of Splunk's HTTP Event Collector"),
            (splunk, value) => splunk with { Url = value },
            "Where it listens.",
            required: true)
        .Key(
            "token",
            Schemas.RequiredSecret("SPLUNK_TOKEN"),
            (splunk, value) => splunk with { Token = value },
            "Its token.",
            required: true);

    // An empty one is an error: a variable that is not set must not take the protection away.
    private static TextSchema<string> SigningSecret() => new(
        "a secret text of at least 32 characters",
        "Write \"${GATEWAY_REDIS_SECRET}\" and set it in the environment, for example to what \"openssl rand -base64 32\" prints, or leave "
            + "the key out to trust Redis",
        () => Schemas.Pattern(@"^[\x21-\x7E]{32,1024}$|\$\{"),
        text => text.Length is >= 32 and <= 1024 && text.All(letter => letter is > ' ' and <= '~') ? text : Parsed<string>.Bad(),
        secret: true);
}
