using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Values;

namespace Gateway.Configuration.Keys;

/// <summary>The steps of a runbook: words, and mappings that their first key names.</summary>
internal static class RunbookStepKeys
{
    private const string Least = "100ms";
    private const string Most = "1h";

    /// <summary>One step.</summary>
    public static Schema<RunbookStep> Step { get; } = new EitherSchema<RunbookStep>(
        Schemas.Enum<RunbookStep>(("drain", new DrainStep()), ("ready", new ReadyStep()), ("notify", new NotifyStep())),
        new MappingSchema());

    private static RecordSchema<RunbookStep> Exec { get; } =
        new RecordSchema<RunbookStep>("a mapping with exec and timeout", static () => new ExecStep())
        .Key(
            "exec",
            new ListSchema<string>(Argument(), atLeast: 1, atMost: 100),
            static (step, value) => (ExecStep)step with { Command = value },
            "A program's absolute path and its arguments, started without a shell; exit code 0 is success. {runbook}, {cluster}, {tier}, "
            + "{destination}, {host} and {port} stand for names of the configuration.",
            required: true)
        .Key("timeout", Schemas.Duration(Least, Most), SetTimeout, "How long it may take; then it is killed.", "30s")
        .Finish(static (step, path, reader) =>
        {
            if (step is ExecStep { Command: [var program, ..] } && (program[0] != '/' || program.AsSpan().ContainsAny('{', '}')))
            {
                reader.ProblemAt(
                    $"{path}/exec",
                    $"The program must be an absolute path without braces, given {Reader.Quote(program)}. Write one like "
                    + "/usr/bin/systemctl; no shell looks it up.");
            }

            return step;
        });

    private static RecordSchema<RunbookStep> Http { get; } =
        new RecordSchema<RunbookStep>("a mapping with http, method, headers and timeout", static () => new HttpStep())
        .Key(
            "http",
            Url(),
            static (step, value) => (HttpStep)step with { Url = value },
            "The URL of a request with the run as JSON; any 2xx is success. Names stand in it as in exec.",
            required: true)
        .Key(
            "method",
            Schemas.Method(),
            static (step, value) => (HttpStep)step with { Method = value },
            "Its method.",
            "POST")
        .Key(
            "headers",
            new MapSchema<string?, KeyValuePair<string, string>>(
                "headers",
                @"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$",
                StringComparer.OrdinalIgnoreCase,
                RouteChangeKeys.ProblemOfOwn,
                HeaderValue(),
                static (name, value) => KeyValuePair.Create(name, value ?? "")),
            static (step, value) => (HttpStep)step with { Headers = value },
            "Headers of the request; their values are never shown.",
            "{}")
        .Key("timeout", Schemas.Duration(Least, Most), SetTimeout, "How long it may take.", "30s");

    private static RecordSchema<RunbookStep> Wait { get; } =
        new RecordSchema<RunbookStep>("a mapping with wait and timeout", static () => new WaitStep())
        .Key(
            "wait",
            Schemas.Enum(("up", RunbookAwaited.Up), ("idle", RunbookAwaited.Idle)),
            static (step, value) => (WaitStep)step with { For = value },
            "up: the destination passes its probes; idle: no request of this gateway is under way to it.",
            required: true)
        .Key("timeout", Schemas.Duration(Least, Most), SetTimeout, "How long it may take; then the run has failed.", "60s");

    private static RecordSchema<RunbookStep> Probe { get; } =
        new RecordSchema<RunbookStep>("a mapping with probe and timeout", static () => new HalfOpenStep())
        .Key(
            "probe",
            Schemas.Enum(("halfOpen", true)),
            static (step, _) => step,
            "halfOpen: ends the drain, and waits until the destination has passed its half-open probe.",
            required: true)
        .Key("timeout", Schemas.Duration(Least, Most), SetTimeout, "How long it may take; then the run has failed.", "60s");

    private static RunbookStep SetTimeout(RunbookStep step, TimeSpan value) => step with { Timeout = value };

    private static TextSchema<string> Argument() => new(
        "a text",
        "Write the program, then its arguments, each an item",
        static () => new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = 4096 },
        static text => text.Length is 0 or > 4096 || text.Contains('\0', StringComparison.Ordinal) ? Parsed<string>.Bad()
            : RunbookNames.ProblemOf(text) is { } problem ? Parsed<string>.Bad(problem)
            : text);

    private static TextSchema<string> Url() => new(
        "a URL",
        "Write http:// or https://, a host and a port, and a path",
        static () => Schemas.Pattern(@"^https?://[^/?#@]+|\$\{"),
        static text => RunbookNames.ProblemOf(text) is { } problem ? Parsed<string>.Bad(problem)
            : !text.Any(static letter => char.IsWhiteSpace(letter) || char.IsControl(letter))
                && RunbookNames.FillUrl(text, static _ => "1") is not null
                ? text
                : Parsed<string>.Bad());

    private static TextSchema<string?> HeaderValue() => new(
        "a header's value",
        "Write visible ASCII characters, like \"Bearer ${TOKEN}\"",
        static () => new JsonObject { ["type"] = "string", ["maxLength"] = 4096 },
        static text => text.Length <= 4096 && text.All(static letter => letter is >= ' ' and <= '~') ? text : Parsed<string?>.Bad(),
        secret: true);

    /// <summary>Which of them it is, is told by its key.</summary>
    private sealed class MappingSchema : Schema<RunbookStep>
    {
        public override string What => "a mapping with exec, http, wait or probe";

        public override bool HoldsSecrets => true;

        public override IEnumerable<ConfigKey> Keys =>
            Exec.Keys.Concat(Http.Keys).Concat(Wait.Keys).Concat(Probe.Keys).DistinctBy(static key => key.Name, StringComparer.Ordinal);

        public override bool TryRead(ConfigNode node, string path, Reader reader, [MaybeNullWhen(false)] out RunbookStep value)
        {
            if (node is MappingNode mapping && Of(mapping) is { } schema)
            {
                return schema.TryRead(node, path, reader, out value);
            }

            value = null;
            if (reader.Visit(node, path))
            {
                reader.Problem(
                    node,
                    path,
                    "A step must have exactly one of exec, http, wait and probe, or be drain, ready or notify. Write one like "
                    + "{ exec: [ /usr/bin/systemctl, restart, guide ], timeout: 30s }.");
            }

            return false;
        }

        public override JsonObject ToSchema() =>
            new() { ["anyOf"] = new JsonArray(Exec.ToSchema(), Http.ToSchema(), Wait.ToSchema(), Probe.ToSchema()) };

        private static RecordSchema<RunbookStep>? Of(MappingNode mapping)
        {
            RecordSchema<RunbookStep>[] found =
            [
                .. mapping.Entries.Select(static entry => entry.Key.Text switch
                {
                    "exec" => Exec,
                    "http" => Http,
                    "wait" => Wait,
                    "probe" => Probe,
                    _ => null,
                }).OfType<RecordSchema<RunbookStep>>(),
            ];
            return found.Length == 1 ? found[0] : null;
        }
    }
}
