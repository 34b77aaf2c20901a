using System.Collections.Immutable;
using System.Text;
using Gateway.Configuration.Model;
using Gateway.Forwarding.Mirroring;
using Gateway.Fuzzing.Engine;
using Gateway.Health.Probing;
using Gateway.Health.Signals;
using Gateway.LastGood.Policy;

namespace Gateway.Fuzzing.Targets;

/// <summary>
/// JSON from destinations and from alerts: the shape that mirroring compares (bounded and printable, and only of what is whole), bodies
/// that are kept or that probes look into, alerts with bounded labels.
/// </summary>
internal sealed class JsonTarget : IFuzzTarget
{
    private static readonly string[] Texts =
    [
        "{\"items\":[{\"price\":1.5,\"name\":\"a\"},{\"price\":null}],\"ok\":true}", "[]", "\uFEFF{\"a\":[[1],{}]}",
        "{\"status\":\"up\",\"n\":[0,1]}",
        "{\"version\":\"4\",\"alerts\":[{\"status\":\"firing\",\"labels\":{\"alertname\":\"a\"},"
        + "\"endsAt\":\"2026-11-28T00:00:00Z\",\"fingerprint\":\"f\"}]}",
    ];

    private static readonly ImmutableArray<ExpectedJson> Expected = [new("$.status", "up"), new("$.n[1]", "1")];

    /// <inheritdoc/>
    public string Name => "json";

    /// <inheritdoc/>
    public int MostBytes => 4096;

    /// <inheritdoc/>
    public IEnumerable<byte[]> Seeds => Texts.Select(Encoding.UTF8.GetBytes);

    /// <inheritdoc/>
    public IEnumerable<string> Words =>
    [
        "{", "}", "[", "]", "\"a\":", ",", "null", "true", "1e400", "-0", "\"\\ud800\"", "\\u0000", "\\u202e", "\"alerts\":",
        "\"status\":\"firing\"",
        "\"labels\":{", "\"endsAt\":\"0001-01-01T00:00:00Z\"", "\"version\":\"4\"", "\u00ef\u00bb\u00bf", "[[[[[[[[", "/*", "//", "\u00ff",
    ];

    /// <inheritdoc/>
    public long MemoryFor(int length) => 2 * 1024 * 1024 + (1200L * length);

    /// <inheritdoc/>
    public void Run(ReadOnlyMemory<byte> input)
    {
        if (JsonShape.Of(input.Span) is { } shape)
        {
            Invariant.Holds(shape.Count <= JsonShape.Most, "a shape is bounded");
            Invariant.Same(StoreRejection.None, BodyCheck.Judge("application/json", null, input), "what has a shape is JSON");
            foreach (var feature in shape)
            {
                Invariant.Printable(JsonShape.Split(feature).Member, "a member is printable");
            }
        }

        _ = BodyCheck.Judge("application/json", "gzip", input);
        _ = BodyCheck.Judge("application/json", "br", input);
        _ = ProbeBody.HasAll(input, Expected);
        if (AlertmanagerJson.Read(input, out var problem) is { } alerts)
        {
            Invariant.Holds(alerts.All(static alert => alert.Labels.Count <= 64), "labels are bounded");
        }
        else
        {
            Invariant.Holds(problem is { Length: > 0 }, "a problem is told");
        }
    }
}
