using System.Globalization;

namespace Gateway.Health.Forecast;

/// <summary>Numbers in the words of a forecast's reason.</summary>
internal static class ForecastText
{
    /// <summary>A time in seconds, such as "3 ms" or "1.2 s".</summary>
    public static string Time(double seconds) => seconds switch
    {
        < 0.001 => "under 1 ms",
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(seconds * 1000):0} ms"),
        < 100 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.#} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds:0} s"),
    };

    /// <summary>A span, such as "40 s" or "2 min".</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 90 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, Math.Round(span.TotalSeconds)):0} s"),
        { TotalMinutes: < 90 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(span.TotalMinutes):0} min"),
        { TotalHours: < 48 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(span.TotalHours):0} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(span.TotalDays):0} days"),
    };

    /// <summary>A number of a series: whole above a hundred, with three digits below.</summary>
    public static string Number(double value) => Math.Abs(value) switch
    {
        >= 10_000 => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.###", CultureInfo.InvariantCulture),
    };

    /// <summary>A share in percent.</summary>
    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(share * 100):0} %");
}
