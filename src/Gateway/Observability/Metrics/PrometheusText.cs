using System.Buffers;
using System.Globalization;
using System.Text;

namespace Gateway.Observability.Metrics;

/// <summary>
/// Writes a snapshot as Prometheus text 0.0.4 or OpenMetrics 1.0. It stands alone in its file so that a package can replace it
/// once one is there.
/// </summary>
internal static class PrometheusText
{
    /// <summary>Prometheus text.</summary>
    public const string TextType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>OpenMetrics.</summary>
    public const string OpenMetricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    /// <summary>True when the <c>Accept</c> header asks for OpenMetrics before plain text.</summary>
    public static bool WantsOpenMetrics(string? accept)
    {
        double open = 0, text = 0;
        foreach (var part in (accept ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var pieces = part.Split(';', StringSplitOptions.TrimEntries);
            var quality = 1.0;
            foreach (var piece in pieces.AsSpan(1))
            {
                if (piece.StartsWith("q=", StringComparison.OrdinalIgnoreCase))
                {
                    quality = double.TryParse(piece.AsSpan(2), NumberStyles.Float, CultureInfo.InvariantCulture, out var q) ? q : 0;
                }
            }

            if (pieces[0].Equals("application/openmetrics-text", StringComparison.OrdinalIgnoreCase))
            {
                open = Math.Max(open, quality);
            }
            else if (pieces[0].Equals("text/plain", StringComparison.OrdinalIgnoreCase))
            {
                text = Math.Max(text, quality);
            }
        }

        return open > 0 && open >= text;
    }

    /// <summary>The whole exposition.</summary>
    public static string Write(MetricSnapshot snapshot, bool openMetrics)
    {
        var text = new StringBuilder(32 * 1024);
        foreach (var (family, samples) in snapshot.Families)
        {
            if (samples.Count == 0)
            {
                continue;
            }

            var counter = family.Kind == MetricKind.Counter;

            // OpenMetrics names a counter's family without the suffix that its samples carry.
            Head(text, openMetrics && counter ? family.Name[..^"_total".Length] : family.Name, family.Help, family.Kind switch
            {
                MetricKind.Counter => "counter",
                MetricKind.Summary => "summary",
                _ => "gauge"
            });
            foreach (var sample in samples)
            {
                Line(text, family.Name, "", sample.Labels, null, sample.Value);
            }
        }

        foreach (var family in snapshot.Histograms)
        {
            if (family.Samples.Count > 0)
            {
                Histogram(text, family, openMetrics);
            }
        }

        if (openMetrics)
        {
            text.Append("# EOF\n");
        }

        return text.ToString();
    }

    private static void Histogram(StringBuilder text, HistogramFamily family, bool openMetrics)
    {
        Head(text, family.Name, family.Help, "histogram");
        foreach (var sample in family.Samples)
        {
            // Plain text knows no exemplars; in OpenMetrics one stands in the bucket that it falls into.
            var exemplar = openMetrics ? sample.Exemplar : null;
            for (var i = 0; i < sample.Bounds.Length; i++)
            {
                var isHere = exemplar is not null && exemplar.Seconds <= sample.Bounds[i];
                Line(text, family.Name, "_bucket", sample.Labels, Bound(sample.Bounds[i]), sample.Cumulative[i], isHere ? exemplar : null);
                exemplar = isHere ? null : exemplar;
            }

            Line(text, family.Name, "_bucket", sample.Labels, "+Inf", sample.Count, exemplar);
            Line(text, family.Name, "_sum", sample.Labels, null, sample.Sum);
            Line(text, family.Name, "_count", sample.Labels, null, sample.Count);
        }
    }

    // OpenMetrics wants "1.0", and Prometheus normalises to it anyway: one spelling for both keeps the series the same.
    private static string Bound(double bound)
    {
        var text = bound.ToString("R", CultureInfo.InvariantCulture);
        return text.Contains('.', StringComparison.Ordinal) ? text : text + ".0";
    }

    private static void Head(StringBuilder text, string name, string help, string type)
    {
        text.Append("# HELP ").Append(name).Append(' ');
        Escape(text, help, quotes: false);
        text.Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
    }

    private static void Line(
        StringBuilder text,
        string name,
        string suffix,
        KeyValuePair<string, object?>[] labels,
        string? bound,
        double value,
        Exemplar? exemplar = null)
    {
        text.Append(name).Append(suffix);
        if (labels.Length > 0 || bound is not null)
        {
            var separator = '{';
            foreach (var (key, labelValue) in labels)
            {
                text.Append(separator).Append(key).Append("=\"");
                Escape(text, Convert.ToString(labelValue, CultureInfo.InvariantCulture) ?? "", quotes: true);
                text.Append('"');
                separator = ',';
            }

            if (bound is not null)
            {
                text.Append(separator).Append("le=\"").Append(bound).Append('"');
            }

            text.Append('}');
        }

        text.Append(' ').Append(Number(value));
        if (exemplar is not null)
        {
            text.Append(" # {trace_id=\"").Append(exemplar.TraceId).Append("\"} ").Append(Number(exemplar.Seconds));
        }

        text.Append('\n');
    }

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static readonly SearchValues<char> Special = SearchValues.Create("\\\n\"");

    private static void Escape(StringBuilder text, string value, bool quotes)
    {
        if (value.AsSpan().IndexOfAny(Special) < 0)
        {
            text.Append(value);
            return;
        }

        foreach (var c in value)
        {
            _ = c switch
            {
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '"' when quotes => text.Append("\\\""),
                _ => text.Append(c),
            };
        }
    }
}
