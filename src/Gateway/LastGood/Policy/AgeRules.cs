using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Gateway.LastGood.Policy;

/// <summary>
/// How old a response already was when it came, and how long it was fresh (RFC 9111, sections 4.2.1 and 4.2.3). Pure sums.
/// </summary>
internal static class AgeRules
{
    /// <summary>Age at arrival.</summary>
    /// <param name="date">The response's <c>Date</c>, if it has one.</param>
    /// <param name="ageSeconds">The response's <c>Age</c>; 0 if it has none.</param>
    /// <param name="arrived">When its head came.</param>
    /// <param name="delay">From the request sent to the head received.</param>
    public static TimeSpan AtArrival(DateTimeOffset? date, long ageSeconds, DateTimeOffset arrived, TimeSpan delay)
    {
        var apparent = date is { } sent && arrived > sent ? arrived - sent : TimeSpan.Zero;

        // Date has whole seconds: within the first one the clock says nothing.
        apparent = apparent < TimeSpan.FromSeconds(1) ? TimeSpan.Zero : apparent;
        var corrected = TimeSpan.FromSeconds(ageSeconds) + delay;
        return apparent > corrected ? apparent : corrected;
    }

    /// <summary>Seconds for which the response was fresh: <c>max-age</c>, else <c>Expires</c> minus <c>Date</c>, else none.</summary>
    public static long FreshSeconds(long? maxAge, StringValues expires, DateTimeOffset? date, DateTimeOffset arrived)
    {
        if (maxAge is { } seconds)
        {
            return seconds;
        }

        return expires.Count == 1 && ParseDate(expires) is { } until
            ? Math.Clamp((long)(until - (date ?? arrived)).TotalSeconds, 0, int.MaxValue)
            : 0;
    }

    /// <summary>A date of HTTP; null: none or not understood.</summary>
    public static DateTimeOffset? ParseDate(StringValues value) =>
        value.Count == 1 && HeaderUtilities.TryParseDate(value[0], out var date) ? date : null;

    /// <summary>An <c>Age</c>, the first where several are listed (RFC 9111, section 5.1); 0: none or not understood.</summary>
    public static long ParseAge(StringValues value)
    {
        var line = value.Count > 0 ? value[0].AsSpan().TrimStart(", \t") : default;
        var comma = line.IndexOf(',');
        return ParseSeconds((comma < 0 ? line : line[..comma]).TrimEnd(" \t"));
    }

    /// <summary>Whole seconds, those too many as the most that count (RFC 9111, section 1.2.2); 0: none or not understood.</summary>
    public static long ParseSeconds(ReadOnlySpan<char> digits)
    {
        long seconds = 0;
        foreach (var digit in digits)
        {
            if (!char.IsAsciiDigit(digit))
            {
                return 0;
            }

            seconds = Math.Min((seconds * 10) + digit - '0', int.MaxValue);
        }

        return seconds;
    }
}
