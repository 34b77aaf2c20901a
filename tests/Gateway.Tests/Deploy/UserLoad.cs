using Gateway.Drills.Load;
using Xunit;

namespace Gateway.Tests.Deploy;

/// <summary>Users before a deployment: questions and orders at a constant rate until told to stop, and nothing may fail.</summary>
internal static class UserLoad
{
    private const double Rate = 60;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    /// <summary>
    /// A gateway that waits for its guides however slow this machine is: here only what happens to the gateways themselves counts. Behind a
    /// <c>drain</c> of this length.
    /// </summary>
    public static IReadOnlyList<(string Path, string? Yaml)> Patient(string drain) =>
    [
        ("drain", drain),
        ("clusters.ai-guide.timeouts", "{ connect: 20s, firstByte: 20s }"),
        ("clusters.ai-guide.probe", "{ interval: 10s, timeout: 9s, fall: 10 }"),
        ("clusters.ai-guide.attempts", "{ hedge: off }"),
    ];

    /// <summary>Begins.</summary>
    public static LoadRun Start(string url, bool remote = false) => LoadRun.Start(new()
    {
        Target = LoadTarget.Parse(url, remote),
        Rate = RateProfile.Constant(Rate, Longest),
        Scenarios = [new RecommendScenario(3), new CartScenario("drain")],
    });

    /// <summary>Stops it; every request was answered live.</summary>
    public static async Task<Ledger> EndWithoutFailureAsync(LoadRun run)
    {
        run.Stop();
        var ledger = await run.Completion;
        Assert.True(ledger.Total > 50, $"Only {ledger.Total} requests were sent.");
        Assert.True(ledger.Count(Outcome.Live) == ledger.Total, $"Not all of {ledger.Total} were answered live: {ledger.Summary()}");
        return ledger;
    }
}
