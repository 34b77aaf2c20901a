using System.Text.Json;

namespace Gateway.Conformance.Support;

/// <summary>One header or trailer line as it was read.</summary>
internal sealed record HeaderLine(string Name, string Value);

/// <summary>An interim response.</summary>
internal sealed record InterimReading(int Status, IReadOnlyList<HeaderLine> Headers);

/// <summary>What a client read for one request.</summary>
/// <param name="Error">What broke it off; null: it ended as it should.</param>
internal sealed record Reading(
    string Id,
    int Status,
    string? Reason,
    IReadOnlyList<HeaderLine> Headers,
    IReadOnlyList<InterimReading> Interim,
    IReadOnlyList<HeaderLine> Trailers,
    long Length,
    string Hash,
    string? Error,
    string Text)
{
    /// <summary>From a line of clients/batch.mjs.</summary>
    public static Reading Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        return new(
            root.GetProperty("id").GetString()!, root.GetProperty("status").GetInt32(), root.GetProperty("reason").GetString(),
            Lines(root.GetProperty("headers")),
            [.. root.GetProperty("interim")
                .EnumerateArray()
                .Select(one => new InterimReading(one.GetProperty("status").GetInt32(), Lines(one.GetProperty("headers"))))],
            Lines(root.GetProperty("trailers")), root.GetProperty("length").GetInt64(), root.GetProperty("hash").GetString()!,
            root.GetProperty("error").GetString(),
            root.TryGetProperty("text", out var text) ? text.GetString()! : "");
    }

    private static List<HeaderLine> Lines(JsonElement list) =>
        [.. list.EnumerateArray().Select(pair => new HeaderLine(pair[0].GetString()!, pair[1].GetString()!))];
}
