namespace Gateway.Configuration.Model;

/// <summary>What a changed file needs before it is put in force.</summary>
internal sealed record ReloadConfig
{
    /// <summary>
    /// A change whose high risks are about more than this share of the last hour's requests waits for an operator. Default: null, none
    /// waits. Limits: 0 to 1.
    /// </summary>
    public double? ConfirmAbove { get; init; }

    /// <summary>
    /// How long a changed configuration is a canary: it is rolled back when users fare worse by it. Default: null, it is none.
    /// Limits: 5 s to 10 min.
    /// </summary>
    public TimeSpan? Canary { get; init; }
}
