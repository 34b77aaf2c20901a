namespace Gateway.Fallback;

/// <summary>Which step of the fallback chain answered.</summary>
internal enum FallbackStep
{
    /// <summary>None could: the response was under way already, and its connection was aborted so that the cut shows.</summary>
    None,

    /// <summary>A stored response of a tier.</summary>
    LastGood,

    /// <summary>A prepared file.</summary>
    File,

    /// <summary>The response that is part of the program.</summary>
    BuiltIn,
}

/// <summary>The names that headers and metrics use.</summary>
internal static class FallbackRungNames
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
