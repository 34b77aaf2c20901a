using System.Globalization;

namespace Gateway.Failover;

/// <summary>Times and spans as they stand in sentences for people: UTC, to the second, with the date where it is another day's.</summary>
internal static class WallClock
{
    /// <summary>A time, such as <c>10:49:08Z</c> or <c>2026-01-31 10:49:08Z</c>.</summary>
    public static string TimeOf(DateTimeOffset at, DateTimeOffset now)
    {
        // Cut to the second, as journal and log do it: the same moment is the same everywhere.
        var (time, today) = (at.UtcDateTime, now.UtcDateTime);
        return time.ToString(time.Date == today.Date ? "HH:mm:ss'Z'" : "yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
    }

    /// <summary>A span, such as <c>12 s</c>, <c>5 min</c>, <c>3 h</c>.</summary>
    public static string SpanOf(TimeSpan span) => span switch
    {
        { TotalSeconds: < 120 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, (long)span.TotalSeconds)} s"),
        { TotalMinutes: < 120 } => string.Create(CultureInfo.InvariantCulture, $"{(long)span.TotalMinutes} min"),
        { TotalHours: < 48 } => string.Create(CultureInfo.InvariantCulture, $"{(long)span.TotalHours} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)span.TotalDays} days"),
    };
}
