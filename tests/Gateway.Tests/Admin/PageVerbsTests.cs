using System.Globalization;
using System.Text.Json;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Admin;

/// <summary>What an operator does to a destination by the page's buttons.</summary>
[Trait("kind", "browser")]
public sealed class PageVerbsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Page_WeightAndDrainWithADeadline_AreDoneAndShown()
    {
        Assert.SkipWhen(Browser.Program is null, Browser.Missing);
        await using var one = new ScriptedUpstream();
        await using var other = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config([one.Url, other.Url]));
        await using var page = await Browser.OpenAsync(gateway.AdminUrl, Cancel);
        var path = $"/clusters/guide/destinations/{Uri.EscapeDataString($"127.0.0.1:{one.Port.ToString(CultureInfo.InvariantCulture)}")}";
        await page.UntilAsync("document.querySelectorAll('.dest').length === 2", "both destinations", Cancel);

        await DoAsync(page, path + "/weight", "f.elements.weight.value = '5'; f.elements.reason.value = 'new machine'");
        await page.UntilAsync(Says("weight 5 since") + " && " + Says("new machine (1 in the configuration)"), "the weight", Cancel);
        Assert.Equal(5, (await DestinationAsync(gateway)).GetProperty("weight").GetInt32());

        await DoAsync(page, path + "/weight/clear", "");
        await page.UntilAsync("!" + Says("weight 5 since"), "the configuration's weight again", Cancel);
        Assert.Equal(1, (await DestinationAsync(gateway)).GetProperty("weight").GetInt32());

        await DoAsync(page, path + "/drain", "f.elements.for.value = '10m'");
        await page.UntilAsync(Says(", conversations go on until "), "the drain and its deadline", Cancel);
        Assert.True((await DestinationAsync(gateway)).GetProperty("drain").TryGetProperty("until", out _));
    }

    private static Task DoAsync(Browser page, string key, string fill) => page.AskAsync(
        $"(() => {{ document.querySelector({JsonSerializer.Serialize($"[data-key=\"{key}\"]")}).click(); const f = "
            + $"document.getElementById('ask-form'); {fill}; document.getElementById('ask-ok').click(); }})()", Cancel);

    private static string Says(string text) => $"document.body.innerText.includes({JsonSerializer.Serialize(text)})";

    private static async Task<JsonElement> DestinationAsync(InProcessGateway gateway) =>
        (await gateway.StatusAsync()).GetProperty("clusters")[0].GetProperty("tiers")[0].GetProperty("destinations")[0];
}
