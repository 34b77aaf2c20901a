namespace Gateway.Fallback;

/// <summary>The names that headers and metrics use.</summary>
internal static class FallbackStepNames
{
    /// <summary>The value of <c>X-Fallback</c> and of the label <c>step</c>.</summary>
    public static string Label(this FallbackStep step) => step switch
    {
        FallbackStep.LastGood => "last-good",
        FallbackStep.File => "file",
        FallbackStep.BuiltIn => "built-in",
        _ => "none",
    };
}
