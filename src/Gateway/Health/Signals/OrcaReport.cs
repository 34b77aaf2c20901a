using System.Globalization;
using System.Text.Json;

namespace Gateway.Health.Signals;

/// <summary>
/// A report of load in a response's header or trailer, by ORCA: <c>TEXT cpu_utilization=0.3, rps_fractional=10</c> or
/// <c>JSON {"cpu_utilization": 0.3}</c>. The text is a stranger's: bounded, and what cannot be read is no report. Pure.
/// </summary>
/// <param name="Utilization">The application's own measure, else the CPU's, else that of the cache of a model server; above 0.</param>
/// <param name="RequestsASecond">What it says it serves; 0: it does not say.</param>
internal readonly record struct OrcaReport(double Utilization, double RequestsASecond)
{
    /// <summary>The header's name.</summary>
    public const string Header = "endpoint-load-metrics";

    /// <summary>The name of the header that carries the same as protobuf; it is not read, and goes no further either.</summary>
    public const string BinaryHeader = "endpoint-load-metrics-bin";

    private const int Longest = 4096;
    private const int MostFields = 64;

    // A larger number is no utilization and no rate; that it could be divided and summed up for ever is not enough.
    private const double Largest = 1_000_000;

    // In the order in which they count; the last are what servers of language models report.
    private static readonly string[] Names =
    [
        "application_utilization", "cpu_utilization", "named_metrics.kv_cache_utilization", "named_metrics.kv_cache_usage_perc",
    ];

    private const string Rps = "rps_fractional";

    /// <summary>Reads a header's value; false: it says nothing that counts.</summary>
    public static bool TryParse(string? value, out OrcaReport report)
    {
        report = default;
        if (value is null || value.Length > Longest)
        {
            return false;
        }

        Span<double> found = stackalloc double[Names.Length + 1];
        found.Clear();
        var text = value.AsSpan().Trim();
        var isRead = text.StartsWith("TEXT ", StringComparison.OrdinalIgnoreCase) ? ReadText(text[5..], found)
            : text.StartsWith("JSON ", StringComparison.OrdinalIgnoreCase)
                && ReadJson(value.AsMemory(value.IndexOf(' ', StringComparison.Ordinal)), found);
        for (var i = 0; i < Names.Length && isRead; i++)
        {
            if (found[i] > 0)
            {
                report = new OrcaReport(found[i], found[^1]);
                return true;
            }
        }

        return false;
    }

    private static bool ReadText(ReadOnlySpan<char> text, Span<double> found)
    {
        var fields = 0;
        foreach (var range in text.Split(','))
        {
            var field = text[range];
            var equals = field.IndexOfAny('=', ':');
            if (++fields > MostFields || equals < 0
                || !double.TryParse(field[(equals + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            {
                return false;
            }

            Note(field[..equals].Trim(), number, found);
        }

        return true;
    }

    private static bool ReadJson(ReadOnlyMemory<char> text, Span<double> found)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 4 });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return false;
            }

            foreach (var member in document.RootElement.EnumerateObject())
            {
                NoteJson(member.Name, member.Value, found);
                if (member.Value.ValueKind == JsonValueKind.Object && string.Equals(member.Name, "named_metrics", StringComparison.Ordinal))
                {
                    foreach (var named in member.Value.EnumerateObject())
                    {
                        NoteJson("named_metrics." + named.Name, named.Value, found);
                    }
                }
            }

            return true;
        }
        catch (Exception e) when (UntrustedJson.IsInvalid(e))
        {
            return false;
        }
    }

    private static void NoteJson(string name, JsonElement value, Span<double> found)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number))
        {
            Note(name, number, found);
        }
    }

    // Above 1 is possible: more is asked than it can do.
    private static void Note(ReadOnlySpan<char> name, double number, Span<double> found)
    {
        if (number is not (>= 0 and <= Largest))
        {
            return;
        }

        for (var i = 0; i < Names.Length; i++)
        {
            if (name.SequenceEqual(Names[i]))
            {
                found[i] = number;
            }
        }

        found[^1] = name.SequenceEqual(Rps) ? number : found[^1];
    }
}
