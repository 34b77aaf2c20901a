using System.Collections.Immutable;
using System.Text.Json;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Health.Model;
using Gateway.Health.Probing;
using Gateway.Observability.History;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Admin;

/// <summary>
/// The page in each condition a cluster can be in, at the sizes of real installations. With GATEWAY_PAGE_PICTURES set to a folder, pictures
/// are kept there for people to look at.
/// </summary>
[Trait("kind", "browser")]
public sealed class PageStatesTests
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("normal", "✓ primary serves ai-guide", "good", null)]
    [InlineData("degraded", "⚠ primary serves ai-guide, degraded", "warn", "#runbook-degraded")]
    [InlineData("failingOver", "⚠ primary serves ai-guide", "warn", "#runbook-failingOver")]
    [InlineData("failedOver", "⚠ standby serves ai-guide", "warn", "#runbook-failedOver")]
    [InlineData("ramping", "⚠ primary takes over ai-guide: 21 %", "warn", "#runbook-ramping")]
    [InlineData("held", "⚠ standby serves ai-guide", "warn", "#runbook-held")]
    [InlineData("exhausted", "✗ No tier can serve ai-guide: users get the fallback chain", "bad", "#runbook-exhausted")]
    [InlineData("many", "⚠ primary serves ai-guide, degraded", "warn", "#runbook-degraded")]
    public async Task Page_InEachCondition_LeadsWithItAndSaysWhatToDo(string state, string headline, string tone, string? runbook)
    {
        Assert.SkipWhen(Browser.Program is null, Browser.Missing);
        await using var admin = await AdminFixture.StartAsync();
        admin.Cluster = ClusterIn(state);
        if (state is "many")
        {
            var routes = Enumerable.Range(0, 100).Select(static n => new RouteConfig
            {
                Name = $"route-{n:00}",
                Path = $"/api/{n}",
                Cluster = "ai-guide",
                Level = n % 3 == 0 ? Level.Low : Level.High
            });
            admin.State = admin.State with { Config = admin.State.Config with { Routes = [.. routes] } };
        }

        await using var page = await Browser.OpenAsync(admin.Address, Cancel);
        await page.UntilAsync($"document.querySelector('h2.big')?.innerText === {JsonSerializer.Serialize(headline)}", headline, Cancel);
        await PhotographAsync(page, state);

        var outlook = ClusterOutlook.Of(admin.Cluster, Now);
        Assert.True((await page.AskAsync($"document.querySelector('h2.big').classList.contains('{tone}')", Cancel)).GetBoolean());
        await page.UntilAsync(
            $"document.querySelector('#clusters section > p').innerText === {JsonSerializer.Serialize(outlook.Now)}",
            outlook.Now,
            Cancel);
        Assert.Equal(
            runbook,
            (await page.AskAsync(
                "document.querySelector('#clusters a')?.getAttribute('href') ?? null",
                Cancel)) is { ValueKind: JsonValueKind.String } link ? link.GetString() : null);
        Assert.True(runbook is null
            || (await page.AskAsync($"!!document.querySelector('{runbook}')", Cancel)).GetBoolean(), "the section is there");

        // Read out once: the headline, and what is named by more than its place.
        Assert.Contains(
            "ai-guide: ",
            (await page.AskAsync("document.querySelector('#headline[aria-live=polite]').textContent", Cancel)).GetString(),
            StringComparison.Ordinal);
        Assert.True((await page.AskAsync(
            "[...document.querySelectorAll('#clusters button')].every(b => /ai-guide/.test(b.getAttribute('aria-label')))",
            Cancel)).GetBoolean());
        Assert.True(
            (await page.AskAsync(
                "[...document.querySelectorAll('#axis span')].every(e => /^[0-9]{2}:[0-9]{2}Z$/.test(e.textContent)) && "
                    + "document.querySelectorAll('#axis span').length === 4",
                Cancel)).GetBoolean(),
            "the time axis names its zone");
        Assert.True(
            (await page.AskAsync("document.documentElement.scrollWidth <= document.documentElement.clientWidth", Cancel)).GetBoolean(),
            "nothing sticks out");
    }

    [Fact]
    public async Task Page_WhileItUpdates_KeepsFocusSelectionFilterAndElements()
    {
        Assert.SkipWhen(Browser.Program is null, Browser.Missing);
        await using var admin = await AdminFixture.StartAsync();
        admin.Cluster = ClusterIn("failedOver");
        await using var page = await Browser.OpenAsync(admin.Address, Cancel);
        await page.UntilAsync("document.querySelector('h2.big')?.innerText.includes('standby serves')", "the page", Cancel);
        await page.AskAsync(
            """
            (() => {
              window.kept = [...document.querySelectorAll('#clusters .dest, #clusters button, #routes tr')];
              const route = document.querySelector('#routes th').firstChild, range = document.createRange();
              range.selectNodeContents(document.querySelector('#clusters section > p'));
              getSelection().removeAllRanges(); getSelection().addRange(range);
              window.selected = getSelection().toString();
              document.querySelector('[data-key$="/hold/standby"]').focus({ preventScroll: true });
            })()
            """, Cancel);

        // News: another journal entry, another cluster text, and requests.
        admin.Records.Journal.Append(new JournalEntry(Now, "drain", "Something happened.") { Cluster = "ai-guide" });
        admin.Cluster = ClusterIn("failedOver") with { ActiveSince = Now.AddHours(-3) };
        await page.UntilAsync("document.getElementById('journal').innerText.includes('Something happened.')", "the news", Cancel);
        await page.UntilAsync("window.seen = (window.seen || 0) + 1, window.seen > 5", "some more updates", Cancel);
        Assert.True((await page.AskAsync("window.kept.every(e => e.isConnected)", Cancel)).GetBoolean(), "elements stay");
        Assert.True(
            (await page.AskAsync("document.activeElement.dataset.key.endsWith('/hold/standby')", Cancel)).GetBoolean(),
            "the focus stays");
        Assert.True(
            (await page.AskAsync("getSelection().toString() === window.selected && window.selected.length > 20", Cancel)).GetBoolean(),
            "what is selected stays");

        // Once nothing is selected the news comes in.
        await page.AskAsync("getSelection().removeAllRanges()", Cancel);
        await page.UntilAsync("document.querySelector('#clusters section > p').innerText !== window.selected", "the text follows", Cancel);

        // A button that stayed does what it says.
        await page.AskAsync("document.querySelector('[data-key$=\"/hold/standby\"]').click()", Cancel);
        await page.UntilAsync(
            "document.getElementById('ask').open && document.getElementById('ask-title').innerText === 'Hold standby'",
            "the dialog",
            Cancel);
    }

    [Fact]
    public async Task Page_WithAHundredRoutes_FiltersThem()
    {
        Assert.SkipWhen(Browser.Program is null, Browser.Missing);
        await using var admin = await AdminFixture.StartAsync();
        var routes = Enumerable.Range(0, 100).Select(static n => new RouteConfig
        {
            Name = $"route-{n:00}",
            Path = $"/api/{n}",
            Cluster = "ai-guide",
            Level = n % 2 == 0 ? Level.Low : Level.High
        });
        admin.State = admin.State with { Config = admin.State.Config with { Routes = [.. routes] } };
        await using var page = await Browser.OpenAsync(admin.Address, Cancel);
        await page.UntilAsync("document.querySelectorAll('#routes tr').length === 100", "all routes", Cancel);
        await page.AskAsync(
            "(() => { const f = document.getElementById('filter'); f.value = 'route-1 low'; f.dispatchEvent(new Event('input')); })()",
            Cancel);
        await page.UntilAsync(
            "document.querySelectorAll('#routes tr').length === 5 && document.getElementById('filter-count').innerText === '5 of 100 "
                + "routes'",
            "the filtered ones",
            Cancel);

        // It holds over the updates that follow.
        admin.Records.Journal.Append(new JournalEntry(Now, "drain", "Something happened.") { Cluster = "ai-guide" });
        await page.UntilAsync("document.getElementById('journal').innerText.includes('Something happened.')", "an update", Cancel);
        Assert.Equal(5, (await page.AskAsync("document.querySelectorAll('#routes tr').length", Cancel)).GetInt32());
    }

    [Fact]
    public void Runbook_HasASectionForEachCondition_OnThePageAndInTheDocs()
    {
        var html = File.ReadAllText(Repository.PathOf("src", "Gateway", "Admin", "StatusPage.html"));
        var docs = File.ReadAllText(Repository.PathOf("docs", "operations.md"));
        foreach (var condition in Enum.GetValues<ClusterCondition>())
        {
            var name = JsonNamingPolicy.CamelCase.ConvertName(condition.ToString());
            Assert.Contains($"<h3 id=\"runbook-{name}\">", html, StringComparison.Ordinal);
            Assert.Contains($"`{name}`", docs, StringComparison.Ordinal);
        }
    }

    private static async Task PhotographAsync(Browser page, string name)
    {
        if (Environment.GetEnvironmentVariable("GATEWAY_PAGE_PICTURES") is { Length: > 0 } folder)
        {
            await page.PhotographAsync(Path.Combine(folder, $"{name}.png"), 1280, dark: false, Cancel);
            await page.PhotographAsync(Path.Combine(folder, $"{name}-dark.png"), 1280, dark: true, Cancel);
            await page.PhotographAsync(Path.Combine(folder, $"{name}-phone.png"), 390, dark: false, Cancel);
        }
    }

    private static ClusterView ClusterIn(string state)
    {
        var failover = new Transition(
            "ai-guide",
            "primary",
            "standby",
            TransitionReason.Failover,
            "tier 'primary': guide-a is down",
            Now.AddMinutes(-5))
        { Cause = "because both destinations of primary failed: connection refused" };
        var (well, dead, standby) = (Tier(
            "primary",
            Up("guide-a"),
            Up("guide-b")), Tier("primary", Down("guide-a"), Down("guide-b")), Tier("standby", Up("guide-c"), Up("guide-d")));
        return state switch
        {
            "degraded" => View("primary", Tier("primary", Up("guide-a"), Down("guide-b")), standby),
            "failingOver" => View("primary", dead, standby) with
            {
                UnableSince = Now.AddSeconds(-1),
                SwitchAfter = TimeSpan.FromSeconds(30)
            },
            "failedOver" => View("standby", dead, standby) with { LastTransition = failover },
            "ramping" => View("primary", well with { Share = 0.21 }, standby with { Share = 0.79 }) with
            {
                RampFrom = "standby",
                RampShare = 0.21,
                RampSince = Now.AddSeconds(-4)
            },
            "held" => View("standby", well with { HealthySince = Now.AddSeconds(-12) }, standby) with
            {
                Hold = new HoldView("standby", Now.AddMinutes(30), "guide-a is being replaced", Yielded: false, "ann@laptop (10.0.0.7)")
            },
            "exhausted" => View(null, dead, Tier("standby", Down("guide-c"), Down("guide-d"))) with
            {
                LastTransition = failover with
                {
                    To = null,
                    Cause =
                        "because both destinations of primary failed: connection refused, and both destinations of standby failed: status "
                            + "503"
                }
            },
            "many" => View("primary", Tier("primary", [.. Enumerable.Range(0, 40).Select(static n => n % 7 == 3
                ? Down($"guide-with-a-long-name-{n:00}.internal.example:9001")
                : Up($"guide-with-a-long-name-{n:00}.internal.example:9001"))]), standby),
            _ => View("primary", well, standby),
        };
    }

    private static ClusterView View(string? active, params ImmutableArray<TierView> tiers) =>
        new(
            "ai-guide",
            active,
            Now.AddMinutes(-5),
            null,
            1,
            null,
            TimeSpan.FromSeconds(30),
            [],
            null,
            [.. tiers.Select(t => string.Equals(t.Name, active, StringComparison.Ordinal) && t.Share == 0 ? t with { Share = 1 } : t)]);

    private static TierView Tier(string name, params ImmutableArray<DestinationView> destinations)
    {
        var healthy = destinations.Count(static d => !d.Lost);
        return new(
            name,
            healthy > 0 ? TierHealth.Healthy : TierHealth.Unavailable,
            0,
            healthy,
            1,
            healthy > 0 ? Now.AddMinutes(-50) : null,
            0,
            400,
            destinations);
    }

    private static DestinationView Up(string name) =>
        new(
            name,
            new Uri("http://10.0.3.17:9001"),
            1,
            HealthStatus.Up,
            Now.AddMinutes(-50),
            "the last 3 probes passed",
            false,
            false,
            0,
            [],
            null,
            0,
            3,
            0.5,
            TimeSpan.FromMilliseconds(41),
            new ProbeResult(ProbeOutcome.Passed, TimeSpan.FromMilliseconds(2)),
            Now,
            TimeSpan.FromSeconds(0.4));

    private static DestinationView Down(string name) =>
        new(
            name,
            new Uri("http://10.0.3.18:9001"),
            1,
            HealthStatus.Down,
            Now.AddMinutes(-5),
            "the last 2 probes failed: connection refused",
            false,
            false,
            0,
            [],
            null,
            0,
            0,
            null,
            null,
            new ProbeResult(ProbeOutcome.NotReached, default, Cause: FailureCause.ConnectionRefused),
            Now,
            TimeSpan.FromSeconds(0.2))
        { Cause = "connection refused" };
}
