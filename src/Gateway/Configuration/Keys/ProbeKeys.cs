using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Keys;

/// <summary>The keys of <c>probe</c>.</summary>
internal static class ProbeKeys
{
    /// <summary>How a cluster's destinations are probed.</summary>
    public static RecordSchema<ProbeConfig> Probe { get; } =
        new RecordSchema<ProbeConfig>("a mapping of how to probe", static () => new ProbeConfig())
        .Key(
            "type",
            Schemas.Enum(("http", ProbeType.Http), ("tcp", ProbeType.Tcp), ("grpc", ProbeType.Grpc)),
            static (probe, value) => probe with { Type = value },
            "http: a request, of which status and body are judged. tcp: a connection, with its TLS handshake to https destinations. grpc: "
                + "grpc.health.v1.Health/Check, which must say SERVING.",
            "http")
        .Key("path", ProbePath(), static (probe, value) => probe with { Path = value }, "The path that is asked for.", "/health")
        .Key(
            "method",
            Schemas.Enum(("GET", "GET"), ("HEAD", "HEAD"), ("OPTIONS", "OPTIONS"), ("POST", "POST")),
            static (probe, value) => probe with { Method = value },
            "The method; POST has an empty body.",
            "GET")
        .Key(
            "host",
            Schemas.Text("a host", "Write a host name, with or without a port", @"^[^\s/]{1,255}$|\$\{", RouteChangeKeys.IsHost),
            static (probe, value) => probe with { Host = value },
            "The name in Host, and in TLS; the destination's own when left out.")
        .Key(
            "port",
            Schemas.Integer(1, 65535),
            static (probe, value) => probe with { Port = value },
            "The port that is probed; the destination's own when left out.")
        .Key(
            "headers",
            RouteChangeKeys.ProbeLines,
            static (probe, value) => probe with { Headers = value },
            "Headers of the probe, such as Authorization.",
            "{}")
        .Key(
            "service",
            Schemas.Text("a gRPC service", "Write its full name, like shop.Guide, or leave it out for the server as a whole", 256),
            static (probe, value) => probe with { Service = value },
            "The service that a grpc probe asks for; the server as a whole when left out.")
        .Key(
            "interval",
            Schemas.Duration("50ms", "1h"),
            static (probe, value) => probe with { Interval = value },
            "From the start of one probe to the start of the next, with 10% jitter either way.",
            "1s")
        .Key(
            "fastInterval",
            Schemas.Duration("10ms", "1h"),
            static (probe, value) => probe with { FastInterval = value },
            "Between the first probe that contradicts the health status and the change of it; a quarter of interval when left out.")
        .Key(
            "timeout",
            Schemas.Duration("10ms", "1h"),
            static (probe, value) => probe with { Timeout = value },
            "For connecting, head and body together; shorter than interval.",
            "800ms")
        .Key(
            "fall",
            Schemas.Integer(1, 100),
            static (probe, value) => probe with { Fall = value },
            "Failures in a row that make a destination down.",
            "2")
        .Key(
            "rise",
            Schemas.Integer(1, 100),
            static (probe, value) => probe with { Rise = value },
            "Successes in a row that make it up.",
            "3")
        .Key(
            "expect",
            Expect(),
            static (probe, value) => probe with
            {
                ExpectStatusFrom = value.From,
                ExpectStatusTo = value.To,
                ExpectBody = value.Body,
                ExpectJson = value.Json
            },
            "What a good response looks like.")
        .Finish(Together);

    private static ProbeConfig Together(ProbeConfig probe, string path, Reader reader)
    {
        string[] ofHttp = probe.Type == ProbeType.Http
            ? []
            : probe.Type == ProbeType.Grpc ? ["path", "method", "expect"]
            : ["path", "method", "host", "headers", "expect"];
        foreach (var key in ofHttp)
        {
            if (reader.IsWritten(Reader.Below(path, key)))
            {
                var type = probe.Type == ProbeType.Grpc ? "grpc" : "tcp";
                reader.ProblemAt($"{path}/{key}", $"A {type} probe has no \"{key}\". Remove it, or write type: http.", $"{path}/{key}");
            }
        }

        if (probe.Type != ProbeType.Grpc && probe.Service.Length > 0)
        {
            reader.ProblemAt(
                $"{path}/service",
                "Only a grpc probe asks for a service. Write type: grpc beside it, or remove it.",
                $"{path}/service");
        }

        if (string.Equals(probe.Method, "HEAD", StringComparison.Ordinal) && (probe.ExpectBody is not null || !probe.ExpectJson.IsEmpty))
        {
            reader.ProblemAt(
                $"{path}/method",
                "A response to HEAD has no body that could be judged. Write GET, or remove \"body\" and \"json\" of expect.",
                $"{path}/method");
        }

        return reader.IsWritten(Reader.Below(path, "fastInterval"))
            ? probe
            : probe with { FastInterval = TimeSpan.FromMilliseconds(Math.Max(10, probe.Interval.TotalMilliseconds / 4)) };
    }

    /// <summary>The path of a probe.</summary>
    internal static TextSchema<string> ProbePath() => Schemas.Text(
        "a path",
        "Write a path that begins with a slash, like /health",
        @"^/[^\s#]*$|\$\{",
        static text => text.Length <= 1024
            && text.StartsWith('/')
            && !text.Contains('#', StringComparison.Ordinal)
            && !text.Any(static letter => char.IsWhiteSpace(letter) || char.IsControl(letter)));

    /// <summary>What a good response looks like.</summary>
    internal static RecordSchema<ExpectedResponse> Expect() =>
        new RecordSchema<ExpectedResponse>("a mapping with status, body and json", static () => new ExpectedResponse())
        .Key(
            "status",
            StatusRange(),
            static (expected, value) => expected with { From = value.From, To = value.To },
            "Statuses that are a success.",
            "200-399")
        .Key(
            "body",
            Schemas.Text("a text", "Write the text that a healthy response has, at most 1024 characters"),
            static (expected, value) => expected with { Body = value },
            "Text that must appear in the first 64 KiB of the body.")
        .Key(
            "json",
            Json(),
            static (expected, value) => expected with { Json = value },
            "Values that must stand in the body as JSON, of at most 64 KiB: { \"$.status\": ok }.",
            "{}");

    private static MapSchema<string, ExpectedJson> Json() => new(
        "places in JSON",
        @"^\$",
        StringComparer.Ordinal,
        static name => JsonPlace.TryParse(name, out _)
            ? null
            : $"This is no place in JSON, given {Reader.Quote(name)}. Write one like \"$.status\" or \"$.checks[0]['state']\".",
        new TextSchema<string>(
            "a value",
            "Write a text, a number, true, false or null",
            static () => new JsonObject { ["type"] = new JsonArray("string", "number", "boolean", "null"), ["maxLength"] = 1024 },
            static text => text.Length <= 1024 ? text : Parsed<string>.Bad()),
        static (name, value) => new ExpectedJson(name, value));

    private static TextSchema<(int From, int To)> StatusRange() => new(
        "a status or a range of statuses",
        "Write a status like 200 or a range like 200-399",
        static () => new JsonObject
        {
            ["type"] = new JsonArray("integer", "string"),
            ["pattern"] = @"^[1-5][0-9]{2}(-[1-5][0-9]{2})?$|\$\{"
        },
        static text =>
        {
            var dash = text.IndexOf('-', StringComparison.Ordinal);
            var from = text.AsSpan(0, dash < 0 ? text.Length : dash);
            var to = dash < 0 ? from : text.AsSpan(dash + 1);
            return from.Length == 3 && to.Length == 3
                && int.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out var least)
                && int.TryParse(to, NumberStyles.None, CultureInfo.InvariantCulture, out var most)
                && least is >= 100 and <= 599 && most is >= 100 and <= 599 && least <= most ? (least, most) : Parsed<(int, int)>.Bad();
        });
}
