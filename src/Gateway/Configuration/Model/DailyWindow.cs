namespace Gateway.Configuration.Model;

/// <summary>A time of day (UTC) from one minute to another; one that ends before it begins ends on the next day.</summary>
/// <param name="From">Its begin.</param>
/// <param name="To">Its end, not included.</param>
internal readonly record struct DailyWindow(TimeOnly From, TimeOnly To)
{
    /// <summary>How long it is, up to a day.</summary>
    public TimeSpan Length => To > From ? To - From : TimeSpan.FromDays(1) - (From - To);
}
