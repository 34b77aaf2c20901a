using Gateway.Configuration.Model;

namespace Gateway.Configuration.Keys;

/// <summary>The keys of <c>deepProbe</c> of a signal.</summary>
internal static class DeepProbeKeys
{
    /// <summary>A synthetic conversation, and what is expected of it.</summary>
    public static RecordSchema<DeepProbeConfig> DeepProbe { get; } =
        new RecordSchema<DeepProbeConfig>("a mapping of a conversation", static () => new DeepProbeConfig())
        .Key(
            "path",
            ProbeKeys.ProbePath(),
            static (probe, value) => probe with { Path = value },
            "The path that is asked for.",
            required: true)
        .Key(
            "method",
            Schemas.Enum(("POST", "POST"), ("GET", "GET")),
            static (probe, value) => probe with { Method = value },
            "The method; GET has no body.",
            "POST")
        .Key(
            "body",
            Schemas.Text("a text", "Write the body, at most 16384 characters", 16_384),
            static (probe, value) => probe with { Body = value },
            "The body of the request, such as a question with a known answer.")
        .Key(
            "contentType",
            Schemas.Text("a media type", "Write a media type, like application/json", 256),
            static (probe, value) => probe with { ContentType = value },
            "The type of the body.",
            "application/json")
        .Key(
            "headers",
            RouteChangeKeys.DeepProbeLines,
            static (probe, value) => probe with { Headers = value },
            "Headers of the request, such as Authorization.",
            "{}")
        .Key(
            "expect",
            ProbeKeys.Expect(),
            static (probe, value) => probe with { Expect = value },
            "What a good response looks like; of an event stream one event must have all values of json.")
        .Key(
            "firstContent",
            Schemas.Duration("10ms", "10m"),
            static (probe, value) => probe with { FirstContent = value },
            "From the start to the first content: of an event stream the first event with data, else the first byte of the body.",
            "5s")
        .Key(
            "total",
            Schemas.Duration("10ms", "10m"),
            static (probe, value) => probe with { Total = value },
            "From the start to the end of the response.",
            "30s")
        .Finish(static (probe, path, reader) =>
        {
            if (string.Equals(probe.Method, "GET", StringComparison.Ordinal) && probe.Body.Length > 0)
            {
                reader.ProblemAt($"{path}/body", "A GET has no body. Remove it, or write method: POST.");
            }

            return probe;
        });
}
