using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Hosting;

/// <summary><c>reload.confirmAbove</c>: a valid change that would hurt waits for an operator, and nobody meets it before.</summary>
[Trait("kind", "socket")]
public sealed class ReloadGuardTests
{
    private const string Guarded = "reload: { confirmAbove: 20% }";

    public static TheoryData<string, string> Harmful() => new()
    {
        { "path: \"/{**rest}\"", "path: \"/other/{**rest}\"" },
        { "probe: { interval: 500ms", "probe: { path: /nothing, interval: 500ms" },
        { "version: 1", "version: 1\nlimits: { requestBody: 1KiB }" },
        { Guarded, "reload: { confirmAbove: 100% }\nlimits: { requestBody: 1KiB }" },
    };

    [Theory]
    [MemberData(nameof(Harmful))]
    public async Task Change_ThatMayHurt_WaitsForAnOperator(string text, string instead)
    {
        await using var guide = new ScriptedUpstream(static r => r.RespondAsync("fine", status: r.Target == "/nothing" ? 404 : 200));
        var config = InProcessGateway.Config([guide.Url], top: Guarded);
        Assert.Contains(text, config, StringComparison.Ordinal);
        await using var gateway = await InProcessGateway.StartAsync(config);
        gateway.WriteConfig(config.Replace(text, instead, StringComparison.Ordinal));

        var (status, body) = await gateway.PostAsync("/config/reload", "{}");

        Assert.Equal(422, status);
        Assert.Contains("The change is valid and of high risk for 100% of the", body, StringComparison.Ordinal);
        Assert.Equal("fine", (await gateway.GetAsync("/a")).Body);
        Assert.Equal(1, (await gateway.StatusAsync()).GetProperty("config").GetProperty("revision").GetInt64());
        Assert.Contains("waits for an operator", await gateway.JournalTextAsync(), StringComparison.Ordinal);

        (status, _) = await gateway.PostAsync("/config/reload", """{"force":true,"reason":"planned"}""");
        Assert.Equal(200, status);
        Assert.Equal(2, (await gateway.StatusAsync()).GetProperty("config").GetProperty("revision").GetInt64());
    }

    // What a probe can tell is tried, and not left to an operator at night.
    [Fact]
    public async Task Probe_ThatEveryDestinationPasses_IsNoRisk()
    {
        await using var guide = new ScriptedUpstream();
        var config = InProcessGateway.Config([guide.Url], top: Guarded);
        await using var gateway = await InProcessGateway.StartAsync(config);
        gateway.WriteConfig(config.Replace("probe: {", "probe: { path: /ready,", StringComparison.Ordinal));

        Assert.Equal(200, (await gateway.PostAsync("/config/reload", "{}")).Status);

        guide.Script = static r => r.RespondAsync("no", status: 500);
        gateway.WriteConfig(config.Replace("probe: {", "probe: { path: /other,", StringComparison.Ordinal));
        var (status, body) = await gateway.PostAsync("/config/reload", "{}");
        Assert.Equal(422, status);
        Assert.Contains($"127.0.0.1:{guide.Port} fails (status 500)", body, StringComparison.Ordinal);
    }

    // A refused file is judged again every two seconds; one that waits is not taken by that.
    [Fact]
    public async Task Change_ThatWaits_IsNotTakenByAndBy()
    {
        await using var guide = new ScriptedUpstream();
        var config = InProcessGateway.Config([guide.Url], top: Guarded);
        await using var gateway = await InProcessGateway.StartAsync(config);
        gateway.WriteConfig(config.Replace("path: \"/{**rest}\"", "path: \"/other/{**rest}\"", StringComparison.Ordinal));
        Assert.Equal(422, (await gateway.PostAsync("/config/reload", "{}")).Status);

        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Equal(1, (await gateway.StatusAsync()).GetProperty("config").GetProperty("revision").GetInt64());
        Assert.Equal(1, (await gateway.JournalTextAsync()).Split("waits for an operator").Length - 1);
    }

    [Fact]
    public async Task Change_ThatHurtsNobody_IsInForceAtOnce()
    {
        await using var guide = new ScriptedUpstream();
        var config = InProcessGateway.Config([guide.Url], top: Guarded);
        await using var gateway = await InProcessGateway.StartAsync(config);
        gateway.WriteConfig(config.Replace("version: 1", "version: 1\ndrain: 2s", StringComparison.Ordinal));

        Assert.Equal(200, (await gateway.PostAsync("/config/reload", "{}")).Status);
        Assert.Equal(2, (await gateway.StatusAsync()).GetProperty("config").GetProperty("revision").GetInt64());
    }

    [Fact]
    public async Task Gateway_WithoutTheKey_TakesWhatIsValid()
    {
        await using var guide = new ScriptedUpstream();
        var config = InProcessGateway.Config([guide.Url]);
        await using var gateway = await InProcessGateway.StartAsync(config);
        gateway.WriteConfig(config.Replace("path: \"/{**rest}\"", "path: \"/other/{**rest}\"", StringComparison.Ordinal));

        Assert.Equal(200, (await gateway.PostAsync("/config/reload", "{}")).Status);
        Assert.Equal(404, (await gateway.GetAsync("/a")).Status);
    }
}
