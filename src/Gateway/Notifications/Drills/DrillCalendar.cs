using Gateway.Configuration.Model;

namespace Gateway.Notifications.Drills;

/// <summary>A window of a drill.</summary>
/// <param name="Begin">Its begin.</param>
/// <param name="End">Its end, not included.</param>
internal readonly record struct DrillWindow(DateTimeOffset Begin, DateTimeOffset End);

/// <summary>When the windows of a scheduled drill are. Pure; all of it in UTC.</summary>
internal static class DrillCalendar
{
    private const int Week = 7;

    /// <summary>The window that a moment is in; null: it is in none.</summary>
    public static DrillWindow? At(ScheduledDrillConfig drill, DateTimeOffset now)
    {
        // One over midnight began yesterday.
        for (var days = 0; days >= -1; days--)
        {
            if (On(drill, DayOf(now).AddDays(days)) is { } window && window.Begin <= now && now < window.End)
            {
                return window;
            }
        }

        return null;
    }

    /// <summary>The window that a moment is in, or else the next one; null: a freeze covers all of the next year.</summary>
    public static DrillWindow? Next(DrillsConfig drills, ScheduledDrillConfig drill, DateTimeOffset now)
    {
        for (var days = -1; days <= 366 + Week; days++)
        {
            var day = DayOf(now).AddDays(days);
            if (On(drill, day) is { } window && now < window.End && !IsFrozen(drills, window.Begin > now ? window.Begin : now))
            {
                return window;
            }
        }

        return null;
    }

    /// <summary>True: nothing runs on that day.</summary>
    public static bool IsFrozen(DrillsConfig drills, DateTimeOffset now)
    {
        foreach (var days in drills.Freeze)
        {
            if (days.Includes(DayOf(now)))
            {
                return true;
            }
        }

        return false;
    }

    private static DrillWindow? On(ScheduledDrillConfig drill, DateOnly day)
    {
        if (!drill.Days.Contains(day.DayOfWeek))
        {
            return null;
        }

        var begin = new DateTimeOffset(day.ToDateTime(drill.Window.From), TimeSpan.Zero);
        return new DrillWindow(begin, begin + drill.Window.Length);
    }

    private static DateOnly DayOf(DateTimeOffset now) => DateOnly.FromDateTime(now.UtcDateTime);
}
