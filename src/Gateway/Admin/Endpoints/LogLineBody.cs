using System.Text;
using System.Text.Json;

namespace Gateway.Admin.Endpoints;

/// <summary>The lines of a pushed body: a line each, or the items of a JSON array, which is how senders batch JSON. Pure.</summary>
internal static class LogLineBody
{
    private const int MostDepth = 64;

    /// <summary>The lines in order, without blank ones.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> LinesOf(ReadOnlyMemory<byte> body) =>
        ItemsOf(body) ?? TextLinesOf(body);

    private static IEnumerable<ReadOnlyMemory<byte>> TextLinesOf(ReadOnlyMemory<byte> body)
    {
        while (!body.IsEmpty)
        {
            var end = body.Span.IndexOf((byte)'\n');
            var line = (end < 0 ? body : body[..end]).Trim(" \t\r"u8);
            body = end < 0 ? ReadOnlyMemory<byte>.Empty : body[(end + 1)..];
            if (!line.IsEmpty)
            {
                yield return line;
            }
        }
    }

    // Null: it is no array of objects or texts. A line of text may begin with a bracket, too.
    private static List<ReadOnlyMemory<byte>>? ItemsOf(ReadOnlyMemory<byte> body)
    {
        var trimmed = body.Trim(" \t\r\n"u8);
        if (trimmed.IsEmpty || trimmed.Span[0] != '[')
        {
            return null;
        }

        try
        {
            var items = new List<ReadOnlyMemory<byte>>();
            var reader = new Utf8JsonReader(trimmed.Span, new JsonReaderOptions { MaxDepth = MostDepth });
            reader.Read();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                var start = (int)reader.TokenStartIndex;
                switch (reader.TokenType)
                {
                    case JsonTokenType.StartObject:
                        reader.Skip();
                        items.Add(trimmed[start..(int)reader.BytesConsumed]);
                        break;
                    case JsonTokenType.String:
                        items.Add(Encoding.UTF8.GetBytes(reader.GetString()!));
                        break;
                    default:
                        return null;
                }
            }

            return reader.Read() ? null : items;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
