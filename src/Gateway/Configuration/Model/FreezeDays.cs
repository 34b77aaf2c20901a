namespace Gateway.Configuration.Model;

/// <summary>Days (UTC) on which nothing is done, both included.</summary>
/// <param name="From">The first.</param>
/// <param name="To">The last.</param>
internal readonly record struct FreezeDays(DateOnly From, DateOnly To)
{
    /// <summary>True: the day is one of them.</summary>
    public bool Includes(DateOnly day) => day >= From && day <= To;
}
