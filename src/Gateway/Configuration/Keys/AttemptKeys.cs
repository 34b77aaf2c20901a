using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Keys;

/// <summary>The keys of a cluster's attempts.</summary>
internal static class AttemptKeys
{
    /// <summary>How one request may try several destinations.</summary>
    public static RecordSchema<AttemptsConfig> Attempts() =>
        new RecordSchema<AttemptsConfig>("a mapping of retry settings", () => new AttemptsConfig())
        .Key(
            "max",
            Schemas.Integer(1, 10),
            (attempts, value) => attempts with { Max = value },
            "Attempts of one request, the first included.",
            "3")
        .Key("retryOn", new ListSchema<string>(Reason()), (attempts, value) => attempts with
        {
            OnConnect = value.Contains("connect", StringComparer.Ordinal),
            OnReset = value.Contains("reset", StringComparer.Ordinal),
            OnTimeout = value.Contains("timeout", StringComparer.Ordinal),
            OnTruncated = value.Contains("truncated", StringComparer.Ordinal),
            OnStatus = [.. value.Where(reason => char.IsAsciiDigit(reason[0]))
                .Select(reason => int.Parse(reason, CultureInfo.InvariantCulture))
                .Distinct()],
        }, "What is tried elsewhere; 429 and 500 may be added.", "[connect, reset, timeout, truncated, 502, 503, 504]")
        .Key(
            "retryMethods",
            new ListSchema<string>(Schemas.Method()),
            (attempts, value) => attempts with { RetryMethods = [.. value.Distinct(StringComparer.Ordinal)] },
            "Methods that may be sent twice: the idempotent ones of RFC 9110; others are retried only if nothing was sent.",
            "[GET, HEAD, OPTIONS, TRACE, PUT, DELETE]")
        .Key(
            "requestBuffer",
            Schemas.Size("0", "16MiB"),
            (attempts, value) => attempts with { RequestBuffer = value },
            "A larger request body is streamed and not retried.",
            "64KiB")
        .Key(
            "retryBudget",
            Budget(),
            (attempts, value) => attempts with { RetryBudget = value },
            "Extra attempts as a share of requests, at least 3 per second.",
            "20%")
        .Key(
            "hedge",
            Hedge(),
            (attempts, value) => attempts with { Hedge = value.Mode, HedgeAfter = value.After },
            "A second attempt when the first is late: auto, off, or after how long.",
            "auto");

    private static TextSchema<string> Reason()
    {
        string[] words = ["connect", "reset", "timeout", "truncated"];
        return new(
            "one of connect, reset, timeout, truncated, 429 or a status from 500 to 599",
            "Write connect, reset, timeout, truncated, 429 or a status from 500 to 599",
            () => new JsonObject
            {
                ["anyOf"] = new JsonArray(
                new JsonObject { ["enum"] = new JsonArray("connect", "reset", "timeout", "truncated") },
                new JsonObject { ["type"] = "integer", ["minimum"] = 429, ["maximum"] = 429 },
                new JsonObject { ["type"] = "integer", ["minimum"] = 500, ["maximum"] = 599 },
                Schemas.Pattern(@"^(429|5[0-9][0-9])$|\$\{")),
            }, text =>
                words.Contains(text, StringComparer.Ordinal)
                    || string.Equals(text, "429", StringComparison.Ordinal)
                    || (text.Length == 3 && text[0] == '5' && char.IsAsciiDigit(text[1]) && char.IsAsciiDigit(text[2])) ? text
                : DidYouMean.Of(text, words) is { } nearest ? Parsed<string>.Bad($"Write \"{nearest}\" instead") : Parsed<string>.Bad());
    }

    private static TextSchema<double> Budget() =>
        new(
            "a percentage from 0% to 100%",
            PercentText.Rule,
            () => Schemas.Pattern(PercentText.Pattern),
            text => PercentText.Parse(text, out var instead) is { } ratio ? ratio : Parsed<double>.Bad(instead));

    /// <summary>When a second attempt starts.</summary>
    public static TextSchema<(HedgeMode Mode, TimeSpan After)> Hedge() =>
        new("auto, off or a duration", "Write auto, off, or a duration like 200ms", () => new JsonObject
        {
            ["anyOf"] = new JsonArray(new JsonObject { ["enum"] = new JsonArray("auto", "off") }, Schemas.Pattern(DurationText.Pattern)),
        }, text => text switch
        {
            "auto" => (HedgeMode.Auto, TimeSpan.Zero),
            "off" => (HedgeMode.Off, TimeSpan.Zero),
            _ => DurationText.Parse(text, out _) is { } after && after >= TimeSpan.FromMilliseconds(1) && after <= TimeSpan.FromHours(1)
                ? (HedgeMode.Fixed, after)
                : Parsed<(HedgeMode, TimeSpan)>.Bad(),
        });
}
