using Gateway.Notifications.Runbooks;
using Xunit;

namespace Gateway.Tests.Notifications.Runbooks;

[Trait("kind", "unit")]
public sealed class RunbookDecisionTests
{
    private static readonly RunbookFacts Fine = new()
    {
        IsHistoryRead = true,
        OthersServing = 3,
        Groups = [new FaultyCount(1, 2), new FaultyCount(0, 2), new FaultyCount(1, 4)],
        Cluster = new FaultyCount(1, 4),
        PerHour = 3,
        RunsInHour = 2,
    };

    private static readonly (string Name, RunbookFacts Facts, RunbookRefusal? Refusal, bool IsAskedAgain)[] All =
    [
        ("nothing against it", Fine, null, true),
        ("history not read", Fine with { IsHistoryRead = false }, RunbookRefusal.HistoryUnread, false),
        ("freeze", Fine with { IsFrozen = true }, RunbookRefusal.Frozen, true),
        ("hold", Fine with { IsHeld = true }, RunbookRefusal.Held, true),
        ("operator's drain", Fine with { IsDrainedByOperator = true }, RunbookRefusal.OperatorDrain, true),
        ("two of two of a tier", Fine with { Groups = [new(2, 2), new(0, 2)] }, RunbookRefusal.SharedCause, true),
        ("two of three of a tier", Fine with { Groups = [new(2, 3)] }, RunbookRefusal.SharedCause, true),
        ("two of four of a tier", Fine with { Groups = [new(2, 4)] }, null, true),
        ("one of one of a tier", Fine with { Groups = [new(1, 1), new(0, 1)] }, null, true),
        ("all of the cluster, one a tier", Fine with { Groups = [new(1, 1), new(1, 1)], Cluster = new(2, 2) },
            RunbookRefusal.SharedCause, true),
        ("most of the gateway", Fine with { Groups = [new(1, 2), new(3, 5)] }, RunbookRefusal.SharedCause, true),
        ("the only destination, down", Fine with { OthersServing = 0, Groups = [new(1, 1)], Cluster = new(1, 1) }, null, true),
        ("serves, and is the last", Fine with { Serves = true, OthersServing = 0 }, RunbookRefusal.LastServing, true),
        ("serves, another one too", Fine with { Serves = true, OthersServing = 1 }, null, true),
        ("not heard", Fine with { Fleet = new FleetFacts(Agrees: false, 3, 3) }, RunbookRefusal.FleetUnreachable, true),
        ("one of three", Fine with { Fleet = new FleetFacts(Agrees: true, 1, 3) }, RunbookRefusal.NoMajority, true),
        ("half of two", Fine with { Fleet = new FleetFacts(Agrees: true, 1, 2) }, RunbookRefusal.NoMajority, true),
        ("two of three", Fine with { Fleet = new FleetFacts(Agrees: true, 2, 3) }, null, true),
        ("one of one", Fine with { Fleet = new FleetFacts(Agrees: true, 1, 1) }, null, true),
        ("tried", Fine with { IsTried = true }, RunbookRefusal.AlreadyTried, false),
        ("another run", Fine with { RunsInCluster = true }, RunbookRefusal.RunInCluster, false),
        ("as many as an hour may have", Fine with { RunsInHour = 3 }, RunbookRefusal.TooMany, false),
    ];

    public static TheoryData<string> Cases() => [.. All.Select(static one => one.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Start_GuardSaysNo_GivesItsReason(string name)
    {
        var one = All.Single(one => one.Name == name);

        Assert.Equal(one.Refusal, RunbookDecision.Start(one.Facts));

        // What only counts runs does not end one that is under way.
        Assert.Equal(one.IsAskedAgain ? one.Refusal : null, RunbookDecision.Continue(one.Facts));
    }

    [Fact]
    public void Words_EveryRefusal_HasItsOwn() =>
        Assert.Distinct(Enum.GetValues<RunbookRefusal>().Select(RunbookWords.Of), StringComparer.Ordinal);
}
