using System.Text;

namespace Gateway.Fuzzing.Targets;

/// <summary>
/// What a client makes of an event stream (WHATWG HTML, section 9.2.6), written a second time and plainly, to compare streams by.
/// </summary>
internal static class EventOracle
{
    /// <summary>The events that are dispatched, in a text.</summary>
    public static string Shown(ReadOnlySpan<byte> stream)
    {
        var text = Encoding.Latin1.GetString(stream);
        text = text.StartsWith("\u00ef\u00bb\u00bf", StringComparison.Ordinal) ? text[3..] : text;
        var (shown, data, kind, id) = (new StringBuilder(), new StringBuilder(), "", "");
        foreach (var line in text.ReplaceLineEndings("\n").Replace("\r", "\n", StringComparison.Ordinal).Split('\n')[..^1])
        {
            if (line.Length == 0)
            {
                if (data.Length > 0)
                {
                    // A long id would be repeated with each event.
                    shown.Append(kind).Append('/').Append(id.Length).Append(id.AsSpan(0, Math.Min(id.Length, 64))).Append('/')
                        .Append(data).Append('|');
                }

                data.Clear();
                kind = "";
                continue;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var name = colon < 0 ? line : line[..colon];
            var value = colon < 0 ? "" : line[(colon + 1)..];
            value = value is [' ', ..] ? value[1..] : value;
            switch (name)
            {
                case "data":
                    data.Append(value).Append('\n');
                    break;
                case "event":
                    kind = value;
                    break;
                case "id" when !value.Contains('\0', StringComparison.Ordinal):
                    id = value;
                    break;
            }
        }

        return shown.ToString();
    }
}
