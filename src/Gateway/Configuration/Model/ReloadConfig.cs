namespace Gateway.Configuration.Model;

/// <summary>What a changed file needs before it is put in force.</summary>
internal sealed record ReloadConfig
{
    /// <summary>
    /// A change whose high risks are about more than this share of the last hour's requests waits for an operator. Default: null, none
    /// waits. Limits: 0 to 1.
    /// </summary>
    public double? ConfirmAbove { get; init; }
}
