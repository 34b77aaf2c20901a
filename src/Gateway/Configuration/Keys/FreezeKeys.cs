using System.Globalization;
using Gateway.Configuration.Model;

namespace Gateway.Configuration.Keys;

/// <summary>The keys <c>freeze</c>: days on which the gateway does nothing by itself.</summary>
internal static class FreezeKeys
{
    private const string Range = "..";

    /// <summary>Days and ranges of days.</summary>
    public static ListSchema<FreezeDays> Days { get; } = new(Day(), atMost: 100);

    private static TextSchema<FreezeDays> Day() => new(
        "a day or a range of days",
        "Write a day like 2026-11-27, or the first and the last like 2026-12-20..2027-01-02",
        static () => Schemas.Pattern(@"^[0-9]{4}-[0-9]{2}-[0-9]{2}(\.\.[0-9]{4}-[0-9]{2}-[0-9]{2})?$|\$\{"),
        static text =>
        {
            var between = text.IndexOf(Range, StringComparison.Ordinal);
            var (first, last) = between < 0 ? (text, text) : (text[..between], text[(between + Range.Length)..]);
            return DayOf(first) is not { } from || DayOf(last) is not { } to ? Parsed<FreezeDays>.Bad()
                : to < from ? Parsed<FreezeDays>.Bad($"Write the earlier day first: \"{last}{Range}{first}\"")
                : new FreezeDays(from, to);
        });

    private static DateOnly? DayOf(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;
}
