using System.Collections.Immutable;
using Gateway.Configuration.Model;
using Gateway.Health.Model;
using Gateway.Health.Rules;
using Xunit;

namespace Gateway.Tests.Health;

/// <summary>What each kind of evidence can show, and what it cannot.</summary>
[Trait("kind", "unit")]
public sealed class EvidenceRuleTests
{
    private static readonly Destination Someone = new("guide", "primary", "a", new Uri("http://127.0.0.1:9001"));

    [Theory]
    [InlineData("Connect", 0, false)]
    [InlineData("Connect", 249.9999, false)]
    [InlineData("Connect", 250, true)]
    [InlineData("Connect", 250.0001, true)]
    [InlineData("Timeout", 0, true)]
    [InlineData("Late", 0, true)]
    [InlineData("Timeout", 5000, true)]
    [InlineData("Late", 5000, true)]
    [InlineData("Reset", 5000, false)]
    [InlineData("Truncated", 5000, false)]
    [InlineData("Status", 5000, false)]
    [InlineData("Success", 5000, false)]
    [InlineData("Busy", 5000, false)]
    public void Evidence_OfTime_RestsOnOurOwnClock(string kind, double waited, bool rests) =>
        Assert.Equal(rests, EvidenceRule.RestsOnTime(Of(kind, waited)));

    [Theory]
    [InlineData(0, true)]
    [InlineData(899.9999, true)]
    [InlineData(900, false)]
    [InlineData(900.0001, false)]
    [InlineData(1000, false)]
    [InlineData(1001, false)]
    public void Late_BeforeNineTenthsOfTheWait_IsOnlySlow(double waited, bool onlySlow) =>
        Assert.Equal(onlySlow, EvidenceRule.IsOnlySlow(Of("Late", waited), TimeSpan.FromSeconds(1)));

    [Theory]
    [InlineData("Busy", 0, "", true)]
    [InlineData("Busy", 503, "503", true)]
    [InlineData("Status", 500, "", false)]
    [InlineData("Status", 501, "", true)]
    [InlineData("Status", 502, "", false)]
    [InlineData("Status", 503, "", false)]
    [InlineData("Status", 504, "", false)]
    [InlineData("Status", 505, "", true)]
    [InlineData("Status", 501, "501", false)]
    [InlineData("Status", 501, "502", true)]
    [InlineData("Status", 429, "429", true)]
    [InlineData("Status", 499, "499", true)]
    [InlineData("Status", 599, "599", false)]
    [InlineData("Connect", 501, "", false)]
    [InlineData("Reset", 501, "", false)]
    [InlineData("Timeout", 501, "", false)]
    [InlineData("Truncated", 501, "", false)]
    [InlineData("Late", 501, "", false)]
    public void Response_ThatASoundServerGivesToo_IsSound(string kind, int status, string triedElsewhere, bool sound) =>
        Assert.Equal(sound, EvidenceRule.IsSound(Of(kind, status: status), Attempts(triedElsewhere)));

    [Theory]
    [InlineData("Status", 503, "503", true)]
    [InlineData("Status", 500, "503", false)]
    [InlineData("Status", 500, "503 500", true)]
    [InlineData("Status", 503, "", false)]
    [InlineData("Connect", 0, "", true)]
    [InlineData("Reset", 0, "", true)]
    [InlineData("Timeout", 0, "", true)]
    [InlineData("Truncated", 0, "", true)]
    [InlineData("Late", 0, "", true)]
    public void Status_ThatIsNotTriedElsewhere_LengthensNoRun(string kind, int status, string triedElsewhere, bool counts) =>
        Assert.Equal(counts, EvidenceRule.CountsInRow(Of(kind, status: status), Attempts(triedElsewhere)));

    [Theory]
    [InlineData("Late", true, true)]
    [InlineData("Status", true, false)]
    [InlineData("Truncated", true, false)]
    [InlineData("Connect", false, false)]
    [InlineData("Reset", false, false)]
    [InlineData("Timeout", false, false)]
    [InlineData("Success", false, false)]
    [InlineData("Busy", false, false)]
    public void LastOne_IsForgiven_WhatUsersNeedNotWaitFor(string kind, bool whileMostSucceed, bool whileMostFail)
    {
        Assert.Equal(whileMostSucceed, EvidenceRule.IsForgiven(Of(kind), mostFail: false));
        Assert.Equal(whileMostFail, EvidenceRule.IsForgiven(Of(kind), mostFail: true));
    }

    private static Evidence Of(string kind, double waited = 0, int status = 0) =>
        new(Someone, "r", Enum.Parse<EvidenceKind>(kind), Waited: TimeSpan.FromMilliseconds(waited), Status: status);

    private static AttemptsConfig Attempts(string statuses)
    {
        ImmutableArray<int> parsed = [.. statuses.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
        return new AttemptsConfig { OnStatus = parsed };
    }
}
