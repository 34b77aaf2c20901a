namespace Gateway.Cli.Migration;

/// <summary>How a location is compared.</summary>
internal enum SourcePathKind
{
    /// <summary>By its beginning.</summary>
    Prefix,

    /// <summary>As a whole.</summary>
    Exact,

    /// <summary>By a regular expression.</summary>
    Expression,

    /// <summary>Not by requests: other directives name it.</summary>
    Named,
}
