using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Forwarding.LoadBalancing;
using Gateway.Health.Model;

namespace Gateway.Forwarding.Conversations;

/// <summary>Ties the requests of a conversation, those with the same key, to one destination (<c>affinity</c>).</summary>
internal static class Affinity
{
    /// <summary>The request's key; null or empty: it has none, and any destination will do.</summary>
    public static string? KeyOf(AffinityConfig? affinity, HttpRequest request) => affinity switch
    {
        null => null,
        { Header: { } header } => request.Headers.TryGetValue(header, out var values) ? values.ToString() : null,
        { Cookie: { } cookie } => request.Cookies[cookie],
        _ => null,
    };

    /// <summary>
    /// The tier of a request: where its conversation stays, or else, for one key always the same, so that a conversation moves once while a
    /// tier's share grows; by chance without a key. -1: no tier serves.
    /// </summary>
    public static int TierOf(CompiledRoute plan, ClusterSnapshot snapshot, HttpRequest request) =>
        TierOf(plan, snapshot, KeyOf(plan.ClusterConfig.Affinity, request));

    /// <summary>The tier of a request with this key, which may be read long after the request.</summary>
    public static int TierOf(CompiledRoute plan, ClusterSnapshot snapshot, string? key) =>
        key is { Length: > 0 }
            ? StayOf(plan, snapshot, key)?.Tier ?? snapshot.Choose(Balancer.UnitOf(key))
            : snapshot.Choose(Random.Shared.NextDouble());

    /// <summary>Where the conversation stays; null: nowhere in particular.</summary>
    public static (Destination Destination, int Tier)? StayOf(CompiledRoute plan, ClusterSnapshot snapshot, string key) =>
        !plan.FirstTierOnly && plan.Traffic.Conversations.TryFind(Balancer.HashOf(key), out var destination, out var second)
            ? StayRule.Of(snapshot, destination, TimeSpan.FromSeconds((uint)(SecondOf(plan) - second)), plan.ClusterConfig.Affinity!.Stay)
            : null;

    /// <summary>The conversation is at this destination from now on.</summary>
    public static void Note(CompiledRoute plan, HttpRequest request, Destination destination)
    {
        if (plan.ClusterConfig.Affinity is { } affinity && KeyOf(affinity, request) is { Length: > 0 } key)
        {
            plan.Traffic.Conversations.Note(Balancer.HashOf(key), (uint)destination.Seed, SecondOf(plan));
        }
    }

    private static uint SecondOf(CompiledRoute plan) => (uint)(plan.Traffic.Time.GetTimestamp() / plan.Traffic.Time.TimestampFrequency);
}
