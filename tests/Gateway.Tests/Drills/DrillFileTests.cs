using Gateway.Drills.Plans;
using Gateway.Drills.Running;
using Xunit;

namespace Gateway.Tests.Drills;

public class DrillFileTests
{
    private const string Good = """
        about: A drill.
        groups: [some]
        load: { rate: { steps: [100, 200] }, for: 20s, mix: { recommend: 3, cart: 1 } }
        timeline:
          - { at: 8s, start: [p1] }
          - { at: 3s, kill: [p1] }
        expect: { failed: 0, p99: 250ms, transitions: [ "primary->standby" ], postOnce: true }
        """;

    [Fact]
    public void Parse_GoodFile_IsReadInOrderOfTime()
    {
        var plan = DrillFile.Parse("some/name.yaml", Good);

        Assert.Equal("name", plan.Name);
        Assert.Equal(["kill p1", "start p1"], plan.Timeline.Select(step => step.Deed.Label));
        Assert.Equal(TimeSpan.FromSeconds(20), plan.Load.For);
        Assert.Equal(3_000, plan.Load.Profile().Count);
        Assert.Equal(TimeSpan.FromMilliseconds(250), plan.Expect.P99);
        Assert.Equal([Effect.Breaks, Effect.Mends], plan.Timeline.Select(step => step.Deed.Effect));
    }

    [Theory]
    [InlineData("expect:", "expct:", "drill.yaml:7:1: 'expct' is no key of 'drill'. Did you mean 'expect'?")]
    [InlineData("kill: [p1]", "kil: [p1]", "drill.yaml:6:14: 'kil' is no key of 'timeline'. Did you mean 'kill'?")]
    [InlineData("kill: [p1]", "kill: [p3]", "drill.yaml:6:21: 'kill' names 'p3', and there is no such guide. Did you mean 'p1'?")]
    [InlineData("p99: 250ms", "p99: 250", "drill.yaml:7:28: 'expect.p99' is '250', which is no duration of at most a day.")]
    [InlineData("for: 20s", "for: 8s", "drill.yaml:5:5: 'start p1' ends at 8 s, but the load ends at 8 s")]
    [InlineData("kill: [p1]", "relay: { on: [p1], toClient: stall }", "drill.yaml:6:21: 'relay' needs relays before the guides.")]
    [InlineData("load: {", "load: [", "drill.yaml:3:")]
    public void Parse_Mistake_IsNamedWithItsPlaceAndARemedy(string text, string instead, string expected)
    {
        var error = Assert.Throws<PlanException>(() => DrillFile.Parse("drill.yaml", Good.Replace(text, instead, StringComparison.Ordinal)));

        Assert.Contains(error.Problems, problem => problem.ToString().StartsWith(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void Parse_RunningGateway_AllowsCommandsAndNoOwnFaults()
    {
        const string running = """
            environment: { gateway: "http://127.0.0.1:8080", admin: "http://127.0.0.1:8081" }
            load: { rate: 10, for: 10s }
            timeline:
              - { at: 2s, run: { command: "true", is: breaks } }
              - { at: 4s, kill: [p1] }
            expect: { failed: 0 }
            """;

        var problem = Assert.Single(Assert.Throws<PlanException>(() => DrillFile.Parse("drill.yaml", running)).Problems);

        Assert.Equal(5, problem.Line);
        Assert.Contains("break and mend things with 'run'", problem.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Set_EveryFile_IsGoodAndEveryRowOfTheTableIsThere()
    {
        var names = DrillSet.All().Select(plan => plan.Name).ToList();

        Assert.Empty(Gateway.Drills.Figures.FaultCase.All.Select(@case => @case.Name).Except(names, StringComparer.Ordinal));
        Assert.Contains("chaos", names);
    }

    [Fact]
    public void Select_UnknownName_NamesTheNearest() =>
        Assert.Contains("Did you mean 'both-frozen'?", Assert.Throws<ArgumentException>(() => DrillSet.Select(["both-frozn"])).Message, StringComparison.Ordinal);

    [Fact]
    public void Chaos_SameSeed_DrawsTheSameFaults()
    {
        var plan = DrillSet.Select(["chaos"])[0];
        var shorter = new Adjustments(ChaosFor: TimeSpan.FromMinutes(1), Seed: 5).Apply(plan);
        var (chaos, again) = ((ChaosDeed)shorter.Timeline[0].Deed, (ChaosDeed)new Adjustments(Seed: 5).Apply(plan).Timeline[0].Deed);

        Assert.Equal(TimeSpan.FromMinutes(9), plan.Load.For - shorter.Load.For);
        Assert.Equal(4, chaos.Draw().Count);
        Assert.Equal(chaos.Draw(), again.Draw().Take(4));
        Assert.NotEqual(again.Draw(), again.With(6, null).Draw());
    }
}
