using System.Text.Json;
using Gateway.Observability.Metrics;

namespace Gateway.Observability.Logging;

/// <summary>A request's fields in both JSON shapes.</summary>
internal static class AccessJson
{
    /// <summary>One sentence that a viewer of logs shows.</summary>
    public static string MessageOf(AccessEntry entry) =>
        $"{entry.Method} {entry.Target} "
            + $"{(entry.Status == 0 ? "without a response" : entry.Status.ToString(System.Globalization.CultureInfo.InvariantCulture))}, "
            + $"{entry.OutcomeName}, {entry.Cause.Word()}, in {AccessText.Milliseconds(entry.Total)} ms";

    /// <summary>As one object, for <c>format: json</c>.</summary>
    public static void Write(Utf8JsonWriter json, AccessEntry entry)
    {
        json.WriteStartObject("request");
        json.WriteString("id", entry.Id);
        json.WriteString("client", entry.Client);
        json.WriteString("method", entry.Method);
        json.WriteString("target", entry.Target);
        json.WriteString("protocol", entry.Protocol);
        WriteStatus(json, "status", entry.Status);
        json.WriteString("outcome", entry.OutcomeName);
        json.WriteString("cause", entry.Cause.Word());
        json.WriteString("route", entry.Route);
        json.WriteString("cluster", entry.Cluster);
        json.WriteString("tier", entry.Tier);
        json.WriteString("destination", entry.Destination);
        WriteAttempts(json, "attempts", entry);
        json.WriteString("savedBy", entry.SavedName);
        json.WriteString("fallback", entry.StepName);
        json.WriteNumber("bytesIn", entry.BytesIn);
        json.WriteNumber("bytesOut", entry.BytesOut);
        WriteMilliseconds(json, "firstByteMs", entry.FirstByte);
        WriteMilliseconds(json, "totalMs", entry.Total);
        json.WriteString("tls", entry.Tls);
        json.WriteString("userAgent", entry.UserAgent);
        json.WriteEndObject();
    }

    /// <summary>
    /// Under the names that dashboards for web servers look for (ECS 8); what ECS has no name for is below <c>labels</c> and
    /// <c>gateway</c>.
    /// </summary>
    public static void WriteEcs(Utf8JsonWriter json, AccessEntry entry)
    {
        json.WriteString("http.request.id", entry.Id);
        json.WriteString("http.request.method", entry.Method);
        json.WriteNumber("http.request.body.bytes", entry.BytesIn);
        if (entry.Status > 0)
        {
            json.WriteNumber("http.response.status_code", entry.Status);
        }

        json.WriteNumber("http.response.body.bytes", entry.BytesOut);
        json.WriteString(
            "http.version",
            entry.Protocol.StartsWith("HTTP/", StringComparison.Ordinal) ? entry.Protocol["HTTP/".Length..] : entry.Protocol);
        json.WriteString("url.path", entry.Path);
        if (entry.Query.Length > 1)
        {
            json.WriteString("url.query", entry.Query[1..]);
        }

        json.WriteString("source.ip", entry.Client);
        if (entry.UserAgent is not null)
        {
            json.WriteString("user_agent.original", entry.UserAgent);
        }

        if (entry.Tls is not null)
        {
            json.WriteString("tls.version", entry.Tls);
            json.WriteString("tls.version_protocol", "tls");
        }

        json.WriteNumber("event.duration", entry.Total.Ticks * TimeSpan.NanosecondsPerTick);
        json.WriteString("event.outcome", entry.Outcome switch
        {
            RequestOutcome.Live => "success",
            RequestOutcome.Failed or RequestOutcome.Degraded => "failure",
            _ => "unknown"
        });
        json.WriteString("labels.route", entry.Route);
        json.WriteString("labels.outcome", entry.OutcomeName);
        json.WriteString("labels.cause", entry.Cause.Word());
        json.WriteString("labels.saved_by", entry.SavedName);
        json.WriteString("labels.fallback", entry.StepName);
        Label(json, "labels.cluster", entry.Cluster);
        Label(json, "labels.tier", entry.Tier);
        Label(json, "labels.destination", entry.Destination);
        WriteMilliseconds(json, "gateway.first_byte_ms", entry.FirstByte);
        WriteAttempts(json, "gateway.attempts", entry);
    }

    private static void Label(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void WriteAttempts(Utf8JsonWriter json, string name, AccessEntry entry)
    {
        json.WriteStartArray(name);
        foreach (var attempt in entry.Attempts)
        {
            json.WriteStartObject();
            json.WriteString("destination", attempt.Destination);
            json.WriteString("tier", attempt.Tier);
            json.WriteString("purpose", attempt.Purpose);
            json.WriteString("result", attempt.Result);
            WriteStatus(json, "status", attempt.Status);
            WriteMilliseconds(json, "ms", attempt.Took);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteStatus(Utf8JsonWriter json, string name, int status)
    {
        if (status > 0)
        {
            json.WriteNumber(name, status);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void WriteMilliseconds(Utf8JsonWriter json, string name, TimeSpan? time)
    {
        if (time is { } known)
        {
            json.WriteNumber(name, Math.Round((decimal)known.TotalMilliseconds, 1));
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
