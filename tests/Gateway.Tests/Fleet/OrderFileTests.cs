using Gateway.Failover;
using Gateway.Fleet;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Fleet;

/// <summary>Holds, drains and weights in the state folder.</summary>
[Trait("kind", "unit")]
public sealed class OrderFileTests : IDisposable
{
    private static readonly HoldCommand Hold = new("guide", "standby", TimeSpan.FromMinutes(30), "maintenance") { By = "ann@laptop" };
    private static readonly DrainCommand Drain = new("guide", "a") { Reason = "disk" };
    private static readonly DrainCommand Sparing = new("guide", "b") { For = TimeSpan.FromMinutes(10) };
    private static readonly WeightCommand Weight = new("guide", "a", 5);

    private readonly TemporaryFolder _folder = new();
    private readonly ManualTime _time = new();

    private string Path => System.IO.Path.Combine(_folder.Path, "orders");

    [Fact]
    public void Orders_AfterARestart_AreThereWithWhatIsLeftOfTheirTime()
    {
        var before = Open();
        foreach (var command in new Command[] { Hold, Drain, Sparing, Weight })
        {
            before.Keep(command);
        }

        _time.Advance(TimeSpan.FromMinutes(4));
        var ago = TimeSpan.FromMinutes(4);
        Assert.Equal(
            [
                Hold with { For = TimeSpan.FromMinutes(26), Ago = ago },
                Drain with { Ago = ago },
                Sparing with { For = TimeSpan.FromMinutes(6), Ago = ago },
                Weight with { Ago = ago },
            ],
            Open().Read().OrderBy(static c => c is HoldCommand ? 0 : c is DrainCommand { For: null } ? 1 : c is DrainCommand ? 2 : 3));
    }

    [Fact]
    public void Order_WhoseTimeIsOver_IsForgotten()
    {
        var before = Open();
        before.Keep(Hold);
        before.Keep(Sparing);
        before.Keep(Drain);

        _time.Advance(TimeSpan.FromHours(1));
        DrainCommand[] left = [.. Open().Read().Cast<DrainCommand>()];
        Assert.Equal([Drain.Destination, Sparing.Destination], left.Select(static drain => drain.Destination).Order());
        Assert.All(left, static drain => Assert.Null(drain.For));

        _time.Advance(TimeSpan.FromDays(31));
        Assert.Empty(Open().Read());
    }

    public static TheoryData<string> Ends() => ["release", "ready", "weight", "another"];

    [Theory]
    [MemberData(nameof(Ends))]
    public void Order_ThatWasEnded_DoesNotComeBack(string end)
    {
        var file = Open();
        file.Keep(Hold);
        file.Keep(Drain);
        file.Keep(Weight);
        file.Keep(end switch
        {
            "release" => new ReleaseCommand("guide"),
            "ready" => new ReadyCommand("guide", "a"),
            "weight" => new WeightCommand("guide", "a", null),
            _ => Hold with { Tier = "third" },
        });

        var left = Open().Read();
        Assert.Equal(end == "another" ? 3 : 2, left.Count);
        Assert.DoesNotContain(left, command => end switch
        {
            "release" => command is HoldCommand,
            "ready" => command is DrainCommand,
            "weight" => command is WeightCommand,
            _ => command is HoldCommand { Tier: "standby" },
        });
    }

    [Fact]
    public void Drain_OfARunbook_IsNotKept()
    {
        Open().Keep(Drain with { Lasts = TimeSpan.FromMinutes(5) });

        Assert.Empty(Open().Read());
    }

    [Fact]
    public void Hold_OfADrill_IsNotKept()
    {
        Open().Keep(Hold with { IfFree = true });

        Assert.Empty(Open().Read());
    }

    [Fact]
    public void Hold_AfterARestart_LastsForWholeSeconds()
    {
        Open().Keep(Hold);
        _time.Advance(TimeSpan.FromMilliseconds(1_234));

        Assert.Equal(TimeSpan.FromSeconds((30 * 60) - 1), Assert.IsType<HoldCommand>(Assert.Single(Open().Read())).For);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(253_402_300_800_000)]
    [InlineData(long.MaxValue)]
    public void Order_GivenAtNoTime_IsForgotten(long givenAtMs)
    {
        Open().Keep(Drain);
        var order = System.Text.Encoding.UTF8.GetString(
            FleetPayload.Encode(new KeptOrder("guide", "b", SharedOrderKind.Drain, givenAtMs)));
        File.AppendAllText(Path, order + "\n");

        Assert.Equal(Drain.Destination, Assert.IsType<DrainCommand>(Assert.Single(Open().Read())).Destination);
    }

    [Theory]
    [InlineData("")]
    [InlineData("rubbish")]
    [InlineData("1 00000000 {}")]
    [InlineData("\0\0\0\0\0\0\0\0\0\0\0\0\0\0")]
    public void Line_ThatIsDamaged_LosesItsOrderAlone(string damaged)
    {
        Open().Keep(Drain);
        File.WriteAllText(Path, damaged + "\n" + File.ReadAllText(Path) + damaged);
        using var log = new CollectedLog();

        Assert.Single(new OrderFile(_folder.Path, _time, log).Read());
        Assert.Contains(log.Lines, static line => line.StartsWith("Line 1 of", StringComparison.Ordinal));
    }

    [Fact]
    public void Clock_ThatWasSetBack_MakesNoOrderLonger()
    {
        _time.Advance(TimeSpan.FromDays(1));
        Open().Keep(Hold);

        Assert.Equal(Hold, Assert.Single(new OrderFile(_folder.Path, new ManualTime(), NullLogger.Instance).Read()));
    }

    [Fact]
    public void Folder_ThatRefuses_IsAnAlarmUntilTheNextOrderIsWritten()
    {
        var file = Open();
        Directory.CreateDirectory(Path + ".next");
        file.Keep(Hold);
        Assert.Contains("a restart would forget them", file.Alarm, StringComparison.Ordinal);
        Assert.Empty(Open().Read());

        Directory.Delete(Path + ".next");
        file.Keep(Drain);
        Assert.Null(file.Alarm);
        Assert.Equal(2, Open().Read().Count);
    }

    public void Dispose() => _folder.Dispose();

    private OrderFile Open() => new(_folder.Path, _time, NullLogger.Instance);
}
