using System.Text.Json;
using Gateway.Failover;
using Gateway.Observability.Metrics;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Admin;

/// <summary>The page as a real browser shows it, in states that the test sets.</summary>
[Trait("kind", "browser")]
public sealed class StatusPageTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("primary", "✓ primary serves ai-guide")]
    [InlineData("standby", "⚠ standby serves ai-guide")]
    [InlineData(null, "✗ No tier can serve ai-guide: users get the fallback chain")]
    public async Task Page_InEachState_SaysInWordsWhatHolds(string? serving, string says)
    {
        Assert.SkipWhen(Browser.Program is null, Browser.Missing);
        await using var admin = await AdminFixture.StartAsync();
        var change = new Transition(
            "ai-guide",
            "primary",
            serving,
            serving is null ? TransitionReason.Exhausted : TransitionReason.Failover,
            "primary cannot serve: guide-a 2 of 2 probes timed out.", TimeProvider.System.GetUtcNow())
        { Cause = "because guide-a of primary failed: timed out" };
        admin.Show(serving, primaryCanServe: serving is "primary", last: serving is "primary" ? null : change);
        if (serving is not "primary")
        {
            admin.Records.Journal.Append(Gateway.Admin.Status.StatusProjections.Entry(change));
        }

        if (serving is "standby")
        {
            admin.Show(
                serving,
                primaryCanServe: false,
                new("standby", TimeProvider.System.GetUtcNow().AddMinutes(10), "<b>disk</b> swap", Yielded: false),
                change);
            admin.State = admin.State with
            {
                FileIsInForce = false,
                LastRejected = new(
                    [new("gateway.yaml", 3, 5, "The key \"clutser\" is unknown. Write \"cluster\".")],
                    "",
                    TimeProvider.System.GetUtcNow())
            };
        }

        for (var i = 0; i < 200; i++)
        {
            admin.Instruments.Route("recommend").Ended(
                serving is null ? RequestOutcome.Degraded : RequestOutcome.Live,
                TimeSpan.FromMilliseconds(3));
        }

        var counted = TimeProvider.System.GetTimestamp();
        while (admin.Records.History.Live.Sum() + admin.Records.History.Degraded.Sum() < 200)
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(counted) < TimeSpan.FromSeconds(20),
                "The ledger did not count the requests within 20 s.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        await using var page = await Browser.OpenAsync(admin.Address, Token);
        await page.UntilAsync(Shows(says), says, Token);
        await page.UntilAsync(Shows("✓ live"), "that it is live", Token);
        await page.UntilAsync(
            $"document.querySelectorAll('svg .{(serving is null ? "degraded" : "tier0")}').length > 0",
            "the chart",
            Token);
        await page.UntilAsync(Shows("12, coverage 90 %"), "the coverage", Token);
        if (serving is null)
        {
            await page.UntilAsync(
                Shows("because guide-a of primary failed: timed out; users get the fallback chain."),
                "why nothing serves",
                Token);
            await page.UntilAsync(Shows("The first tier that can serve takes over at once and whole"), "what comes next", Token);
        }

        if (serving is "standby")
        {
            await page.UntilAsync(
                $"{Shows("■ held")} && {Shows("<b>disk</b> swap")} && document.querySelectorAll('main b').length === 0",
                "the hold, its reason as text",
                Token);
            await page.UntilAsync(Shows("gateway.yaml:3:5: The key \"clutser\" is unknown."), "the refused configuration", Token);
            await page.UntilAsync(Shows("guide-a 2 of 2 probes timed out."), "why it switched", Token);
        }
    }

    private static string Shows(string text) => $"document.body.innerText.includes({JsonSerializer.Serialize(text)})";
}
