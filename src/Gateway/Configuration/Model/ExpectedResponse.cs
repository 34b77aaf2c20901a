using System.Collections.Immutable;

namespace Gateway.Configuration.Model;

/// <summary>What a good response to a probe looks like.</summary>
/// <param name="From">Lowest status that is a success.</param>
/// <param name="To">Highest status that is a success.</param>
/// <param name="Body">Text that must appear in the first 64 KiB of the body; null: none.</param>
internal sealed record ExpectedResponse(int From = 200, int To = 399, string? Body = null)
{
    /// <summary>Values that must stand in the body as JSON.</summary>
    public ImmutableArray<ExpectedJson> Json { get; init; } = [];
}
