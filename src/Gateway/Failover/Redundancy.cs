namespace Gateway.Failover;

/// <summary>What is left for the next failure. Pure.</summary>
internal static class Redundancy
{
    /// <summary>
    /// True: the next failure reaches users, although the configuration provides for more. Where nothing serves there is nothing left to
    /// lose.
    /// </summary>
    /// <param name="tiersServing">Tiers that can serve.</param>
    /// <param name="tiers">Tiers of the configuration.</param>
    /// <param name="destinationsServing">Destinations of all tiers that can serve.</param>
    /// <param name="destinations">Destinations of all tiers.</param>
    public static bool IsLost(int tiersServing, int tiers, int destinationsServing, int destinations) =>
        destinationsServing > 0 && ((tiers > 1 && tiersServing < 2) || (destinations > 1 && destinationsServing < 2));
}
