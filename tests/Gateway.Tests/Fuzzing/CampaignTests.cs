using System.Text;
using Gateway.Fuzzing.Engine;
using Xunit;

namespace Gateway.Tests.Fuzzing;

/// <summary>
/// The search finds what is planted, with a fixed seed and within so many inputs: without that, finding nothing would prove nothing.
/// </summary>
[Collection(EdgeMapCollection.Name)]
[Trait("kind", "unit")]
public sealed class CampaignTests
{
    private const int Inputs = 300_000;
    private static readonly CampaignOptions Options = new()
    {
        Inputs = Inputs,
        Seed = 7,
        MostFindings = 1,
    };

    [Fact]
    public void Crash_BehindAWord_IsFoundAndMadeShort()
    {
        var finding = Assert.Single(Search(new PlantedParser(static _ => throw new FormatException("planted"))));

        Assert.Equal((FindingKind.Crash, "BUG!"), (finding.Kind, Encoding.Latin1.GetString(finding.Input)));
        Assert.Contains("FormatException in ", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Invariant_ThatIsBroken_IsFoundByItsName()
    {
        var finding = Assert.Single(Search(new PlantedParser(static next => Invariant.Holds(next != 'x', "no x comes next"))));

        Assert.Equal((FindingKind.Invariant, "no x comes next"), (finding.Kind, finding.Signature));
        Assert.Equal("BUG!x", Encoding.Latin1.GetString(finding.Input));
    }

    [Fact]
    public void Memory_MoreThanAnInputMay_IsFound()
    {
        var finding = Assert.Single(Search(new PlantedParser(static next => GC.KeepAlive(new byte[next * 256]))));

        Assert.Equal(FindingKind.Memory, finding.Kind);
        Assert.Equal(5, finding.Input.Length);
    }

    [Fact]
    public void Input_ThatTakesTooLong_IsFound()
    {
        var options = Options with { LongestInput = TimeSpan.FromMilliseconds(30) };
        var campaign = new Campaign(
            new PlantedParser(static _ => Burn(TimeSpan.FromMilliseconds(60), static () => false)), options);

        campaign.Run([]);

        Assert.Equal(FindingKind.Hang, Assert.Single(campaign.Findings).Kind);
    }

    [Fact]
    public void Input_ThatDoesNotEnd_IsToldWhileItRuns()
    {
        var (told, isFree) = (new List<byte[]>(), false);
        using var watch = new HangWatch(TimeSpan.FromMilliseconds(100), input =>
        {
            told.Add(input);
            Volatile.Write(ref isFree, true);
        });
        var parser = new PlantedParser(_ => Burn(TimeSpan.FromMinutes(1), () => Volatile.Read(ref isFree)));

        new Campaign(parser, Options with { LongestInput = TimeSpan.FromMilliseconds(20) }, watch).Run([]);

        Assert.StartsWith("BUG!", Encoding.Latin1.GetString(Assert.Single(told)), StringComparison.Ordinal);
    }

    [Fact]
    public void Search_WithoutEdges_FindsNothing() =>
        Assert.Empty(Search(new PlantedParser(static _ => throw new FormatException("planted"), isCounted: false)));

    [Fact]
    public void Seed_TheSame_MakesTheSameInputs()
    {
        static long Needed(ulong seed)
        {
            var campaign = new Campaign(
                new PlantedParser(static _ => throw new FormatException("planted")), Options with { Seed = seed });
            campaign.Run([]);
            Assert.Single(campaign.Findings);
            return campaign.Runner.Inputs;
        }

        Assert.Equal(Needed(3), Needed(3));
        Assert.NotEqual(Needed(3), Needed(4));
    }

    [Fact]
    public void CoverSet_OfInputs_ReachesEveryEdgeByTheSmallest()
    {
        KeptInput[] kept =
        [
            new([1, 2, 3], [1, 2, 3]),
            new([1], [1]),
            new([2, 2], [1, 2]),
            new([4, 4, 4, 4], [1, 2, 3, 4]),
        ];

        static KeptInput AsItIs(KeptInput input, HashSet<ushort> needed) => input;
        Assert.Equal([[4, 4, 4, 4]], CoverSet.Of(kept, AsItIs));
        Assert.Equal([[1, 2, 3]], CoverSet.Of(kept[..3], AsItIs));
        Assert.Empty(CoverSet.Of([], AsItIs));
    }

    [Fact]
    public void Shortener_OfAnInput_KeepsWhatReachesItsEdges()
    {
        var runner = new InputRunner(new PlantedParser(static _ => { }), TimeSpan.FromSeconds(5));
        var whole = Encoding.Latin1.GetBytes("BUG! and much that says nothing");
        runner.Run(whole);

        var shorter = new Shortener(runner).Of(new KeptInput(whole, Coverage.Last()), [.. Coverage.Last()]);

        Assert.Equal("BUG!", Encoding.Latin1.GetString(shorter.Bytes));
    }

    private static IReadOnlyCollection<Finding> Search(IFuzzTarget target)
    {
        var campaign = new Campaign(target, Options);
        campaign.Run([]);
        return campaign.Findings;
    }

    private static void Burn(TimeSpan time, Func<bool> isOver)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < time && !isOver())
        {
            // It uses the processor, as a loop that does not end does.
        }
    }
}
