using Gateway.Configuration.Model;
using Gateway.Server.Acme;
using Xunit;

namespace Gateway.Tests.Server.Acme;

[Trait("kind", "unit")]
public sealed class AcmeScheduleTests
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly CertificateConfig Wanted = new("", "")
    {
        Hosts = ["shop.test", "www.shop.test"],
        Acme = new AcmeConfig { Directory = new Uri("https://ca.test/dir") },
    };

    [Theory]
    [InlineData("https://ca.test/dir", "shop.test www.shop.test", 0.0, 60.0)]
    [InlineData("https://ca.test/dir", "shop.test www.shop.test", 1.0, 57.0)]
    [InlineData("https://ca.test/dir", "WWW.shop.test SHOP.test", 0.0, 60.0)]
    [InlineData("https://ca.test/dir", "shop.test www.shop.test more.test", 0.0, 60.0)]
    [InlineData("https://ca.test/dir", "shop.test", 0.0, 10.0)]
    [InlineData("https://other.test/dir", "shop.test www.shop.test", 0.0, 10.0)]
    [InlineData(null, "shop.test www.shop.test", 0.0, 10.0)]
    public void Due_OfNinetyDays_IsAtTwoThirds_OrAtOnceWhereItIsNotTheOneWanted(
        string? directory, string names, double jitter, double days)
    {
        var holding = new AcmeHolding(directory, [.. names.Split(' ')], Begin, Begin.AddDays(90));
        Assert.Equal(Begin.AddDays(days), AcmeSchedule.DueAt(holding, Wanted, Begin.AddDays(10), jitter));
    }

    [Theory]
    [InlineData(1, null, 0.5, 5.0)]
    [InlineData(1, null, 0.0, 4.0)]
    [InlineData(1, null, 1.0, 6.0)]
    [InlineData(2, null, 0.5, 10.0)]
    [InlineData(3, null, 0.5, 20.0)]
    [InlineData(8, null, 0.5, 640.0)]
    [InlineData(9, null, 0.5, 720.0)]
    [InlineData(1000, null, 0.5, 720.0)]
    [InlineData(1, 1.0, 0.5, 5.0)]
    [InlineData(1, 60.0, 0.5, 60.0)]
    [InlineData(1, 1e9, 0.5, 10_080.0)]
    public void Pause_AfterFailures_DoublesUpToHalfADay_AndIsWhatTheAuthorityAsksAtLeast(
        int failures, double? asked, double jitter, double minutes) =>
        Assert.Equal(
            TimeSpan.FromMinutes(minutes),
            AcmeSchedule.PauseAfter(failures, asked is { } least ? TimeSpan.FromMinutes(least) : null, jitter));

    [Fact]
    public void Ordering_IssuedWithATimeThatIsOver_IsNotOrderedAgainAtOnce()
    {
        var ordering = new AcmeOrdering(Wanted, 0);
        var holding = new AcmeHolding("https://ca.test/dir", Wanted.Hosts, Begin.AddDays(-90), Begin);
        Assert.True(ordering.NextAt(holding, Begin) <= Begin);
        ordering.Succeed(Begin);
        Assert.Equal(Begin.AddHours(1), ordering.NextAt(holding, Begin));
    }

    [Fact]
    public void Ordering_Fails_TriesTheOtherWayNext()
    {
        var ordering = new AcmeOrdering(Wanted, 0.5);
        Assert.Equal("a", ordering.ChallengeOf(["a", "b"]));
        ordering.Fail("no", null, AcmeHolding.Nothing, Begin);
        Assert.Equal("b", ordering.ChallengeOf(["a", "b"]));
        Assert.Equal(Begin.AddMinutes(5), ordering.NextAt(AcmeHolding.Nothing, Begin));
        ordering.Fail("no", null, AcmeHolding.Nothing, Begin);
        Assert.Equal("a", ordering.ChallengeOf(["a", "b"]));
    }
}
