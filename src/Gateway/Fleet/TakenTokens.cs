namespace Gateway.Fleet;

/// <summary>What one sender took of its bucket at one gateway.</summary>
/// <param name="Sender">The sender, as the fleet's seed tells it from others.</param>
/// <param name="Count">Requests.</param>
internal readonly record struct TakenTokens(uint Sender, int Count);
