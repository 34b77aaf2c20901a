using System.Text;
using System.Text.Json;

namespace Gateway.Health.Signals.Lines;

/// <summary>A record of systemd's journal, as <c>journalctl -o json</c> writes it. Pure.</summary>
/// <param name="Message">What the program wrote.</param>
/// <param name="Unit">The unit that it is of; null: none.</param>
/// <param name="Host">The machine that it was written on; null: it is not known.</param>
/// <param name="Cursor">Where it stands in the journal; null: it is not known.</param>
internal sealed record JournalRecord(byte[] Message, string? Unit, string? Host, string? Cursor)
{
    private const int LongestCursor = 512;

    /// <summary>The record of a line; null: it is none, or has no message.</summary>
    public static JournalRecord? Read(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 4 });
            var record = document.RootElement;
            if (record.ValueKind != JsonValueKind.Object || !record.TryGetProperty("MESSAGE", out var written) || MessageOf(written) is not
                { } message)
            {
                return null;
            }

            // What systemd says about a unit is of the unit, too.
            var cursor = TextOf(record, "__CURSOR");
            return new JournalRecord(
                message,
                TextOf(record, "UNIT") ?? TextOf(record, "_SYSTEMD_UNIT"),
                TextOf(record, "_HOSTNAME"),
                cursor?.Length <= LongestCursor ? cursor : null);
        }
        catch (Exception e) when (UntrustedJson.IsInvalid(e))
        {
            return null;
        }
    }

    // A text; bytes, where it is none in UTF-8.
    private static byte[]? MessageOf(JsonElement written)
    {
        if (written.ValueKind == JsonValueKind.String)
        {
            return Encoding.UTF8.GetBytes(written.GetString()!);
        }

        if (written.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var bytes = new List<byte>(written.GetArrayLength());
        foreach (var item in written.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetByte(out var value))
            {
                return null;
            }

            bytes.Add(value);
        }

        return [.. bytes];
    }

    private static string? TextOf(JsonElement record, string name) =>
        record.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
