using Gateway.Failover;
using Gateway.Forwarding.Conversations;
using Gateway.Health.Model;
using Xunit;

namespace Gateway.Tests.Forwarding.Conversations;

[Trait("kind", "unit")]
public class StayRuleTests
{
    /// <summary>
    /// The active tier (-1: none), the tier that carries the rest of a ramp, the usable destinations of each tier and those spared, where
    /// the conversation was, its silence and <c>stay</c> in seconds, and the tier where it stays (-1: nowhere in particular).
    /// </summary>
    public static TheoryData<string, int, string, string, string, int, int, int> Cases() => new()
    {
        { "no failover", 0, "ab cd", "", "a", 5, 600, 0 },
        { "no failover, and too long ago", 0, "ab cd", "", "a", 600, 600, -1 },
        { "no failover, and nothing stays", 0, "ab cd", "", "a", 0, 0, -1 },
        { "failed back from where it is", 0, "ab cd", "", "c", 5, 600, 1 },
        { "failed back, and too long ago", 0, "ab cd", "", "c", 601, 600, -1 },
        { "failed back, and it is down", 0, "ab d", "", "c", 5, 600, -1 },
        { "failed over, although it answers again", 1, "ab cd", "", "a", 5, 600, -1 },
        { "failed over to where it is", 1, " cd", "", "c", 5, 600, 1 },
        { "its destination is gone", 0, "b cd", "", "a", 5, 600, -1 },
        { "no tier serves", -1, "ab cd", "", "a", 5, 600, -1 },
        { "drained, spared", 0, "b cd", "a", "a", 5, 600, 0 },
        { "drained, spared though nothing stays", 0, "b cd", "a", "a", 599, 0, 0 },
        { "drained, spared and silent for ten minutes", 0, "b cd", "a", "a", 600, 0, -1 },
        { "drained, spared for as long as it stays", 0, "b cd", "a", "a", 700, 3600, 0 },
        { "its whole tier is drained and spares it", 1, " cd", "ab", "a", 5, 0, 0 },
        { "nothing serves but what is drained and spares it", -1, " ", "ab", "a", 5, 0, 0 },
        { "another is spared", 0, "b cd", "a", "c", 5, 0, -1 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Of_Situation_StaysOrNot(
        string situation,
        int active,
        string usable,
        string spared,
        string was,
        int silence,
        int stay,
        int tier)
    {
        Dictionary<char, Destination> all = "abcd".ToDictionary(
            static name => name,
            static name => new Destination(
                "c",
                name < 'c' ? "primary" : "standby",
                name.ToString(),
                new Uri($"http://127.0.0.1:{9000 + name}")));
        Destination[] Named(string names) => [.. names.Select(name => all[name])];
        var snapshot = new ClusterSnapshot
        {
            Active = active,
            Tiers =
            [
                .. usable.Split(' ').Select((names, index) => new TierSnapshot
                {
                    Name = index == 0
                        ? "primary"
                        : "standby", Index = index, Load = new TierLoad(), Usable = Named(names),
                        Weights = [.. names.Select(static _ => 1)], HalfOpen = [], All = Named(names), CanServe = names.Length > 0,
                    Spared = index == 0 ? Named(spared) : [],
                }),
            ],
        };

        var stays = StayRule.Of(snapshot, (uint)all[was[0]].Seed, TimeSpan.FromSeconds(silence), TimeSpan.FromSeconds(stay));

        Assert.True((stays?.Tier ?? -1) == tier, $"{situation}: {stays?.Tier}");
        Assert.True(stays is null || stays.Value.Destination == all[was[0]], situation);
    }
}
