namespace Gateway.Fallback;

/// <summary>The shapes in which the built-in response exists, in the order in which the gateway prefers them.</summary>
internal enum BuiltInFormat
{
    /// <summary>RFC 9457, <c>application/problem+json</c>.</summary>
    Problem,

    /// <summary>A page.</summary>
    Html,

    /// <summary>One line.</summary>
    Text,

    /// <summary>One event named <c>error</c>.</summary>
    EventStream,
}
