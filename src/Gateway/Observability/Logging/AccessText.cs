using System.Globalization;

namespace Gateway.Observability.Logging;

/// <summary>A request's line for people and for <c>grep</c>: what every log of requests begins with, then <c>name=value</c>.</summary>
internal static class AccessText
{
    /// <summary>Writes one request, without time and line end.</summary>
    public static void Write(TextWriter output, AccessEntry entry)
    {
        WriteEscaped(output, entry.Client);
        output.Write(" \"");
        WriteEscaped(output, entry.Method);
        output.Write(' ');
        WriteEscaped(output, entry.Target);
        output.Write(' ');
        output.Write(entry.Protocol);
        output.Write("\" ");
        output.Write(entry.Status == 0 ? "-" : entry.Status.ToString(CultureInfo.InvariantCulture));
        Field(output, "outcome", entry.OutcomeName);
        Field(output, "cause", entry.Cause.Word());
        Field(output, "route", entry.Route);
        Field(output, "cluster", entry.Cluster);
        Field(output, "tier", entry.Tier);
        Field(output, "destination", entry.Destination);
        Field(output, "attempts", AttemptsOf(entry));
        Field(output, "savedBy", entry.SavedName);
        Field(output, "fallback", entry.StepName);
        Field(output, "in", entry.BytesIn.ToString(CultureInfo.InvariantCulture));
        Field(output, "out", entry.BytesOut.ToString(CultureInfo.InvariantCulture));
        Field(output, "firstByte", entry.FirstByte is { } firstByte ? Milliseconds(firstByte) + "ms" : null);
        Field(output, "total", Milliseconds(entry.Total) + "ms");
        Field(output, "tls", entry.Tls);
        Field(output, "id", entry.Id);
        output.Write(" agent=\"");
        WriteEscaped(output, entry.UserAgent ?? "-");
        output.Write('"');
    }

    /// <summary>In one word: <c>guide-a/first/reset/3.1ms,guide-b/repeat/200/9.0ms</c>; null: there was none.</summary>
    public static string? AttemptsOf(AccessEntry entry) => entry.Attempts.Count == 0 ? null : string.Join(
        ',',
        entry.Attempts.Select(static a => string.Create(
            CultureInfo.InvariantCulture,
            $"{a.Destination}/{a.Purpose}/"
                + $"{(a.Status > 0 && a.Result is "success" or "status" ? a.Status.ToString(CultureInfo.InvariantCulture) : a.Result)}/"
                + $"{Milliseconds(a.Took)}ms")));

    /// <summary>With one decimal.</summary>
    public static string Milliseconds(TimeSpan time) => time.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture);

    /// <summary>As <see cref="LogText.WriteVisibly"/>, and quotes and backslashes cannot end a quoted value either.</summary>
    public static void WriteEscaped(TextWriter output, ReadOnlySpan<char> text)
    {
        while (text.IndexOfAny('"', '\\') is >= 0 and var at)
        {
            LogText.WriteVisibly(output, text[..at]);
            output.Write('\\');
            output.Write(text[at]);
            text = text[(at + 1)..];
        }

        LogText.WriteVisibly(output, text);
    }

    private static void Field(TextWriter output, string name, string? value)
    {
        output.Write(' ');
        output.Write(name);
        output.Write('=');
        WriteEscaped(output, value is { Length: > 0 } ? value : "-");
    }
}
