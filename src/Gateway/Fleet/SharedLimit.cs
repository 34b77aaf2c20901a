namespace Gateway.Fleet;

/// <summary>A rate limit whose buckets gateways share.</summary>
/// <param name="Name">The same at every gateway, for the same limit of the same route.</param>
/// <param name="Share">Begins to share, with the fleet's seed.</param>
/// <param name="Collect">What senders took here since the last call, of at most so many senders.</param>
/// <param name="Charge">A sender took this at another gateway.</param>
internal sealed record SharedLimit(string Name, Action<ulong> Share, Func<int, List<TakenTokens>> Collect, Action<TakenTokens> Charge);
