using System.Collections.Immutable;
using Gateway.Configuration.Model;

namespace Gateway.Health.Signals;

/// <summary>What signals do to one destination of a tier.</summary>
/// <param name="Effect">None, degraded, suspect or drain.</param>
/// <param name="Share">The share of its weight that it keeps, above 0 and up to 1.</param>
/// <param name="Withheld">Signals that fire and have no effect, since the tier cannot do without the destination.</param>
internal sealed record MemberEffect(SignalEffect Effect, double Share, ImmutableArray<string> Withheld)
{
    /// <summary>Nothing.</summary>
    public static MemberEffect None { get; } = new(SignalEffect.None, 1, []);
}
