using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Keys;

/// <summary>The keys of a route, its fallback chain and its streams.</summary>
internal static class RouteKeys
{
    /// <summary>One route.</summary>
    public static RecordSchema<RouteConfig> Route { get; } =
        new RecordSchema<RouteConfig>("a route", () => new RouteConfig { Name = "", Path = "" })
        .Key(
            "match",
            MatchKeys.Match,
            (
            route,
            value) => route with
            {
                Hosts = value.Hosts,
                Path = value.Path,
                Methods = value.Methods,
                Conditions = [.. value.Headers, .. value.Query]
            },
            "Which requests it is for.",
            required: true)
        .Key(
            "cluster",
            Schemas.Text("the name of a cluster", "Write the name of a cluster under \"clusters\"", NameText.Pattern
                + @"|\$\{", NameText.IsName),
            (route, value) => route with { Cluster = value },
            "The cluster that serves it.",
            required: true,
            unless: "redirect")
        .Key(
            "redirect",
            RedirectKeys.Redirect,
            (route, value) => route with { Redirect = value },
            "Sends requests to another address; no cluster is asked.")
        .Key(
            "cors",
            CorsKeys.Cors,
            (route, value) => route with { Cors = value },
            "Which scripts of other origins may use the route: preflights are answered by the gateway, and every response of the route "
                + "gets the headers that the destination has not set.")
        .Key(
            "timeouts",
            RouteOverrideKeys.Timeouts,
            (
            route,
            value) => route with
            {
                Overrides = route.Overrides with
                {
                    FirstByte = value.FirstByte,
                    FirstByteWrites = value.FirstByteWrites,
                    Idle = value.Idle,
                    Total = value.Total
                }
            },
            "Deadlines in place of the cluster's; those left out are the cluster's.")
        .Key(
            "attempts",
            RouteOverrideKeys.Attempts,
            (
            route,
            value) => route with
            {
                Overrides = route.Overrides with
                {
                    Max = value.Max,
                    Hedge = value.Hedge,
                    HedgeAfter = value.HedgeAfter,
                    RequestBuffer = value.RequestBuffer
                }
            },
            "Retry settings in place of the cluster's; those left out are the cluster's.")
        .Key(
            "responseBuffer",
            Schemas.Size("0", "16MiB"),
            (route, value) => route with { Overrides = route.Overrides with { ResponseBuffer = value } },
            "In place of the cluster's: a response up to this is sent once it is whole.")
        .Key(
            "mirror",
            Schemas.ShareOrOff(),
            (route, value) => route with { Overrides = route.Overrides with { Mirror = value } },
            "In place of the cluster's: the share of the route's GET requests that the next tier gets as well.")
        .Key(
            "limits",
            RouteOverrideKeys.Limits,
            (route, value) => route with { Overrides = route.Overrides with { RequestBody = value.RequestBody } },
            "In place of the gateway's.")
        .Key(
            "allow",
            new ListSchema<System.Net.IPNetwork>(UrlSchemas.Network(), atLeast: 1),
            (route, value) => route with { Allow = value },
            "Networks from which the route may be used; clients elsewhere get 403. The client is the one behind trustedProxies.")
        .Key(
            "deny",
            new ListSchema<System.Net.IPNetwork>(UrlSchemas.Network()),
            (route, value) => route with { Deny = value },
            "Networks from which it may not be used, whatever allow says.",
            "[]")
        .Key(
            "rateLimit",
            AccessRuleKeys.RateLimit,
            (route, value) => route with { RateLimit = value },
            "How many requests one sender may make here; more get 429. With redis the gateways count together.")
        .Key(
            "host",
            RouteChangeKeys.Host,
            (
            route,
            value) => route with
            {
                KeepsHost = value is RouteChangeKeys.Keep,
                HostName = value is RouteChangeKeys.Keep or RouteChangeKeys.Destination ? null : value
            },
            "The name that destinations are asked under: their own (destination), the one that the client used (keep), or the one that "
                + "stands here. TLS goes by the destination's own in each case.",
            "destination")
        .Key(
            "rewrite",
            RouteChangeKeys.Rewrite,
            (route, value) => route with { Rewrite = value },
            "Which path destinations are asked for: stripPrefix and prefix, or path. The query stays.")
        .Key(
            "headers",
            RouteChangeKeys.Headers,
            (route, value) => route with { RequestHeaders = value.Request, ResponseHeaders = value.Response },
            "What is changed in the headers of requests to destinations and of responses to users.")
        .Key(
            "compression",
            CompressionKeys.Compression,
            (route, value) => route with { Compression = value },
            "In place of the gateway's: off, on, or a mapping.")
        .Key(
            "level",
            Schemas.Enum(("high", Level.High), ("medium", Level.Medium), ("low", Level.Low)),
            (route, value) => route with { Level = value },
            "How important it is; what that means stands under levels.",
            "high")
        .Key(
            "lastGood",
            LastGoodKeys.LastGood(),
            (route, value) => route with { LastGood = value },
            "Keeps the last-good responses, to serve when no tier can.")
        .Key(
            "fallback",
            new ListSchema<FallbackStepConfig>(FallbackStepKeys.Step),
            Fallback,
            "The fallback chain when no tier can serve: the first step that has a response gives it; builtIn (503) always stands at its "
                + "end.",
            "[builtIn]")
        .Key("stream", Stream(), (route, value) => route with { Stream = value }, "The route carries server-sent events.")
        .Key(
            "retryable",
            Schemas.Boolean(),
            (route, value) => route with { Retryable = value },
            "Whether this route's requests may be sent twice; by method when left out.")
        .Key("slo", Slo(), (route, value) => route with { Slo = value }, "Which responses count against the cluster's slo.")
        .Finish(Together);

    private static RecordSchema<SloConfig> Slo() =>
        new RecordSchema<SloConfig>("a mapping of what counts against the objective", () => new SloConfig())
        .Key("bad", new ListSchema<string>(BadStatus()), (slo, value) => slo with
        {
            EveryServerError = value.Contains("5xx", StringComparer.Ordinal),
            Statuses = [.. value.Where(status => status is not "5xx")
                .Select(status => int.Parse(status, CultureInfo.InvariantCulture))
                .Distinct()],
        }, "Statuses that count; 5xx stands for all of them. Fallback responses and responses that were cut always count.", "[5xx]")
        .Key(
            "slowerThan",
            Schemas.Duration("1ms", "1h"),
            (slo, value) => slo with { SlowerThan = value },
            "A response that took longer counts too, event streams apart.");

    private static TextSchema<string> BadStatus() => new(
        "5xx or a status from 400 to 599",
        "Write 5xx, or a status such as 503",
        () => new JsonObject
        {
            ["anyOf"] = new JsonArray(
                new JsonObject { ["enum"] = new JsonArray("5xx") },
                new JsonObject { ["type"] = "integer", ["minimum"] = 400, ["maximum"] = 599 },
                Schemas.Pattern(@"^[45][0-9][0-9]$|\$\{")),
        },
        text => text is "5xx" || (text.Length == 3 && text[0] is '4' or '5' && char.IsAsciiDigit(text[1]) && char.IsAsciiDigit(text[2]))
            ? text
            : Parsed<string>.Bad());

    private static RecordSchema<StreamConfig> Stream() =>
        new RecordSchema<StreamConfig>("a mapping of how events are carried", () => new StreamConfig())
        .Key(
            "firstContent",
            Schemas.Duration("10ms", "1h"),
            (stream, value) => stream with { FirstContent = value },
            "Until the first event that carries data; another tier after that.",
            "10s")
        .Key(
            "idle",
            Schemas.Duration("100ms", "24h"),
            (stream, value) => stream with { Idle = value },
            "Between two pieces after that.",
            "30s")
        .Key(
            "heartbeat",
            Schemas.Duration("100ms", "1h"),
            (stream, value) => stream with { Heartbeat = value },
            "A comment line keeps the way open while the guide thinks.",
            "15s")
        .Key(
            "onInterrupt",
            Schemas.Enum(("error", false), ("resume", true)),
            (stream, value) => stream with { Resume = value },
            "error: event: error, then a visible end; resume: go on elsewhere by Last-Event-ID.",
            "error");

    /// <summary>builtIn is understood at the end and not kept: it stands there anyway.</summary>
    private static RouteConfig Fallback(RouteConfig route, ImmutableArray<FallbackStepConfig> steps) => route with { Fallback = steps };

    private static RouteConfig Together(RouteConfig route, string path, Reader reader)
    {
        for (var i = 0; i < route.Fallback.Length; i++)
        {
            if (route.Fallback[i] is not BuiltInStep)
            {
                continue;
            }

            if (i < route.Fallback.Length - 1)
            {
                reader.ProblemAt(
                    $"{path}/fallback/{i + 1}",
                    "This step never gives a response, for \"builtIn\" before it always does. Write builtIn last, or leave it out: it "
                        + "always stands at the end.",
                    $"{path}/fallback");
            }

            return route with { Fallback = route.Fallback[..i] };
        }

        return route;
    }
}
