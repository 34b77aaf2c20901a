using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Notifications.Drills;
using Xunit;

namespace Gateway.Tests.Notifications.Drills;

[Trait("kind", "unit")]
public sealed class DrillCalendarTests
{
    // 2026-12-01 is a Tuesday.
    [Theory]
    [InlineData("10:00", "12:00", "tue", "2026-12-01 09:59:59", null)]
    [InlineData("10:00", "12:00", "tue", "2026-12-01 10:00:00", "2026-12-01 10:00 12-01 12:00")]
    [InlineData("10:00", "12:00", "tue", "2026-12-01 11:59:59", "2026-12-01 10:00 12-01 12:00")]
    [InlineData("10:00", "12:00", "tue", "2026-12-01 12:00:00", null)]
    [InlineData("10:00", "12:00", "wed", "2026-12-01 11:00:00", null)]
    [InlineData("23:00", "01:00", "tue", "2026-12-01 23:30:00", "2026-12-01 23:00 12-02 01:00")]
    [InlineData("23:00", "01:00", "tue", "2026-12-02 00:59:59", "2026-12-01 23:00 12-02 01:00")]
    [InlineData("23:00", "01:00", "tue", "2026-12-02 01:00:00", null)]
    [InlineData("23:00", "01:00", "tue", "2026-12-01 00:30:00", null)]
    [InlineData("00:00", "00:00", "tue", "2026-12-01 23:59:59", "2026-12-01 00:00 12-02 00:00")]
    [InlineData("10:00", "10:00", "tue", "2026-12-02 09:59:59", "2026-12-01 10:00 12-02 10:00")]
    public void At_AMoment_GivesItsWindow(string from, string to, string day, string now, string? expected) =>
        Assert.Equal(expected, Text(DrillCalendar.At(Drill(from, to, day), Moment(now))));

    [Theory]
    [InlineData("tue", "2026-12-01 11:00:00", "", "2026-12-01 10:00 12-01 12:00")]
    [InlineData("tue", "2026-12-01 13:00:00", "", "2026-12-08 10:00 12-08 12:00")]
    [InlineData("tue", "2026-12-01 09:00:00", "2026-12-01..2026-12-08", "2026-12-15 10:00 12-15 12:00")]
    [InlineData("tue", "2026-12-01 09:00:00", "2026-01-01..2028-12-31", null)]
    public void Next_LeavesFrozenDaysOut(string day, string now, string frozen, string? expected)
    {
        var days = frozen.Split("..");
        var drills = new DrillsConfig
        {
            Freeze = frozen.Length == 0 ? [] : [new FreezeDays(Day(days[0]), Day(days[1]))],
        };

        Assert.Equal(expected, Text(DrillCalendar.Next(drills, Drill("10:00", "12:00", day), Moment(now))));
    }

    private static ScheduledDrillConfig Drill(string from, string to, string day) => new()
    {
        Days = [day == "tue" ? DayOfWeek.Tuesday : DayOfWeek.Wednesday],
        Window = new DailyWindow(TimeOnly.Parse(from, CultureInfo.InvariantCulture), TimeOnly.Parse(to, CultureInfo.InvariantCulture)),
    };

    private static DateTimeOffset Moment(string text) =>
        DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    private static DateOnly Day(string text) => DateOnly.Parse(text, CultureInfo.InvariantCulture);

    private static string? Text(DrillWindow? window) =>
        window is { } known ? $"{known.Begin:yyyy-MM-dd HH:mm} {known.End:MM-dd HH:mm}" : null;
}
