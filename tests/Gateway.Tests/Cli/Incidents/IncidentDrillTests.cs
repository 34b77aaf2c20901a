using System.Globalization;
using Gateway.Cli.Incidents;
using Gateway.Drills.Plans;
using Gateway.Observability.History;
using Xunit;

namespace Gateway.Tests.Cli.Incidents;

/// <summary>From what was lost when to the drill of it: as a table, and that the drills read whatever comes out.</summary>
[Trait("kind", "process")]
public sealed class IncidentDrillTests
{
    private const string Refused = "connection refused on probes";
    private const string Headers = "timed out waiting for headers on requests";
    private static readonly DateTimeOffset Begin = new(2026, 11, 26, 10, 49, 8, TimeSpan.Zero);

    /// <summary>Losses as "seconds destination cause", the end, and the timeline.</summary>
    public static TheoryData<string, string[], double, string[]> Shapes => new()
    {
        { "nothing is lost", [], 60, [] },
        { "nothing that the tiers have", ["1 x.a " + Refused], 60, [] },
        { "both at once, and back", ["10 p.a " + Refused, "10.2 p.b " + Refused, "30 p.a", "30.1 p.b"], 40,
            ["at: 3s, kill: [p1, p2]", "at: 23s, start: [p1, p2]"] },
        { "one after the other", ["10 p.a " + Refused, "14 p.b " + Headers, "15 p.b", "18 p.a"], 40,
            ["at: 3s, kill: [p1]", "at: 7s, freeze: [p2]", "at: 9s, thaw: [p2]", "at: 12s, start: [p1]"] },
        { "another cause of the same kind goes on", ["10 p.a " + Refused, "11 p.a connection refused on requests", "15 p.a"], 40,
            ["at: 3s, kill: [p1]", "at: 8s, start: [p1]"] },
        { "another kind ends the first", ["10 p.a status 503 on requests", "15 p.a " + Refused, "20 p.a"], 40,
            ["at: 3s, fault: { on: [p1], mode: \"503\", health: good }", "at: 8s, clear: [p1]", "at: 8s, kill: [p1]",
                "at: 13s, start: [p1]"] },
        { "never back: until the end", ["10 p.a " + Refused], 25, ["at: 3s, kill: [p1]", "at: 18s, start: [p1]"] },
        { "never back, and cut off", ["10 p.a " + Refused], -1, ["at: 3s, kill: [p1]", "at: 13s, start: [p1]"] },
        { "long waits are shortened", ["10 p.a " + Refused, "3610 p.a", "7210 p.b " + Refused, "7300 p.b"], 8000,
            ["at: 3s, kill: [p1]", "at: 23s, start: [p1]", "at: 43s, kill: [p2]", "at: 63s, start: [p2]"] },
        { "standbys of two tiers", ["1 s.c status 500 on probes", "5 t.d " + Refused, "9 t.d", "9 s.c"], 40,
            ["at: 3s, fault: { on: [s1], mode: \"500\" }", "at: 7s, kill: [s2]", "at: 11s, start: [s2]", "at: 11s, clear: [s1]"] },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Shape_IsThatOfTheIncident(string name, string[] losses, double end, string[] steps)
    {
        var file = IncidentDrill.Of(Incident(losses, end));

        var timeline = file?.Split('\n').Where(static line => line.StartsWith("  - { ", StringComparison.Ordinal)).ToArray() ?? [];
        Assert.True(steps.Select(static step => $"  - {{ {step} }}").SequenceEqual(timeline, StringComparer.Ordinal), $"{name}:\n{file}");
        if (file is not null)
        {
            Assert.Equal(timeline.Length, DrillFile.Parse("incident.yaml", file).Timeline.Count);
        }
    }

    [Theory]
    [InlineData("connection refused on requests", "kill: [p1]")]
    [InlineData("no route to host on probes", "kill: [p1]")]
    [InlineData("connection closed without a response on probes", "kill: [p1]")]
    [InlineData("TLS: certificate expired on probes", "kill: [p1]")]
    [InlineData("", "kill: [p1]")]
    [InlineData("timed out on probes", "freeze: [p1]")]
    [InlineData("timed out in the body on requests", "freeze: [p1]")]
    [InlineData("timed out while connecting on probes", "freeze: [p1]")]
    [InlineData("status 503 on probes", "fault: { on: [p1], mode: \"503\" }")]
    [InlineData("status 502 on requests", "fault: { on: [p1], mode: \"500\", health: good }")]
    [InlineData("connection reset on requests", "fault: { on: [p1], mode: \"reset\", health: good }")]
    [InlineData("response cut off on requests", "fault: { on: [p1], mode: \"cut\", health: good }")]
    [InlineData("invalid HTTP response on probes", "fault: { on: [p1], mode: \"garbage\" }")]
    [InlineData("too late on requests", "fault: { on: [p1], mode: \"slow\", health: good }")]
    [InlineData("expected text missing on probes", "fault: { on: [p1], mode: \"503\", health: bad }")]
    public void Cause_IsAFault(string cause, string step)
    {
        var file = IncidentDrill.Of(Incident(["10 p.a " + cause, "20 p.a"], 30))!;

        Assert.Contains($"  - {{ at: 3s, {step} }}\n", file, StringComparison.Ordinal);
        Assert.Equal(2, DrillFile.Parse("incident.yaml", file).Timeline.Count);
    }

    [Theory]
    [InlineData(0, 30, 20)]
    [InlineData(30_000, 100, 300)]
    [InlineData(12_000, 100, 120)]
    public void Rate_IsThatOfTheIncidentWithinBounds(long live, double end, double rate) =>
        Assert.Equal(
            rate,
            Assert.Single(DrillFile.Parse("incident.yaml", IncidentDrill.Of(Incident(["1 p.a " + Refused], end) with
            {
                Routes = [new RouteImpact("all", live, 0, 0, 0)],
            })!).Load.Stretches).From);

    [Fact]
    public void Names_ThatYamlWouldTakeForSomethingElse_AreOnlyText()
    {
        var file = IncidentDrill.Of(Incident(["1 p.a " + Refused], 9) with { Users = "since 10:49:08Z: a\": { x: 1 failed\n- of # 2." })!;

        Assert.EndsWith("a\": { x: 1 failed\n- of # 2.", DrillFile.Parse("incident.yaml", file).About, StringComparison.Ordinal);
    }

    [Fact]
    public void AnyIncident_IsADrillThatCanBeRead()
    {
        string[] causes = ["", Refused, Headers, "status 503 on requests", "status 500 on probes", "connection reset on requests"];
        for (var seed = 1; seed <= 500; seed++)
        {
            var random = new Random(seed);
            var at = 0.0;
            string[] losses = [.. Enumerable.Range(0, random.Next(1, 60)).Select(_ =>
            {
                at += random.NextDouble() < 0.2 ? random.Next(0, 3000) : random.NextDouble() * 3;
                var destination = "pst"[random.Next(3)] + "." + (char)('a' + random.Next(12));
                var cause = random.NextDouble() < 0.4 ? "" : " " + causes[random.Next(causes.Length)];
                return string.Create(CultureInfo.InvariantCulture, $"{at:0.###} {destination}{cause}");
            })];
            var incident = Incident(losses, random.NextDouble() < 0.5 ? -1 : at + 5) with
            {
                Tiers = [.. "pst".Select(static tier => new IncidentTier(
                    tier.ToString(), [.. Enumerable.Range(0, 12).Select(static n => ((char)('a' + n)).ToString())]))],
            };

            if (IncidentDrill.Of(incident) is { } file)
            {
                var plan = DrillFile.Parse("incident.yaml", file);
                Assert.True(plan.Load.For <= TimeSpan.FromMinutes(8), $"seed {seed} takes {plan.Load.For}");
                Assert.Equal(GuidesIn(plan, Effect.Breaks), GuidesIn(plan, Effect.Recovers));
            }
        }
    }

    // Each guide as often as it is broken or repaired.
    private static IEnumerable<string> GuidesIn(DrillPlan plan, Effect effect) => plan.Timeline
        .Where(step => step.Step.Effect == effect)
        .SelectMany(static step => step.Step.Label.Split(' ', ','))
        .Where(static word => word is [('p' or 's'), >= '0' and <= '9'])
        .Order(StringComparer.Ordinal);

    // Tiers p (a, b), s (c) and t (d); a negative end: the gateway ended before.
    private static Incident Incident(string[] losses, double end) => new(Begin, "guide")
    {
        Until = end < 0 ? null : Begin.AddSeconds(end),
        IsCutOff = end < 0,
        Tiers = [new("p", ["a", "b"]), new("s", ["c"]), new("t", ["d"])],
        Losses = [.. losses.Select(Loss)],
    };

    private static IncidentLoss Loss(string text)
    {
        var parts = text.Split(' ', 3);
        return new(
            Begin.AddSeconds(double.Parse(parts[0], CultureInfo.InvariantCulture)),
            parts[1].Split('.')[0],
            parts[1].Split('.')[1],
            parts.Length > 2 ? parts[2] : null);
    }
}
