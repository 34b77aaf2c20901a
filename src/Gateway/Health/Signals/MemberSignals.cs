using System.Collections.Immutable;

namespace Gateway.Health.Signals;

/// <summary>One destination of a tier as the decision about signals sees it.</summary>
/// <param name="Serves">Its health lets it take requests, and no operator drains it.</param>
/// <param name="Weight">Its weight without signals.</param>
/// <param name="Ordered">An operator chose that weight: reports do not change it.</param>
/// <param name="Marks">What signals hold of it.</param>
internal readonly record struct MemberSignals(bool Serves, int Weight, bool Ordered, ImmutableArray<SignalMark> Marks);
