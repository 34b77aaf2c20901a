namespace Gateway.Observability;

/// <summary>
/// What gave a user a response where the first destination alone would not have. One cause a request: the one without which it would have
/// failed, or, for a hedge, would have waited for a destination that turned out to be ill.
/// </summary>
internal enum SavedBy
{
    /// <summary>Nothing was needed: the first attempt served it, or it was not saved.</summary>
    None,

    /// <summary>A retry after an attempt that failed.</summary>
    Retry,

    /// <summary>
    /// A hedge beside an attempt at a destination that was suspect, ejected or down, or became so before that attempt's deadline.
    /// </summary>
    Hedge,

    /// <summary>The response buffer: a response that was cut half-way was replaced before the user saw any of it.</summary>
    BufferedResponse,

    /// <summary>A later tier, while the first one could not serve.</summary>
    OtherTier,

    /// <summary>An event stream that was interrupted went on at another destination.</summary>
    Resume,

    /// <summary>A last-good response.</summary>
    LastGood,

    /// <summary>A static file.</summary>
    File,
}

/// <summary>Requests that were saved, by cause.</summary>
internal readonly record struct SavedSums(
    long Retry,
    long Hedge,
    long BufferedResponse,
    long OtherTier,
    long Resume,
    long LastGood,
    long File)
{
    /// <summary>By <see cref="SavedBy"/>, as in metrics and logs.</summary>
    public static readonly string[] Names = ["none", "retry", "hedge", "buffered_response", "other_tier", "resume", "last_good", "file"];

    /// <summary>All causes together.</summary>
    public long Total => Retry + Hedge + BufferedResponse + OtherTier + Resume + LastGood + File;

    /// <summary>The sum of one cause.</summary>
    public long this[SavedBy by] => by switch
    {
        SavedBy.Retry => Retry,
        SavedBy.Hedge => Hedge,
        SavedBy.BufferedResponse => BufferedResponse,
        SavedBy.OtherTier => OtherTier,
        SavedBy.Resume => Resume,
        SavedBy.LastGood => LastGood,
        SavedBy.File => File,
        _ => 0,
    };

    public static SavedSums operator +(SavedSums a, SavedSums b) => new(
        a.Retry + b.Retry, a.Hedge + b.Hedge, a.BufferedResponse + b.BufferedResponse, a.OtherTier + b.OtherTier, a.Resume + b.Resume,
        a.LastGood + b.LastGood, a.File + b.File);

    public static SavedSums operator -(SavedSums a, SavedSums b) => new(
        a.Retry - b.Retry, a.Hedge - b.Hedge, a.BufferedResponse - b.BufferedResponse, a.OtherTier - b.OtherTier, a.Resume - b.Resume,
        a.LastGood - b.LastGood, a.File - b.File);
}
