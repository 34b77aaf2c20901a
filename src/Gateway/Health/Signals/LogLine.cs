using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Gateway.Health.Signals;

/// <summary>
/// A line of a log as patterns see it: a plain one as it is, a JSON object as <c>name=value</c> with blanks between, so that one pattern
/// fits however the object is written. The line is a stranger's: length, depth and members are bounded. Pure.
/// </summary>
internal static class LogLine
{
    private const int MostDepth = 4;
    private const int MostMembers = 200;

    // Names under which programs say who they are.
    private static readonly string[] OwnNames = ["destination", "instance", "service.instance.id", "host.name", "hostname", "host"];

    /// <summary>The text that a pattern is applied to.</summary>
    /// <param name="line">The line without its end.</param>
    /// <param name="ownName">The name that a JSON object gives its writer; null: none.</param>
    public static string TextOf(ReadOnlyMemory<byte> line, out string? ownName)
    {
        ownName = null;
        var trimmed = line.Span.Trim(" \t\r"u8);
        if (!trimmed.IsEmpty && trimmed[0] == '{' && trimmed[^1] == '}')
        {
            try
            {
                using var document = JsonDocument.Parse(
                    line[..line.Span.TrimEnd(" \t\r"u8).Length], new JsonDocumentOptions { MaxDepth = 16 });
                var text = new StringBuilder();
                var left = MostMembers;
                var names = new string?[OwnNames.Length];
                Append(document.RootElement, "", 0, text, names, ref left);
                ownName = names.FirstOrDefault(static name => name is not null);
                return text.ToString();
            }
            catch (Exception e) when (UntrustedJson.IsInvalid(e))
            {
                // It only looks like JSON, or a text in it is none.
            }
        }

        return Encoding.UTF8.GetString(trimmed);
    }

    private static void Append(JsonElement element, string place, int depth, StringBuilder text, string?[] names, ref int left)
    {
        foreach (var member in element.EnumerateObject())
        {
            if (--left < 0 || text.Length > LogTail.LongestLine)
            {
                return;
            }

            var name = place.Length == 0 ? member.Name : $"{place}.{member.Name}";
            if (member.Value.ValueKind == JsonValueKind.Object)
            {
                if (depth < MostDepth)
                {
                    Append(member.Value, name, depth + 1, text, names, ref left);
                }

                continue;
            }

            var value = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString() : member.Value.GetRawText();
            text.Append(CultureInfo.InvariantCulture, $"{(text.Length > 0 ? " " : "")}{name}={value}");
            if (Array.IndexOf(OwnNames, name) is >= 0 and var index)
            {
                names[index] = value;
            }
        }
    }
}
