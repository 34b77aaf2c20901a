using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;

namespace Gateway.Configuration.Keys;

/// <summary>The steps of a fallback chain: words, files, and stored responses that are given early.</summary>
internal static partial class FallbackStepKeys
{
    /// <summary>One step.</summary>
    public static Schema<FallbackStepConfig> Step { get; } = new EitherSchema<FallbackStepConfig>(
        Schemas.Enum<FallbackStepConfig>(("lastGood", new LastGoodStep()), ("builtIn", new BuiltInStep())),
        new MappingSchema(File(), LastGood()));

    private static RecordSchema<FallbackStepConfig> File() =>
        new RecordSchema<FallbackStepConfig>("a mapping with file, status, retryAfter and headers", static () => new FileStep { File = "" })
        .Key(
            "file",
            Schemas.Text(
                "a path below staticFallback",
                "Write a relative path with forward slashes, without \"..\", like offers/{category}.json",
                @"^[^/\\]|\$\{",
                IsBelow),
            static (step, value) => (FileStep)step with { File = value },
            "Path below staticFallback; {name} is filled from the route's values, {query:NAME} from the query.",
            required: true)
        .Key(
            "status",
            Schemas.Integer(200, 599),
            static (step, value) => (FileStep)step with { Status = value },
            "503 for HTML pages and 200 for data and event streams when left out.")
        .Key(
            "retryAfter",
            Schemas.Duration("1s", "24h"),
            static (step, value) => (FileStep)step with { RetryAfter = value },
            "Mean of the Retry-After header of a 503.",
            "10s")
        .Key(
            "headers",
            RouteChangeKeys.FixedLines,
            static (step, value) => (FileStep)step with { Headers = value },
            "Headers of the response, in place of the gateway's own such as Cache-Control.");

    private static RecordSchema<FallbackStepConfig> LastGood() =>
        new RecordSchema<FallbackStepConfig>("a mapping with lastGood and after", static () => new LastGoodStep())
        .Key(
            "lastGood",
            new RecordSchema<string>("an empty mapping", static () => ""),
            static (step, _) => step,
            "The step; its settings stand under lastGood of the route.",
            required: true)
        .Key(
            "after",
            Schemas.Duration("1ms", "1h"),
            static (step, value) => (LastGoodStep)step with { After = value },
            "The stored response is given, too, when the live one is later than this, which then renews it.");

    /// <summary>A value of the query is looked up by a name with a colon, which no file has.</summary>
    private static bool IsBelow(string text) => IsPath(QueryValue().Replace(text, "x"));

    private static bool IsPath(string text) =>
        text.Length is > 0 and <= 1024
            && !text.Any(letter => char.IsControl(letter) || letter is '\\' or ':')
            && text.Split('/').All(part => part.Length > 0 && part is not ("." or ".."));

    [GeneratedRegex(@"\{query:[^{}/\\:\p{C}]{1,128}\}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex QueryValue();

    /// <summary>Which of the two it is, is told by its key.</summary>
    private sealed class MappingSchema(RecordSchema<FallbackStepConfig> file, RecordSchema<FallbackStepConfig> lastGood)
        : Schema<FallbackStepConfig>
    {
        public override string What => $"{file.What}, or {lastGood.What}";

        public override IEnumerable<ConfigKey> Keys => file.Keys.Concat(lastGood.Keys);

        public override bool TryRead(ConfigNode node, string path, Reader reader, [MaybeNullWhen(false)] out FallbackStepConfig value) =>
            (node is MappingNode mapping
                && mapping.Entries.Any(static entry => entry.Key.Text is "lastGood") ? lastGood : file).TryRead(
                    node,
                    path,
                    reader,
                    out value);

        public override JsonObject ToSchema() => new() { ["anyOf"] = new JsonArray(file.ToSchema(), lastGood.ToSchema()) };
    }
}
