using System.Globalization;
using Gateway.Fleet;
using Gateway.Fleet.Canaries;
using Gateway.Hosting.Canaries;
using Xunit;

namespace Gateway.Tests.Hosting.Canaries;

/// <summary>In a fleet a route is compared with the same route at the others, from the moment at which they are asked.</summary>
[Trait("kind", "unit")]
public sealed class RouteSuspectsTests
{
    private static readonly CanaryCounts Past = new(2000, 0, 20);
    private readonly RouteSuspects _suspects = new(Routes("search"));
    private long _beat = 10;

    [Fact]
    public void Harm_ThatTheOthersDoNotHave_IsProved()
    {
        Assert.Null(Look(0, new(5, 0, 0)));
        Assert.Empty(_suspects.Asked);

        Assert.Null(Look(1, new(10, 10, 0)));
        Assert.Equal([RouteOutcome.IdOf("search")], _suspects.Asked);

        // An exchange that was under way already says nothing yet, and what was counted before it does not count.
        Assert.Null(Look(1, new(12, 12, 0), Other(4000)));
        Assert.Null(Look(1, new(14, 14, 0), Other(4010)));
        Assert.Null(Look(1, new(60, 60, 0), Other(4060)));
        Assert.Null(Look(1, new(62, 62, 0), Other(4062)));
        Assert.Null(Look(1, new(64, 64, 0), Other(4064)));
        Assert.Null(Look(1, new(66, 66, 0), Other(4066)));
        Assert.Equal(
            "of route 'search', 100 % of 46 requests failed, 0 % of 2,000 before, 0 % of 60 at the other gateways meanwhile",
            Look(1, new(70, 70, 0), Other(4070)));
    }

    // A limit that a small route cannot keep: beside others a tenth more is enough.
    [Fact]
    public void Rejections_OfATenth_AreProved()
    {
        string? harm = null;
        for (var i = 0; i < 200 && harm is null; i++)
        {
            harm = Look(1, new(100 * i, 0, 11 * i), Other(100 * i, rejected: i));
        }

        Assert.Contains("of route 'search', 11 % of ", harm, StringComparison.Ordinal);
    }

    [Fact]
    public void Fault_OfTheRouteEverywhere_IsNotBlamedOnTheChange()
    {
        for (var i = 0; i < 200; i++)
        {
            Assert.Null(Look(1, new(10 * i, 10 * i, 0), Other(10 * i, failed: 10 * i)));
        }

        Assert.Null(Look(60, new(2500, 2500, 0), Other(2500, failed: 2500), isOver: true));
    }

    // They tell of it a moment later than this gateway sees it.
    [Fact]
    public void Fault_ThatBeginsEverywhereDuringTheComparison_IsNotBlamedOnTheChange()
    {
        Assert.Null(Look(1, new(10, 10, 0)));
        Assert.Null(Look(1, new(10, 10, 0), Other(0)));
        Assert.Null(Look(1, new(10, 10, 0), Other(0)));
        Assert.Null(Look(1, new(500, 10, 0), Other(500)));
        Assert.Null(Look(1, new(900, 400, 0), Other(510)));
        Assert.Null(Look(1, new(910, 410, 0), Other(880, failed: 370)));
        Assert.Null(Look(1, new(920, 420, 0), Other(900, failed: 390)));
        Assert.Null(Look(1, new(930, 430, 0), Other(910, failed: 400)));
        Assert.Null(Look(1, new(940, 440, 0), Other(920, failed: 410)));
        Assert.False(_suspects.AreOpen(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void Fault_ThatWasOverBeforeTheOthersWereAsked_IsNotBlamedOnTheChange()
    {
        Assert.Null(Look(1, new(300, 300, 0)));
        for (var i = 0; i < 100; i++)
        {
            Assert.Null(Look(i, new(300 + i, 300, 0), Other(1000 + i), isOver: true));
        }
    }

    // One that restarts counts anew, one that came later has nothing to subtract.
    [Fact]
    public void Others_ThatRestartedOrCameLater_AreLeftOut()
    {
        Assert.Null(Look(1, new(10, 10, 0)));
        Assert.Null(Look(1, new(10, 10, 0), Other(9000)));
        Assert.Null(Look(1, new(10, 10, 0), Other(9000)));
        for (var i = 0; i < 100; i++)
        {
            Assert.Null(Look(2, new(10 + (10 * i), 10 + (10 * i), 0), Other(10 * i), Other(10 * i, id: "late")));
        }
    }

    // An earlier version, a route that only this gateway's users ask for: at the end the past decides, as for a gateway alone.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Others_WithoutRequestsOfTheRoute_LeaveItToThePast(bool areHeard)
    {
        GatewayView[] others = areHeard ? [Other(0)] : [Other(null)];
        Assert.Null(Look(25, new(10, 10, 0), others));
        Assert.True(_suspects.AreOpen(TimeSpan.FromSeconds(31)));
        Assert.Null(Look(26, new(10, 10, 0), others));
        Assert.Null(Look(27, new(10, 10, 0), others));
        Assert.Null(Look(31, new(60, 60, 0), others, isOver: true));
        string? harm = null;
        for (var i = 0; i < 6 && harm is null; i++)
        {
            harm = Look(36 + i, new(70, 70, 0), others, isOver: true);
        }

        Assert.Contains("of route 'search', 100 % of ", harm, StringComparison.Ordinal);
        Assert.DoesNotContain("meanwhile", harm, StringComparison.Ordinal);
    }

    [Fact]
    public void Others_WithAFewRequestsThatFailToo_AreHeeded()
    {
        Assert.Null(Look(1, new(10, 10, 0)));
        Assert.Null(Look(1, new(10, 10, 0), Other(0)));
        for (var i = 0; i < 40; i++)
        {
            Assert.Null(Look(i, new(10 + i, 10 + i, 0), Other(i / 8, failed: i / 8), isOver: i > 30));
        }
    }

    [Fact]
    public void Suspects_BeyondTheBound_WaitForNothing()
    {
        var names = Enumerable.Range(0, 20).Select(static i => string.Create(CultureInfo.InvariantCulture, $"r{i}")).ToArray();
        var suspects = new RouteSuspects(Routes(names));
        var own = names.ToDictionary(static name => name, static _ => (new CanaryCounts(1010, 10, 0), default(CanaryCounts)));
        Assert.Null(suspects.HarmOf(default, own, Others(Other(0)), 1, isOver: false));
        Assert.Equal(RouteOutcome.Most, suspects.Asked.Length);
        Assert.True(RouteOutcome.AreSound(suspects.Asked));
    }

    // Later ones would keep the canary beyond its time, one after the other.
    [Fact]
    public void Route_ThatFailsOnceTheTimeIsOver_IsNoSuspect()
    {
        Assert.Null(Look(30, new(10, 10, 0), Other(0), isOver: true));
        Assert.Empty(_suspects.Asked);
        Assert.False(_suspects.AreOpen(TimeSpan.FromSeconds(30)));
    }

    // One that goes and one that comes, in one look: as many are asked for as before, but not the same.
    [Fact]
    public void Suspects_ThatChange_ChangeWhatIsAsked()
    {
        var suspects = new RouteSuspects(Routes("a", "b"));
        Dictionary<string, (CanaryCounts, CanaryCounts)> Failing(string name) =>
            new(StringComparer.Ordinal) { [name] = (new CanaryCounts(1010, 10, 0), default) };
        suspects.HarmOf(default, Failing("a"), Others(Other(0)), 1, isOver: false);
        Assert.Equal([RouteOutcome.IdOf("a")], suspects.Asked);
        suspects.HarmOf(default, Failing("b"), Others(Other(0)), 2, isOver: false);
        Assert.Equal([RouteOutcome.IdOf("b")], suspects.Asked);
    }

    // A route that a second change takes away is asked for no more.
    [Fact]
    public void Route_ThatIsGone_IsNoSuspect()
    {
        Assert.Null(Look(1, new(10, 10, 0)));
        Assert.Null(_suspects.HarmOf(
            TimeSpan.FromSeconds(2), new Dictionary<string, (CanaryCounts, CanaryCounts)>(), Others(Other(0)), ++_beat, isOver: false));
        Assert.Empty(_suspects.Asked);
    }

    private static Dictionary<string, (CanaryCounts AtStart, CanaryCounts Recent)> Routes(params string[] names) =>
        names.ToDictionary(static name => name, static _ => (new CanaryCounts(1000, 0, 0), Past));

    private static Dictionary<string, GatewayView> Others(params GatewayView[] others) => others.ToDictionary(static one => one.Id);

    private static GatewayView Other(long? requests, long failed = 0, long rejected = 0, string id = "b") =>
        new(id, id, Self: false, "1", "earlier", [])
        {
            Routes = requests is { } count
                ? [new RouteOutcome(RouteOutcome.IdOf("search"), new CanaryCounts(count, failed, rejected))]
                : [],
        };

    // Each look hears one exchange more.
    private string? Look(int second, CanaryCounts since, params GatewayView[] others) => Look(second, since, others, isOver: false);

    private string? Look(int second, CanaryCounts since, GatewayView other, bool isOver) => Look(second, since, [other], isOver);

    private string? Look(int second, CanaryCounts since, GatewayView[] others, bool isOver)
    {
        _beat++;
        var own = new Dictionary<string, (CanaryCounts, CanaryCounts)>(StringComparer.Ordinal)
        {
            ["search"] = (new CanaryCounts(1000, 0, 0) + since, default),
            ["new"] = (new CanaryCounts(400, 400, 0), default),
        };
        GatewayView[] heard = others is [] ? [Other(null)] : others;
        return _suspects.HarmOf(
            TimeSpan.FromSeconds(second), own, Others([.. heard.Select(one => one with { Beat = _beat })]), _beat, isOver);
    }
}
