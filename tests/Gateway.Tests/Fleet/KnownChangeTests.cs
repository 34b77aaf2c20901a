using Gateway.Consensus;
using Gateway.Fleet;
using Xunit;

namespace Gateway.Tests.Fleet;

/// <summary>What a gateway makes of the agreement that stands in Redis, beside the one that it knows.</summary>
[Trait("kind", "unit")]
public sealed class KnownChangeTests
{
    private static readonly TimeSpan Now = TimeSpan.FromHours(100);

    /// <summary>
    /// Epochs; 0: there is none. Two agreements have the same epoch if Redis was emptied before the others heard of the first:
    /// all hold to the one that stands there.
    /// </summary>
    [Theory]
    [InlineData(0, 0, "", false)]
    [InlineData(0, 3, "stored", false)]
    [InlineData(3, 4, "stored", false)]
    [InlineData(3, 3, "stored", false)]
    [InlineData(4, 3, "known", true)]
    [InlineData(3, 0, "known", true)]
    public void Agreement_StoredBesideKnown_IsTakenOrWrittenAgain(long known, long stored, string taken, bool restored)
    {
        var before = known == 0 ? null : new KnownChange(Change(known, AgreedChangeKind.Failover), Now - TimeSpan.FromHours(1));
        var read = stored == 0 ? null : Change(stored, AgreedChangeKind.Failback);

        var (after, restoreFor) = KnownChange.Take(before, read, TimeSpan.FromHours(22), Now);

        Assert.Equal(taken switch { "stored" => read, "known" => before!.Change, _ => null }, after?.Change);
        Assert.Equal(taken switch { "stored" => Now - TimeSpan.FromHours(2), "known" => before!.Since, _ => null }, after?.Since);
        Assert.Equal(restored ? TimeSpan.FromHours(23) : null, restoreFor);
    }

    [Fact]
    public void Agreement_TheSame_KeepsItsTime()
    {
        var known = new KnownChange(Change(3, AgreedChangeKind.Failback), Now - TimeSpan.FromHours(1));

        Assert.Equal((known, null), KnownChange.Take(known, Change(3, AgreedChangeKind.Failback), TimeSpan.FromHours(22), Now));
    }

    [Fact]
    public void Agreement_LostAndOlderThanADay_IsForgotten()
    {
        var known = new KnownChange(Change(3, AgreedChangeKind.Failback), Now - TimeSpan.FromHours(25));

        Assert.Equal((null, null), KnownChange.Take(known, null, TimeSpan.Zero, Now));
    }

    private static AgreedChange Change(long epoch, AgreedChangeKind kind) => new(epoch, "guide", kind, "primary", "standby");
}
