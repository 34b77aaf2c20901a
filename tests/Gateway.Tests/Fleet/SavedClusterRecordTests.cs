using Gateway.Failover;
using Gateway.Failover.Resuming;
using Gateway.Fleet;
using Xunit;

namespace Gateway.Tests.Fleet;

/// <summary>What the state folder keeps of a cluster.</summary>
[Trait("kind", "unit")]
public sealed class SavedClusterRecordTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private static readonly Transition Last =
        new("guide", "primary", "standby", TransitionReason.Failover, "both failed", Now) { Cause = "both failed" };

    [Theory]
    [InlineData(0, 1)]
    [InlineData(3, 1)]
    [InlineData(SavedCluster.MostEjected, 1)]
    [InlineData(SavedCluster.MostEjected, 30)]
    public void Record_OfAnySize_IsReadAgain(int ejected, int times)
    {
        var why = string.Concat(Enumerable.Repeat("timed out waiting for é ", times));
        var record = SavedClusterRecord.Of(Cluster(ejected, why.Length > 200 ? why[..200] : why), Now);

        var read = FleetPayload.Decode<SavedClusterRecord>(FleetPayload.Encode(record));

        Assert.NotNull(read);
        Assert.True(read.IsSound);
        Assert.Equal("standby", read.Cluster.Active);
        Assert.InRange(read.Cluster.Ejected.Length, Math.Min(ejected, 4), ejected);
        var command = read.CommandAt(Now + TimeSpan.FromSeconds(7));
        Assert.Equal(TimeSpan.FromSeconds(7), command?.Ago);
    }

    [Fact]
    public void Text_OfAChangedFile_IsPlainInATerminal()
    {
        var record = SavedClusterRecord.Of(Cluster(1, "\u001b[2J"), Now);
        record = record with { Cluster = record.Cluster with { Last = Last with { Evidence = "a\u001bb", Cause = "c\nd" } } };

        var saved = record.CommandAt(Now)!.Saved;

        Assert.Equal((" [2J", "a b", "c d"), (saved.Ejected[0].Why, saved.Last!.Evidence, saved.Last.Cause));
    }

    [Theory]
    [InlineData("age")]
    [InlineData("negative")]
    [InlineData("healthy")]
    [InlineData("relapses")]
    [InlineData("share")]
    [InlineData("ejected")]
    [InlineData("name")]
    public void Record_OutOfBounds_IsNotUsed(string what)
    {
        var sound = Cluster(1, "why");
        Assert.True(sound.IsSound);
        Assert.False((what switch
        {
            "age" => sound with { ActiveFor = TimeSpan.MaxValue },
            "negative" => sound with { ReturnedFor = TimeSpan.MinValue },
            "healthy" => sound with { Tiers = [new("primary", TimeSpan.MaxValue)] },
            "relapses" => sound with { Relapses = int.MaxValue },
            "share" => sound with { RampShare = double.NaN },
            "ejected" => sound with { Ejected = [sound.Ejected[0] with { Left = TimeSpan.MaxValue }] },
            _ => sound with { Tiers = [new(null!, TimeSpan.Zero)] },
        }).IsSound);
    }

    private static SavedCluster Cluster(int ejected, string why) => new(
        "guide",
        "standby",
        TimeSpan.FromMinutes(3),
        1,
        null,
        null,
        1,
        [new("standby", TimeSpan.FromMinutes(5))],
        [.. Enumerable.Range(0, ejected).Select(i => new SavedEjection(
            "primary", $"guide-{i}", $"http://10.0.0.{i}/", 1, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(2), why, "timeouts", null))],
        Last);
}
