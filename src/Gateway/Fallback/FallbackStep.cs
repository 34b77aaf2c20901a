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
