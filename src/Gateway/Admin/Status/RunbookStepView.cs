using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;

namespace Gateway.Admin.Status;

/// <summary>A step of a runbook in the configuration that operators see, as it is written in the file; secrets hidden.</summary>
internal sealed class RunbookStepView : JsonConverter<RunbookStep>
{
    private const string Hidden = "(hidden)";

    /// <summary>Arguments, what URLs have behind their host, and headers are replaced.</summary>
    public static RunbookStep Hide(RunbookStep step) => step switch
    {
        ExecStep { Command.Length: > 1 } exec => exec with { Command = [exec.Command[0], Hidden] },
        HttpStep http => http with
        {
            Url = WithoutPath(http.Url),
            Headers = [.. http.Headers.Select(static header => KeyValuePair.Create(header.Key, Hidden))],
        },
        _ => step,
    };

    /// <inheritdoc/>
    public override RunbookStep Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Only written.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, RunbookStep value, JsonSerializerOptions options)
    {
        if (value is DrainStep or ReadyStep or NotifyStep)
        {
            writer.WriteStringValue(value is DrainStep ? "drain" : value is ReadyStep ? "ready" : "notify");
            return;
        }

        writer.WriteStartObject();
        switch (value)
        {
            case ExecStep exec:
                writer.WritePropertyName("exec");
                JsonSerializer.Serialize(writer, exec.Command, options);
                break;
            case HttpStep http:
                writer.WriteString("http", http.Url);
                writer.WriteString("method", http.Method);
                writer.WriteStartObject("headers");
                foreach (var (name, text) in http.Headers)
                {
                    writer.WriteString(name, text);
                }

                writer.WriteEndObject();
                break;
            case WaitStep wait:
                writer.WriteString("wait", wait.For == RunbookAwaited.Up ? "up" : "idle");
                break;
            default:
                writer.WriteString("probe", "halfOpen");
                break;
        }

        writer.WriteString("timeout", DurationText.Format(value.Timeout));
        writer.WriteEndObject();
    }

    private static string WithoutPath(string url)
    {
        var host = url.IndexOf("//", StringComparison.Ordinal) + 2;
        var path = url.AsSpan(host).IndexOfAny('/', '?');
        return path < 0 ? url : $"{url.AsSpan(0, host + path)}/{Hidden}";
    }
}
