namespace Gateway.Fallback;

/// <summary>Which step of the ladder answered.</summary>
internal enum FallbackRung
{
    /// <summary>None could: the answer was under way already, and its connection was aborted so that the cut shows.</summary>
    None,

    /// <summary>A stored answer of a tier.</summary>
    LastGood,

    /// <summary>A prepared file.</summary>
    File,

    /// <summary>The answer that is part of the program.</summary>
    BuiltIn,
}

/// <summary>The names that headers and metrics use.</summary>
internal static class FallbackRungNames
{
    /// <summary>The value of <c>X-Fallback</c> and of the label <c>rung</c>.</summary>
    public static string Label(this FallbackRung rung) => rung switch
    {
        FallbackRung.LastGood => "last-good",
        FallbackRung.File => "file",
        FallbackRung.BuiltIn => "built-in",
        _ => "none",
    };
}
