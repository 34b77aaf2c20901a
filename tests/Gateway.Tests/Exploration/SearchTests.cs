using Xunit;

namespace Gateway.Tests.Exploration;

/// <summary>The search itself: it visits all, and finds what is planted.</summary>
[Trait("kind", "unit")]
public sealed class SearchTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void World_Sound_IsVisitedWhole(int threads)
    {
        var result = Explore(static (_, _) => false, static (_, _) => false, new SearchLimits(1_000, Threads: threads));

        Assert.Null(result.Problem);
        Assert.True(result.IsExhausted);
        Assert.Equal((CountersWorld.Most + 1) * (CountersWorld.Most + 1), result.States);
        Assert.Equal(CountersWorld.Most, result.Rest!.LongestToRest);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 3)]
    [InlineData(2, 6)]
    public void Disturbances_Bounded_VisitWhatTheyLeadTo(int disturbances, int states)
    {
        var result = Explore(static (_, _) => false, static (_, _) => false, new SearchLimits(1_000, disturbances));

        Assert.Equal((states, true, false), (result.States, result.IsComplete, result.IsExhausted));
    }

    [Fact]
    public void Invariant_Broken_IsToldWithTheFewestSteps()
    {
        var result = Explore(static (falls, stays) => falls >= 2 && stays >= 1, static (_, _) => false, new SearchLimits(1_000));

        Assert.StartsWith("counters: both-low: 2 and 1\n   0. start: 0 and 0\n", result.Problem, StringComparison.Ordinal);
        Assert.Equal(3, result.Problem!.Split("grows").Length - 1);
        Assert.DoesNotContain("time passes", result.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Time_WithoutAnEnd_IsTold()
    {
        var result = Explore(static (_, _) => false, static (falls, stays) => falls > 0 && stays == 1, new SearchLimits(1_000));

        Assert.StartsWith("counters: no-livelock: it never becomes as it should be after step 2", result.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void States_MoreThanFit_AreTold()
    {
        var result = Explore(static (_, _) => false, static (_, _) => false, new SearchLimits(20));

        Assert.Equal((20, false), (result.States, result.IsComplete));
    }

    private static SearchResult Explore(Func<int, int, bool> broken, Func<int, int, bool> restless, SearchLimits limits) =>
        new Search<(int Falls, int Stays)>(new CountersWorld(broken, restless), limits).Run();
}
