using System.Diagnostics;
using System.Net;
using Gateway.Failover;
using Gateway.Observability;
using Xunit;

namespace Gateway.Tests.Admin;

/// <summary>
/// The page as a real browser shows it. With GATEWAY_PAGE_PICTURES set to a folder, pictures are kept there for people to look at.
/// </summary>
public sealed class StatusPageTests
{
    private static readonly string? Chromium = new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);

    [Theory]
    [InlineData("normal", "primary", "✓ primary serves ai-guide")]
    [InlineData("failed-over", "standby", "⚠ standby serves ai-guide")]
    [InlineData("exhausted", null, "✗ No tier can serve ai-guide: users get the ladder")]
    public async Task Page_InEachState_SaysInWordsWhatHolds(string name, string? serving, string says)
    {
        Assert.SkipWhen(Chromium is null, "Chromium is not installed: Debian's package is \"chromium\".");
        await using var admin = await AdminFixture.StartAsync();
        var change = new Transition("ai-guide", "primary", serving, serving is null ? TransitionReason.Exhausted : TransitionReason.Failover,
            "primary cannot serve: guide-a 2 of 2 probes timed out.", TimeProvider.System.GetUtcNow());
        admin.Show(serving, primaryCanServe: serving is "primary", last: serving is "primary" ? null : change);
        if (serving is not "primary")
        {
            admin.Records.Journal.Tell(Gateway.Admin.Readings.Entry(change));
        }

        if (serving is "standby")
        {
            admin.Show(serving, primaryCanServe: false, new("standby", TimeProvider.System.GetUtcNow().AddMinutes(10), "<b>disk</b> swap", Yielded: false), change);
            admin.State = admin.State with { FileIsInForce = false, LastRejected = new([new("gateway.yaml", 3, 5, "The key \"clutser\" is unknown. Write \"cluster\".")], "", TimeProvider.System.GetUtcNow()) };
        }

        for (var i = 0; i < 200; i++)
        {
            admin.Instruments.Route("recommend").Ended(serving is null ? RequestOutcome.Degraded : RequestOutcome.Live, TimeSpan.FromMilliseconds(3));
        }

        var counted = TimeProvider.System.GetTimestamp();
        while (admin.Records.History.Live.Sum() + admin.Records.History.Degraded.Sum() < 200)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(counted) < TimeSpan.FromSeconds(20), "The ledger did not count the requests within 20 s.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        // The browser's idea of enough time is not ours: a busy machine gets another look.
        var dom = "";
        for (var look = 0; look < 5 && !dom.Contains("✓ live", StringComparison.Ordinal); look++)
        {
            dom = await BrowseAsync(admin.Address, "--dump-dom", "--virtual-time-budget=3000");
        }

        if (Environment.GetEnvironmentVariable("GATEWAY_PAGE_PICTURES") is { Length: > 0 } folder)
        {
            await BrowseAsync(admin.Address, $"--screenshot={Path.Combine(folder, name)}.png", "--window-size=1280,1250");
            await BrowseAsync(admin.Address, $"--screenshot={Path.Combine(folder, name)}-phone.png", "--window-size=500,1800");
            await BrowseAsync(admin.Address, $"--screenshot={Path.Combine(folder, name)}-dark.png", "--window-size=1280,1250", "--force-dark-mode");
        }

        Assert.Contains(says, WebUtility.HtmlDecode(dom), StringComparison.Ordinal);
        Assert.Contains("✓ live", dom, StringComparison.Ordinal);
        Assert.Contains(serving is null ? "class=\"degraded\"></rect>" : "class=\"live\"></rect>", dom, StringComparison.Ordinal);
        Assert.Contains("12, coverage 90 %", dom, StringComparison.Ordinal);
        if (serving is "standby")
        {
            Assert.Contains("■ held", dom, StringComparison.Ordinal);
            Assert.Contains("&lt;b&gt;disk&lt;/b&gt; swap", dom, StringComparison.Ordinal);
            Assert.Contains("gateway.yaml:3:5: The key \"clutser\" is unknown.", WebUtility.HtmlDecode(dom), StringComparison.Ordinal);
            Assert.Contains("guide-a 2 of 2 probes timed out.", dom, StringComparison.Ordinal);
        }
    }

    private static async Task<string> BrowseAsync(Uri page, params string[] what)
    {
        var profile = Directory.CreateTempSubdirectory();
        try
        {
            // Without network noise of its own; --timeout takes what is there after a while, since the events never end.
            string[] arguments =
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
                "--disable-sync", "--hide-scrollbars", "--timeout=4000", $"--user-data-dir={profile.FullName}", .. what, page.ToString(),
            ];
            using var browser = Process.Start(new ProcessStartInfo(Chromium!, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
            var errors = browser.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            deadline.CancelAfter(TimeSpan.FromSeconds(60));
            try
            {
                var said = await browser.StandardOutput.ReadToEndAsync(deadline.Token);
                await browser.WaitForExitAsync(deadline.Token);
                Assert.True(browser.ExitCode == 0, await errors);
                return said;
            }
            finally
            {
                if (!browser.HasExited)
                {
                    browser.Kill(entireProcessTree: true);
                }
            }
        }
        finally
        {
            profile.Delete(recursive: true);
        }
    }
}
