using Gateway.Configuration;
using Gateway.Drills.Plans;
using Gateway.Drills.Processes;
using Gateway.Drills.Running;
using Xunit;

namespace Gateway.Tests.Drills;

[Trait("kind", "process")]
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
        Assert.Equal(["kill p1", "start p1"], plan.Timeline.Select(step => step.Step.Label));
        Assert.Equal(TimeSpan.FromSeconds(20), plan.Load.For);
        Assert.Equal(3_000, plan.Load.Profile().Count);
        Assert.Equal(TimeSpan.FromMilliseconds(250), plan.Expect.P99);
        Assert.Equal([Effect.Breaks, Effect.Recovers], plan.Timeline.Select(step => step.Step.Effect));
    }

    [Theory]
    [InlineData("expect:", "expct:", "drill.yaml:7:1: 'expct' is no key of 'drill'. Did you mean 'expect'?")]
    [InlineData("kill: [p1]", "kil: [p1]", "drill.yaml:6:15: 'kil' is no key of 'timeline'. Did you mean 'kill'?")]
    [InlineData("kill: [p1]", "kill: [p3]", "drill.yaml:6:22: 'kill' names 'p3', and there is no such guide. Did you mean 'p1'?")]
    [InlineData("p99: 250ms", "p99: 250", "drill.yaml:7:27: 'expect.p99' is '250', which is no duration of at most a day.")]
    [InlineData("for: 20s", "for: 8s", "drill.yaml:5:5: 'start p1' ends at 8 s, but the load ends at 8 s")]
    [InlineData("kill: [p1]", "relay: { on: [p1], toClient: stall }", "drill.yaml:6:22: 'relay' needs relays before the guides.")]
    [InlineData("load: {", "load: [", "drill.yaml:3:")]
    [InlineData("kill: "
        + "[p1]", "kill: "
        + "[redis]", "drill.yaml:6:22: 'kill' names 'redis', and this drill starts none that can be meant. Write 'redis: true' below "
        + "'environment'")]
    [InlineData("groups: "
        + "[some]", "without: { clusters.ai-guide.attempts.hedge: off "
        + "}", "drill.yaml:2:10: 'without' takes out of an own gateway what the drill guards, and 'misses' names the expectations")]
    [InlineData("groups: "
        + "[some]", "misses: [p98]", "drill.yaml:2:9: 'misses' names 'p98', which 'expect' does not hold. Did you mean 'p99'?")]
    [InlineData("groups: "
        + "[some]", "environment: { admin: \"http://127.0.0.1:8081\" "
        + "}", "drill.yaml:2:23: 'environment.admin' is about a gateway that runs already. Write 'environment.gateway' too")]
    public void Parse_Mistake_IsNamedWithItsPlaceAndARemedy(string text, string instead, string expected)
    {
        var error =
            Assert.Throws<PlanException>(() => DrillFile.Parse("drill.yaml", Good.Replace(text, instead, StringComparison.Ordinal)));

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

    [Theory]
    [InlineData("http://192.0.2.7:8080", "", "'environment.gateway' is 'http://192.0.2.7:8080', which is not this machine. If load may be "
        + "sent there, write 'allowTarget: true' beside it.")]
    [InlineData("http://guide.example", "", "which is not this machine")]
    [InlineData("https://127.0.0.1:8443", "", "load is sent without TLS only")]
    [InlineData("127.0.0.1:8080", "", "which is no URL. Write it like http://127.0.0.1:8080.")]
    [InlineData("http://192.0.2.7:8080", ", allowTarget: true", null)]
    [InlineData("http://localhost:8080", "", null)]
    [InlineData("http://[::1]:8080", "", null)]
    public void Parse_RunningGateway_MayBeElsewhereOnlyIfAllowed(string url, string allowed, string? expected)
    {
        var text = $"environment: {{ gateway: \"{url}\"{allowed} }}\nload: {{ rate: 10, for: 10s }}\nexpect: {{ failed: 0 }}\n";
        if (expected is null)
        {
            Assert.NotNull(DrillFile.Parse("drill.yaml", text).Environment.Url);
            return;
        }

        Assert.Contains(
            expected,
            Assert.Single(Assert.Throws<PlanException>(() => DrillFile.Parse("drill.yaml", text)).Problems).Text,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_Redis_CanBeFrozenLikeAGuide()
    {
        var plan = DrillFile.Parse(
            "drill.yaml",
            Good.Replace("groups: [some]", "environment: { redis: true }", StringComparison.Ordinal).Replace(
                "kill: [p1]",
                "freeze: [redis, p1]",
                StringComparison.Ordinal));

        Assert.True(plan.Environment.Bed.Redis);
        Assert.Equal("freeze redis, p1", plan.Timeline[0].Step.Label);
    }

    [Fact]
    public void Apply_SetAndProve_ChangeTheConfigurationInThatOrder()
    {
        var plan = DrillFile.Parse(
            "drill.yaml",
            Good.Replace("groups: [some]", "without: { a.b: off, c: }\nmisses: [p99]", StringComparison.Ordinal));

        Assert.Equal([("x.y", "1s")], new Adjustments(Set: [Adjustments.ParseSet("x.y=1s")]).Apply(plan).Environment.Bed.Config);
        Assert.Equal([
            ("x", null),
            ("a.b", "off"),
            ("c", null)
        ], new Adjustments(Set: [Adjustments.ParseSet("x=")], Prove: true).Apply(plan).Environment.Bed.Config);
        Assert.Contains(
            "--set clusters.ai-guide.failback.after=0s",
            Assert.Throws<ArgumentException>(() => Adjustments.ParseSet("x.y")).Message,
            StringComparison.Ordinal);
    }

    /// <summary>What a drill changes, and what it takes out to be proven, are keys that the gateway knows.</summary>
    [Fact]
    public void Set_EveryFile_ConfiguresAGatewayThatStarts()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-drills-").FullName;
        try
        {
            TestBedConfig.WriteStaticFiles(Path.Combine(folder, "static"));
            foreach (var plan in DrillSet.All())
            {
                var config = TestBedConfig.Create(20_001, 20_002, folder, ["http://127.0.0.1:20003"], ["http://127.0.0.1:20004"]);
                foreach (var (path, yaml) in plan.Environment.Bed.Config.Concat(plan.Without))
                {
                    config.Set(path, yaml);
                }

                var file = Path.Combine(folder, plan.Name + ".yaml");
                File.WriteAllText(file, config.ToString());
                Assert.Empty(ConfigLoader.Load(file, _ => null).Problems.Select(problem => problem.ToString()));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>
    /// A drill that cannot fail guards nothing: what no key takes out, a patch of the gateway's code does. Drills of incidents rehearse
    /// what happened, and guard nothing by themselves.
    /// </summary>
    [Fact]
    public void Set_EveryFile_SaysHowItFails()
    {
        var patches = Directory.GetFiles(Path.Combine(Repository.Root, "loadtests", "mutants"), "*.patch");

        Assert.Equal(
            patches.Select(patch => Path.GetFileNameWithoutExtension(patch)).Order(StringComparer.Ordinal),
            DrillSet.All()
                .Where(plan => plan.Without.Count == 0 && !plan.Groups.Contains("incidents", StringComparer.Ordinal))
                .Select(plan => plan.Name)
                .Order(StringComparer.Ordinal));
        foreach (var patch in patches)
        {
            // All that a patch finds and takes out stands there, in one piece: it applies.
            var lines = File.ReadAllLines(patch);
            var file = lines.First(line => line.StartsWith("+++ b/", StringComparison.Ordinal))["+++ b/".Length..];
            var before = string.Join('\n', lines.SkipWhile(line => !line.StartsWith("@@", StringComparison.Ordinal))
                .Skip(1)
                .Where(line => line.StartsWith(' ') || line.StartsWith('-'))
                .Select(line => line[1..]));
            Assert.Contains(before, File.ReadAllText(Path.Combine(Repository.Root, file)), StringComparison.Ordinal);
        }
    }

    /// <summary>The command line would take such a drill for the command.</summary>
    [Fact]
    public void Set_NoFile_HasTheNameOfACommand() =>
        Assert.Empty(DrillSet.All()
            .Select(plan => plan.Name)
            .Intersect(Gateway.Drills.Commands.Root().Subcommands.Select(command => command.Name), StringComparer.Ordinal));

    [Fact]
    public void Set_EveryFile_IsGoodAndEveryRowOfTheTableIsThere()
    {
        var names = DrillSet.All().Select(plan => plan.Name).ToList();

        Assert.Empty(Gateway.Drills.Figures.FaultCase.All.Select(@case => @case.Name).Except(names, StringComparer.Ordinal));
        Assert.Contains("chaos", names);
    }

    [Fact]
    public void Select_UnknownName_NamesTheNearest() =>
        Assert.Contains(
            "Did you mean 'both-frozen'?",
            Assert.Throws<ArgumentException>(() => DrillSet.Select(["both-frozn"])).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Chaos_SameSeed_DrawsTheSameFaults()
    {
        var plan = DrillSet.Select(["chaos"])[0];
        var shorter = new Adjustments(ChaosFor: TimeSpan.FromMinutes(1), Seed: 5).Apply(plan);
        var (chaos, again) = ((ChaosStep)shorter.Timeline[0].Step, (ChaosStep)new Adjustments(Seed: 5).Apply(plan).Timeline[0].Step);

        Assert.Equal(TimeSpan.FromMinutes(9), plan.Load.For - shorter.Load.For);
        Assert.Equal(4, chaos.Draw().Count);
        Assert.Equal(chaos.Draw(), again.Draw().Take(4));
        Assert.NotEqual(again.Draw(), again.With(6, null).Draw());
    }
}
