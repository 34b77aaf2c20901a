using System.Collections.Immutable;

namespace Gateway.Server.Acme;

/// <summary>The certificate that is there.</summary>
/// <param name="Directory">The authority that it was ordered from; null: it is a placeholder.</param>
/// <param name="Names">What it is for.</param>
/// <param name="Begins">From when on it is valid.</param>
/// <param name="Ends">Until when.</param>
internal sealed record AcmeHolding(string? Directory, ImmutableArray<string> Names, DateTimeOffset Begins, DateTimeOffset Ends)
{
    /// <summary>There is none that can be read.</summary>
    public static AcmeHolding Nothing { get; } = new(null, [], DateTimeOffset.MinValue, DateTimeOffset.MinValue);
}
