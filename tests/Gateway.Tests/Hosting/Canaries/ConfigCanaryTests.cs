using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Hosting.Canaries;

/// <summary>A changed configuration is a canary before it is believed: of one gateway alone, and of one of a fleet.</summary>
[Trait("kind", "server")]
public sealed class ConfigCanaryTests : IAsyncDisposable
{
    private const string Route = "cluster: guide\n";

    // Valid, and all that a plan can say is that the path changes.
    private const string Harmful = "cluster: guide\n    rewrite: { prefix: /v2 }\n";
    private const string Harmless = "cluster: guide\n    rewrite: { prefix: /v1 }\n";

    // The last route, so that it is the one that changes.
    private const string Small = "  small:\n    match: { path: \"/small/{**rest}\" }\n    cluster: guide\n";

    private readonly ScriptedUpstream _guide = new(static r => r.Target.StartsWith("/v2", StringComparison.Ordinal)
        ? r.RespondAsync("no", status: 500)
        : r.RespondAsync("fine"));

    private readonly List<InProcessGateway> _gateways = [];
    private readonly CancellationTokenSource _endOfLoad = new();
    private readonly List<Task> _load = [];

    public async ValueTask DisposeAsync()
    {
        await _endOfLoad.CancelAsync();
        await Task.WhenAll(_load);
        foreach (var gateway in _gateways)
        {
            await gateway.DisposeAsync();
        }

        await _guide.DisposeAsync();
        _endOfLoad.Dispose();
    }

    [Fact]
    public async Task Change_ThatHarms_IsRolledBack_AndSaysWhy()
    {
        var gateway = await StartAsync("reload: { canary: 60s }");
        await SendAsync(gateway, 100);
        Change(gateway, Harmful);
        await RevisionAsync(gateway, 2);
        Assert.StartsWith("A canary until ", await CanaryAsync(gateway), StringComparison.Ordinal);
        Load(gateway);

        await RevisionAsync(gateway, 3);

        Assert.Equal("fine", (await gateway.GetAsync("/a")).Body);
        var config = (await gateway.StatusAsync()).GetProperty("config");
        Assert.False(config.GetProperty("fileIsInForce").GetBoolean());
        Assert.Matches(
            "rolled back to revision 1 at .* by the gateway itself \\(as a canary, .*requests failed, 0 % of .* before\\)",
            config.GetProperty("rejected").GetProperty("problems")[0].GetString()!);
        await JournalAsync(gateway, "Configuration revision 2 was a canary and is rolled back:");
        Assert.Null(await CanaryAsync(gateway));

        // The same file is no canary again and again.
        Assert.Equal(422, (await gateway.PostAsync("/config/reload", "{}")).Status);
    }

    // What is in force says whether a change is a canary, not the change.
    [Fact]
    public async Task Change_ThatTakesTheKeyAway_IsACanary()
    {
        var gateway = await StartAsync("reload: { canary: 60s }");
        await SendAsync(gateway, 100);
        Change(gateway, Harmful, "reload: { canary: 60s }", "");
        await RevisionAsync(gateway, 2);
        Load(gateway);
        await RevisionAsync(gateway, 3);
    }

    [Fact]
    public async Task Change_ThatHarmsNobody_Passes()
    {
        var gateway = await StartAsync("reload: { canary: 5s }");
        await SendAsync(gateway, 100);
        Load(gateway);
        Change(gateway, Harmless);
        await RevisionAsync(gateway, 2);
        await JournalAsync(gateway, "Configuration revision 2 is no canary any more, since nothing spoke against it");
        Assert.Equal(2, await RevisionOfAsync(gateway));
        Assert.True((await gateway.StatusAsync()).GetProperty("config").GetProperty("fileIsInForce").GetBoolean());
    }

    // A second change during a canary is one canary with the first; what harms is not called the state of before.
    [Fact]
    public async Task Change_DuringACanary_IsRolledBackToWhatWasBeforeBoth()
    {
        var gateway = await StartAsync("reload: { canary: 60s }");
        await SendAsync(gateway, 100);
        Change(gateway, Harmless);
        await RevisionAsync(gateway, 2);
        Change(gateway, Harmful);
        await RevisionAsync(gateway, 3);
        Load(gateway);

        await RevisionAsync(gateway, 4);
        var newest = (await gateway.AdminJsonAsync("/config/revisions"))[0];
        Assert.Equal(1, newest.GetProperty("rollbackTo").GetInt64());
    }

    [Fact]
    public async Task Change_ThatAnOperatorConfirms_IsNotTried()
    {
        var gateway = await StartAsync("reload: { canary: 5s, confirmAbove: 1% }");
        await SendAsync(gateway, 100);
        Change(gateway, Harmful, "probe: { interval: 500ms", "probe: { path: /other, interval: 500ms");
        Assert.Equal(422, (await gateway.PostAsync("/config/reload", "{}")).Status);
        Assert.Equal(200, (await gateway.PostAsync("/config/reload", """{"force":true}""")).Status);
        Assert.Null(await CanaryAsync(gateway));
    }

    [Fact]
    public async Task Fleet_LetsOneGatewayTry_AndTheOthersNeverMeetTheHarm()
    {
        using var redis = await RedisServer.StartAsync();
        await StartFleetAsync(3, $"redis: {{ endpoints: [ {redis.Endpoint} ] }}\nreload: {{ canary: 60s }}");
        foreach (var gateway in _gateways)
        {
            Change(gateway, Harmful);
        }

        await Eventually.BecomeTrueAsync(
            async () => (await RevisionsAsync()) is var all && all.Count(static r => r == 3) == 1 && all.Count(static r => r == 1) == 2,
            TimeSpan.FromSeconds(60),
            "one gateway had it and rolled it back");
        await Eventually.BecomeTrueAsync(
            async () => (await CausesAsync()).All(static cause => cause == "rolledBack"), TimeSpan.FromSeconds(30), "all know it");
        foreach (var gateway in _gateways)
        {
            Assert.Equal("fine", (await gateway.GetAsync("/a")).Body);
        }

        // An operator may insist, at each gateway.
        var other = _gateways[(await RevisionsAsync()).ToList().IndexOf(1)];
        var (_, body) = await other.PostAsync("/config/reload", "{}");
        Assert.Contains("had this configuration as a canary and rolled it back", body, StringComparison.Ordinal);
        Assert.Equal(200, (await other.PostAsync("/config/reload", """{"force":true}""")).Status);
    }

    [Fact]
    public async Task Fleet_TakesWhatPassed_EachGatewayOnce()
    {
        using var redis = await RedisServer.StartAsync();
        await StartFleetAsync(3, $"redis: {{ endpoints: [ {redis.Endpoint} ] }}\nreload: {{ canary: 5s }}");
        foreach (var gateway in _gateways)
        {
            Change(gateway, Harmless);
        }

        await Eventually.BecomeTrueAsync(
            async () => (await CausesAsync()).Count(static cause => cause == "awaitsCanary") == 2, TimeSpan.FromSeconds(30), "two wait");
        await Eventually.BecomeTrueAsync(
            async () => (await RevisionsAsync()).All(static r => r == 2), TimeSpan.FromSeconds(60), "all have it");
        var journals = await Task.WhenAll(_gateways.Select(static gateway => gateway.JournalTextAsync()));
        Assert.Single(journals, static text => text.Contains("nothing spoke against it:", StringComparison.Ordinal));
    }

    // What befalls all gateways is not the change's fault.
    [Fact]
    public async Task Fleet_WhoseDestinationFailsMeanwhile_DoesNotBlameTheChange()
    {
        using var redis = await RedisServer.StartAsync();
        await StartFleetAsync(2, $"redis: {{ endpoints: [ {redis.Endpoint} ] }}\nreload: {{ canary: 6s }}");
        Change(_gateways[0], Harmless);
        await RevisionAsync(_gateways[0], 2);
        _guide.Script = static r => r.RespondAsync("no", status: 500);
        await JournalAsync(_gateways[0], "Configuration revision 2 is no canary any more, since nothing spoke against it");
        Assert.Equal(2, await RevisionOfAsync(_gateways[0]));
    }

    // What one small route suffers is little of all requests.
    [Fact]
    public async Task Fleet_SeesTheHarmOfASmallRoute()
    {
        using var redis = await RedisServer.StartAsync();
        await StartFleetAsync(2, $"redis: {{ endpoints: [ {redis.Endpoint} ] }}\nreload: {{ canary: 60s }}", Small);
        _gateways.ForEach(gateway => Load(gateway, "/small/a", 200));
        var canary = _gateways[0];
        Change(canary, Harmful);
        await RevisionAsync(canary, 3);
        await JournalAsync(canary, "of route 'small', 100 % of ");
        Assert.Contains("at the other gateways meanwhile", await canary.JournalTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fleet_WhoseSmallRouteFailsEverywhere_DoesNotBlameTheChange()
    {
        using var redis = await RedisServer.StartAsync();
        await StartFleetAsync(2, $"redis: {{ endpoints: [ {redis.Endpoint} ] }}\nreload: {{ canary: 6s }}", Small);
        _gateways.ForEach(gateway => Load(gateway, "/small/a", 50));
        Change(_gateways[0], Harmless);
        await RevisionAsync(_gateways[0], 2);
        _guide.Script = static r => r.Target.Contains("/small/", StringComparison.Ordinal)
            ? r.RespondAsync("no", status: 500)
            : r.RespondAsync("fine");
        await JournalAsync(_gateways[0], "Configuration revision 2 is no canary any more, since nothing spoke against it");
        Assert.Equal(2, await RevisionOfAsync(_gateways[0]));
    }

    private static void Change(InProcessGateway gateway, string route, string? text = null, string? instead = null)
    {
        var config = File.ReadAllText(gateway.ConfigFile);
        var start = config.LastIndexOf("    cluster: guide\n", StringComparison.Ordinal);
        config = config[..start] + "    " + route;
        gateway.WriteConfig(text is null ? config : config.Replace(text, instead, StringComparison.Ordinal));
    }

    private static async Task<string?> CanaryAsync(InProcessGateway gateway) =>
        (await gateway.StatusAsync()).GetProperty("config").TryGetProperty("canary", out var canary) ? canary.GetString() : null;

    private static async Task<long> RevisionOfAsync(InProcessGateway gateway) =>
        (await gateway.StatusAsync()).GetProperty("config").GetProperty("revision").GetInt64();

    private static Task RevisionAsync(InProcessGateway gateway, long revision) => Eventually.BecomeTrueAsync(
        async () => await RevisionOfAsync(gateway) == revision, TimeSpan.FromSeconds(30), $"revision {revision} is in force");

    private static Task JournalAsync(InProcessGateway gateway, string text) => Eventually.BecomeTrueAsync(
        async () => (await gateway.JournalTextAsync()).Contains(text, StringComparison.Ordinal), TimeSpan.FromSeconds(30), text);

    private static async Task SendAsync(InProcessGateway gateway, int requests, string path = "/a")
    {
        for (var i = 0; i < requests; i++)
        {
            Assert.Equal("fine", await gateway.Client.GetStringAsync(new Uri(path, UriKind.Relative)));
        }
    }

    private void Load(InProcessGateway gateway, string path = "/a", int every = 5) => _load.Add(Task.Run(async () =>
    {
        while (!_endOfLoad.IsCancellationRequested)
        {
            using var response = await gateway.Client.GetAsync(new Uri(path, UriKind.Relative), CancellationToken.None);
            await Task.Delay(TimeSpan.FromMilliseconds(every), TimeProvider.System, _endOfLoad.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }));

    private async Task<InProcessGateway> StartAsync(string top, string route = "")
    {
        var config = InProcessGateway.Config([_guide.Url], route: route, top: top, attempts: "max: 1, hedge: off");
        Assert.EndsWith(Route, config.TrimEnd('\n') + "\n", StringComparison.Ordinal);
        var gateway = await InProcessGateway.StartAsync(config);
        _gateways.Add(gateway);
        return gateway;
    }

    private async Task StartFleetAsync(int count, string top, string route = "")
    {
        for (var i = 0; i < count; i++)
        {
            var gateway = await StartAsync(top, route);
            await SendAsync(gateway, 100);
            await SendAsync(gateway, 100, "/small/a");
        }

        await Eventually.BecomeTrueAsync(
            async () => (await Task.WhenAll(_gateways.Select(static g => g.StatusAsync()))).All(status =>
                status.TryGetProperty("fleet", out var fleet) && fleet.GetProperty("gateways").GetArrayLength() == count),
            TimeSpan.FromSeconds(60),
            "they hear one another");
        _gateways.ForEach(gateway => Load(gateway));
    }

    private async Task<long[]> RevisionsAsync() => await Task.WhenAll(_gateways.Select(RevisionOfAsync));

    private async Task<string[]> CausesAsync() => [.. (await Task.WhenAll(_gateways.Select(static g => g.StatusAsync())))
        .Select(static status => status.GetProperty("config"))
        .Select(static config => !config.GetProperty("fileIsInForce").GetBoolean() && config.TryGetProperty("rejected", out var rejected)
            ? rejected.GetProperty("cause").GetString()!
            : "")];
}
