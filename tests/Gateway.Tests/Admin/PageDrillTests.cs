using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.Drills.Processes;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Admin;

/// <summary>
/// An operator at a real browser before a real gateway, whose guides are hurt: what the page shows and when, and the same deeds by page,
/// call and command. With GATEWAY_PAGE_PICTURES set to a folder, pictures of each state are kept there for people to look at.
/// </summary>
[Trait("kind", "browser")]
public sealed class PageDrillTests
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(20) };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Page_ThroughAFailoverAndAHold_ShowsAndDoesWhatHolds()
    {
        Assert.SkipWhen(Browser.Program is null, Browser.Missing);
        await using var bed = await TestBed.StartAsync(
            new() { Primaries = 2, Standbys = 1, Config = [("clusters.ai-guide.failback.after", "1h")] },
            Cancel);
        using var traffic = new CancellationTokenSource();
        var sending = SendAsync(bed, traffic.Token);
        await using var page = await Browser.OpenAsync(new Uri(bed.Gateway.AdminUrl), Cancel);

        // 1. Normal: who serves, shares and latencies of both destinations, the chart by tier.
        await page.UntilAsync(Says("✓ primary serves ai-guide"), "the page shows the primary", Cancel);
        await page.UntilAsync(
            "document.querySelectorAll('.dest').length === 3 && document.body.innerText.match(/% of responses, p99 /g)?.length >= 2",
            "shares and p99 of both primaries",
            Cancel);
        await page.UntilAsync("document.querySelectorAll('svg .tier0').length > 0", "the chart", Cancel);
        await PhotographAsync(page, "normal");

        // 2. The primary goes: the page notes by itself when it first shows the standby; the journal knows when it began to serve.
        var delays = new List<double>();
        await WatchAsync(page, "⚠ standby serves ai-guide");
        foreach (var guide in bed.Primaries)
        {
            await guide.KillAsync();
        }

        delays.Add(await DelayAsync(bed, page, "standby"));
        await page.UntilAsync(
            "[...document.querySelectorAll('.tier')[0].querySelectorAll('.dest')].every(e => /✗ (down|ejected)/.test(e.innerText) && "
                + "/Since /.test(e.innerText))",
            "the dead primaries, why and since when",
            Cancel);

        // 3. Holding within 5 s of the switch is refused in the dialog, with the reason; force does it. A refusal that comes too late is
        // none: both ways end in a hold.
        await page.AskAsync(
            "(() => { document.querySelector('[data-key$=\"/hold/standby\"]').click(); const f = document.getElementById('ask-form'); "
                + "f.elements.reason.value = 'disk <b>swap</b>'; f.elements.force.checked = true; "
                + "document.getElementById('ask-ok').click(); })()",
            Cancel);
        await page.UntilAsync(Says("■ held")
            + " && "
            + Says("disk <b>swap</b>")
            + " && !document.getElementById('ask').open", "the hold", Cancel);
        await PhotographAsync(page, "failed-over");

        // 4. Released by the page; held by a call; released by the command.
        await page.AskAsync(
            "document.querySelector('[data-key$=\"/release\"]').click(); document.getElementById('ask-form').elements.reason.value = "
                + "'swapped'; document.getElementById('ask-form').elements.force.checked = true; document.getElementById('ask-ok').click()",
            Cancel);
        await page.UntilAsync("!" + Says("■ held"), "the release", Cancel);
        await Task.WhenAll(bed.Primaries.Select(static guide => guide.StartAsync(Cancel)));
        await page.UntilAsync(
            "document.querySelectorAll('.tier')[0].innerText.includes('✓ can serve')",
            "the primary can serve again",
            Cancel);
        await WatchAsync(page, "⚠ primary serves ai-guide");
        using (var held = await Http.PostAsJsonAsync($"{bed.Gateway.AdminUrl}/clusters/ai-guide/hold", new
        {
            tier = "primary",
            @for = "10m",
            reason = "by call",
            who = "ann",
            force = true
        }, Cancel))
        {
            Assert.True(held.IsSuccessStatusCode, await held.Content.ReadAsStringAsync(Cancel));
        }

        delays.Add(await DelayAsync(bed, page, "primary"));
        var release = new ChildProcess("release", "dotnet",
        [
            Repository.GatewayProgram,
            "release",
            "--reason",
            "by command",
            "--force",
            "--admin",
            bed.Gateway.AdminUrl
        ],
            new Dictionary<string, string>(StringComparer.Ordinal) { ["USER"] = "bob" });
        await using (release)
        {
            await release.StartAsync(Cancel);
            await release.Ended.WaitAsync(TimeSpan.FromSeconds(60), Cancel);
            Assert.True(release.ExitCode == 0, release.Output);
        }

        await page.UntilAsync("!" + Says("■ held"), "the release by the command", Cancel);
        // Told, so that both can be read; one of them may have met a machine that stood still.
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"The page showed the switches {string.Join(" and ", delays)} ms after they were made."));
        Assert.True(
            delays.Min() <= 1000,
            string.Create(
                CultureInfo.InvariantCulture,
                $"The page showed the switches {string.Join(" and ", delays)} ms after they were made."));

        // 5. Each act is in the journal with who and why.
        var acts = (await JournalAsync(bed)).Where(static e => e.GetProperty("kind").GetString() is "hold" or "release")
            .Select(static e =>
                $"{e.GetProperty("kind").GetString()}: {e.GetProperty("reason").GetString()} by {e.GetProperty("who").GetString()}")
                    .Reverse()
                    .ToArray();
        Assert.Equal([
            "hold: disk <b>swap</b> by 127.0.0.1",
            "release: swapped by 127.0.0.1",
            "hold: by call by ann (127.0.0.1)",
            $"release: by command by bob@{Environment.MachineName} (127.0.0.1)"
        ], acts);

        // 6. Nothing left: the page says so, and which step carries each route.
        foreach (var guide in bed.Guides)
        {
            await guide.KillAsync();
        }

        await page.UntilAsync(Says("✗ No tier can serve ai-guide")
            + " && document.title.startsWith('✗')", "the page shows the exhaustion", Cancel);
        await page.UntilAsync(
            "[...document.querySelectorAll('#routes strong')].some(e => e.textContent === '▶ lastGood')",
            "the step in use",
            Cancel);
        await PhotographAsync(page, "exhausted");

        // 7. The gateway itself goes: what is shown is called old.
        await traffic.CancelAsync();
        await sending;
        await bed.Gateway.KillAsync();
        await page.UntilAsync(Says("The gateway was lost"), "the page says that it lost the gateway", Cancel);
        await bed.Gateway.StartAsync(Cancel);
        await page.UntilAsync(Says("✓ live"), "the page finds it again", Cancel);
    }

    private static string Says(string text) => $"document.body.innerText.includes({JsonSerializer.Serialize(text)})";

    // The page's clock and the journal's are the same machine's.
    private static Task WatchAsync(Browser page, string text) => page.AskAsync(
        $"(() => {{ window.seenAt = 0; const timer = setInterval(() => {{ if ({Says(text)}) {{ window.seenAt = Date.now(); "
            + $"clearInterval(timer); }} }}, 10); }})()", Cancel);

    private static async Task<double> DelayAsync(TestBed bed, Browser page, string to)
    {
        await page.UntilAsync("window.seenAt > 0", $"the page shows that {to} serves", Cancel);
        var seen = (await page.AskAsync("window.seenAt", Cancel)).GetInt64();
        var switched = (await JournalAsync(bed))
            .First(e => e.GetProperty("kind").GetString() == "transition" && e.GetProperty("to").GetString() == to)
            .GetProperty("at")
            .GetDateTimeOffset();
        return seen - switched.ToUnixTimeMilliseconds();
    }

    private static async Task<JsonElement[]> JournalAsync(TestBed bed) =>
        [
        .. JsonDocument.Parse(await Http.GetStringAsync($"{bed.Gateway.AdminUrl}/journal?count=100", Cancel)).RootElement.EnumerateArray()];

    private static async Task PhotographAsync(Browser page, string name)
    {
        if (Environment.GetEnvironmentVariable("GATEWAY_PAGE_PICTURES") is { Length: > 0 } folder)
        {
            await page.PhotographAsync(Path.Combine(folder, $"{name}.png"), 1280, dark: false, Cancel);
            await page.PhotographAsync(Path.Combine(folder, $"{name}-dark.png"), 1280, dark: true, Cancel);
            await page.PhotographAsync(Path.Combine(folder, $"{name}-phone.png"), 390, dark: false, Cancel);
        }
    }

    private static async Task SendAsync(TestBed bed, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(40), TimeProvider.System);
        try
        {
            for (var i = 0; await timer.WaitForNextTickAsync(stop); i++)
            {
                using var response = await Http.GetAsync(
                    $"{bed.Gateway.Url}/api/guide/{(i % 3 == 0 ? "trending/shoes" : $"recommend?user=u{i % 5}&category=shoes")}",
                    stop);
            }
        }
        catch (OperationCanceledException)
        {
            // The drill is over.
        }
    }
}
