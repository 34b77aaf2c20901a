using System.Collections.Immutable;

namespace Gateway.Cli.Migration.Nginx;

/// <summary>One directive.</summary>
/// <param name="Name">Its name, the first word.</param>
/// <param name="Arguments">The words after it, without their quotes.</param>
/// <param name="At">Where it begins.</param>
/// <param name="Block">What stands in its braces; null: it has none.</param>
internal sealed record NginxDirective(string Name, ImmutableArray<string> Arguments, SourcePlace At, ImmutableArray<NginxDirective>? Block)
{
    /// <summary>The directives in its braces.</summary>
    public ImmutableArray<NginxDirective> Inside => Block ?? [];

    /// <summary>The first argument; empty: there is none.</summary>
    public string First => Arguments.IsEmpty ? "" : Arguments[0];

    /// <summary>As it was written, on one line and without its block.</summary>
    public override string ToString() => Arguments.IsEmpty ? Name : $"{Name} {string.Join(' ', Arguments)}";

    /// <summary>The directives of a name in the braces, in order.</summary>
    public IEnumerable<NginxDirective> All(string name) => Inside.Where(one => string.Equals(one.Name, name, StringComparison.Ordinal));

    /// <summary>The last directive of a name in the braces; null: none.</summary>
    public NginxDirective? Last(string name) => All(name).LastOrDefault();
}
