using System.Text.Json;
using Gateway.Tests.Support;
using Xunit;
using Files = Gateway.Tests.Configuration.Repository;

namespace Gateway.Tests.Deploy;

[Trait("kind", "process")]
public sealed class MonitoringTests(MonitoredDrill drill) : IClassFixture<MonitoredDrill>
{
    [Fact]
    public async Task Drill_FailoverAndExhaustion_ReachTheWebhookAndFillEveryPanel()
    {
        Assert.SkipWhen(drill.Missing is not null, drill.Missing ?? "");

        // 1. The primary goes: an alert reaches the webhook.
        await drill.UntilAsync("gateway_active_tier{tier=\"primary\"} == 1");
        await drill.UntilAsync("sum(gateway_last_good_entries) >= 2");
        await drill.Bed.Primaries[0].KillAsync();
        await AlertedAsync("GatewaySwitched");

        // 2. The standby goes too: a louder one does, and the fallback chain answers.
        await drill.Bed.Standbys[0].KillAsync();
        await AlertedAsync("GatewayExhausted");
        await drill.UntilAsync("sum(gateway_fallback_total) > 0");

        // 3. Both return, and the alert is over.
        await Task.WhenAll(drill.Bed.Guides.Select(static guide => guide.StartAsync(TestContext.Current.CancellationToken)));
        await drill.UntilAsync("sum(gateway_active_tier) == 1");

        // 4. Every panel of both dashboards shows something of it.
        foreach (var (panel, query) in Queries())
        {
            var since = TimeProvider.System.GetTimestamp();
            while (!await drill.HasDataAsync(query, sinceBegin: true))
            {
                Assert.True(
                    TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromSeconds(60),
                    $"The panel \"{panel}\" shows nothing: {query}");
                await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, TestContext.Current.CancellationToken);
            }
        }
    }

    [Fact]
    public void Dashboards_AreWhole()
    {
        var queries = Queries().ToArray();
        Assert.True(queries.Length >= 30, "Panels are missing.");
        foreach (var file in DashboardFiles())
        {
            var json = JsonDocument.Parse(File.ReadAllText(file)).RootElement;
            var panels = json.GetProperty("panels").EnumerateArray().ToArray();
            Assert.Equal(panels.Length, panels.Select(static p => p.GetProperty("id").GetInt32()).Distinct().Count());
            Assert.Equal(Path.GetFileNameWithoutExtension(file), json.GetProperty("uid").GetString());
            Assert.All(
                panels,
                static p => Assert.False(
                    string.IsNullOrWhiteSpace(p.GetProperty("description").GetString()),
                    $"{p.GetProperty("title")} has no description."));

            // What an import asks for (__inputs) is used, what it requires is said, and every data source is the
            // one that the reader chooses.
            Assert.All(
                json.GetProperty("__inputs").EnumerateArray(),
                input => Assert.Contains($"${{{input.GetProperty("name")}}}", File.ReadAllText(file), StringComparison.Ordinal));
            Assert.Equal(JsonValueKind.Null, json.GetProperty("id").ValueKind);
            var required = json.GetProperty("__requires")
                .EnumerateArray()
                .Select(static r => r.GetProperty("id").GetString())
                .ToHashSet(StringComparer.Ordinal);
            Assert.Contains("prometheus", required);
            Assert.All(panels, p => Assert.Contains(p.GetProperty("type").GetString(), required));
            var variables = json.GetProperty("templating")
                .GetProperty("list")
                .EnumerateArray()
                .ToDictionary(
                    static v => v.GetProperty("name").GetString()!,
                    static v => v.GetProperty("type").GetString(),
                    StringComparer.Ordinal);
            Assert.Equal([
                ("cluster", "query"),
                ("datasource", "datasource"),
                ("instance", "query")
            ], variables.Select(static v => (v.Key, v.Value!)).Order());
            Assert.All(DataSources(json), static uid => Assert.Equal("${datasource}", uid));

            // Each query looks at what was chosen, and no further back than the resolution needs.
            Assert.All(Expressions(json), static expr => Assert.Matches("instance=~\"\\$instance\"", expr));
            Assert.All(Expressions(json), static expr => Assert.DoesNotMatch("\\[[0-9]+[smh]\\]", expr));
        }
    }

    private static string[] DashboardFiles() => Directory.GetFiles(Files.PathOf("deploy", "grafana", "dashboards"), "*.json");

    private static IEnumerable<(string Panel, string Query)> Queries() =>
        from file in DashboardFiles()
        from panel in JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty("panels").EnumerateArray()
        from target in panel.GetProperty("targets").EnumerateArray()
        select (panel.GetProperty("title").GetString()!, Resolve(target.GetProperty("expr").GetString()!));

    /// <summary>As Grafana asks with everything chosen: four times the scrape interval at the least.</summary>
    private static string Resolve(string expr) =>
        expr.Replace("$instance", ".*", StringComparison.Ordinal)
            .Replace("$cluster", ".*", StringComparison.Ordinal)
            .Replace("$__rate_interval", "15s", StringComparison.Ordinal);

    private static IEnumerable<string> Expressions(JsonElement dashboard) =>
        from panel in dashboard.GetProperty("panels").EnumerateArray()
        from target in panel.GetProperty("targets").EnumerateArray()
        select target.GetProperty("expr").GetString()!;

    private static IEnumerable<string> DataSources(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(static property =>
            property is { Name: "datasource", Value.ValueKind: JsonValueKind.Object }
                ? [property.Value.GetProperty("uid").GetString()!]
                : DataSources(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(DataSources),
        _ => [],
    };

    private Task AlertedAsync(string alert) => Eventually.BeTrueAsync(
        () => drill.Hook.All.Any(call => JsonDocument.Parse(call.Body).RootElement.GetProperty("alerts").EnumerateArray().Any(a =>
            a.GetProperty("status").GetString() == "firing" && a.GetProperty("labels").GetProperty("alertname").GetString() == alert
            && a.GetProperty("labels").GetProperty("cluster").GetString() == "ai-guide")),
        TimeSpan.FromSeconds(60), $"{alert} reaches the webhook");
}
