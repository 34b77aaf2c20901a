using System.Collections.Immutable;
using System.Text.Json;

namespace Gateway.Health.Signals;

/// <summary>
/// Reads what Alertmanager's webhook sends, version 4, and Grafana's, which has the same members. It is a stranger's: alerts and labels
/// are bounded. Pure.
/// </summary>
internal static class AlertmanagerJson
{
    /// <summary>The largest body.</summary>
    public const int MostBytes = 1024 * 1024;

    private const int MostAlerts = 1_000;
    private const int MostLabels = 64;
    private const int LongestText = 1_024;

    /// <summary>The alerts; null with what is wrong, as a sentence.</summary>
    public static ImmutableArray<Alert>? Read(ReadOnlyMemory<byte> body, out string? problem)
    {
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 16 });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("alerts", out var list)
                || list.ValueKind != JsonValueKind.Array)
            {
                problem = "This is no message of Alertmanager's webhook: it has no \"alerts\". Send version 4 of it.";
                return null;
            }

            if (root.TryGetProperty("version", out var version) && version.ValueKind == JsonValueKind.String
                && version.GetString() is not ("4" or "1"))
            {
                problem = "This version of Alertmanager's webhook is not known. Send version 4.";
                return null;
            }

            problem = null;
            return [.. list.EnumerateArray().Take(MostAlerts).Select(Of).OfType<Alert>()];
        }
        catch (Exception e) when (UntrustedJson.IsInvalid(e))
        {
            problem = "The body is no JSON. Send what Alertmanager's webhook sends, version 4.";
            return null;
        }
    }

    private static Alert? Of(JsonElement alert)
    {
        if (alert.ValueKind != JsonValueKind.Object || Text(alert, "status") is not ("firing" or "resolved" or "ok")
            || !alert.TryGetProperty("labels", out var list) || list.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var labels = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var label in list.EnumerateObject().Take(MostLabels))
        {
            if (label.Value.ValueKind == JsonValueKind.String && label.Value.GetString() is { Length: <= LongestText } value)
            {
                labels[label.Name] = value;
            }
        }

        var identity = Text(alert, "fingerprint") ?? string.Join(
            '\n', labels.OrderBy(static label => label.Key, StringComparer.Ordinal).Select(static label => $"{label.Key}={label.Value}"));
        return new Alert(
            string.Equals(Text(alert, "status"), "firing", StringComparison.Ordinal),
            labels.ToImmutable(),
            identity,
            Text(alert, "endsAt") is not null && alert.GetProperty("endsAt").TryGetDateTimeOffset(out var at) && at.Year > 1 ? at : null);
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String
        && value.GetString() is { Length: > 0 and <= LongestText } text ? text : null;
}
