using Gateway.Configuration;
using Gateway.Configuration.Reload;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Configuration;

[Trait("kind", "unit")]
public sealed class ConfigStoreTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private readonly ConfigResult _first = ConfigLoaderTests.Judge(ConfigLoaderTests.Smallest);
    private readonly ConfigResult _second = ConfigLoaderTests.Judge(ConfigLoaderTests.Smallest + "limits: { requestBody: 1MiB }\n");
    private readonly ConfigResult _broken = ConfigLoaderTests.Judge("version: 1\n");

    [Fact]
    public async Task TryApply_Valid_SwapsAndTells()
    {
        var store = Store();
        var told = new List<ConfigChange>();
        store.WhenApplied(told.Add);

        var outcome = await ApplyAsync(store, _second);

        Assert.True(outcome.Applied);
        Assert.Equal(2, outcome.Revision);
        Assert.Same(_second.Config, store.Current);
        Assert.Equal(_second.Hash, store.Hash);
        Assert.Equal(new ConfigChange(_first.Config!, _second.Config!, 2, []) { Hash = _second.Hash }, Assert.Single(told));
    }

    [Fact]
    public async Task TryApply_SameContent_ChangesNothing()
    {
        var store = Store();
        store.WhenApplied(_ => Assert.Fail("Nothing was put in force."));
        Assert.False((await ApplyAsync(store, ConfigLoaderTests.Judge(ConfigLoaderTests.Smallest))).Applied);
        Assert.Same(_first.Config, store.Current);
    }

    [Fact]
    public async Task TryApply_Broken_KeepsTheOldAndTellsOnce()
    {
        var store = Store();
        var told = new List<RejectedConfig>();
        store.WhenRejected(told.Add);

        Assert.Equal(_broken.Problems, (await ApplyAsync(store, _broken)).Problems);
        await ApplyAsync(store, _broken);

        Assert.Same(_first.Config, store.Current);
        Assert.False(store.State.FileIsInForce);
        Assert.Equal(_broken.Problems, store.LastRejected?.Problems);
        Assert.Single(told);
    }

    [Fact]
    public async Task TryApply_OldContentAfterBroken_IsInForceAgainAndRemembersTheRefusal()
    {
        var store = Store();
        await ApplyAsync(store, _broken);
        await ApplyAsync(store, _first);
        Assert.True(store.State.FileIsInForce);
        Assert.Equal(1, store.Revision);
        Assert.NotNull(store.LastRejected);
    }

    [Fact]
    public async Task TryApply_PartThatCannotTakeItOver_KeepsTheOldAndSaysSo()
    {
        var store = Store();
        var told = new List<RejectedConfig>();
        var fails = true;
        store.ApplyBy((_, _) => fails ? throw new InvalidOperationException("A part is broken.") : Task.CompletedTask);
        store.WhenApplied(_ => Assert.False(fails, "Nothing was put in force."));
        store.WhenRejected(told.Add);

        var outcome = await ApplyAsync(store, _second);

        Assert.False(outcome.Applied);
        Assert.Equal((1, false), (outcome.Revision, store.State.FileIsInForce));
        Assert.Same(_first.Config, store.Current);
        Assert.Equal(
            "gateway.yaml:1:1: The configuration is valid, but the gateway could not put it in force (A part is broken). Reload it once "
                + "more, or restart the gateway.",
            Assert.Single(outcome.Problems).ToString());
        Assert.Equal(RejectionCause.NotApplied, Assert.Single(told).Cause);

        fails = false;
        Assert.True((await ApplyAsync(store, _second)).Applied);
        Assert.Equal((2L, true), (store.Revision, store.State.FileIsInForce));
        Assert.Same(_second.Config, store.Current);
    }

    [Fact]
    public async Task TryApply_ListenerThrows_TellsTheOthers()
    {
        var store = Store();
        var told = 0;
        store.WhenApplied(_ => throw new InvalidOperationException("A faulty part."));
        store.WhenApplied(_ => told++);
        Assert.True((await ApplyAsync(store, _second)).Applied);
        Assert.Equal(1, told);
    }

    [Theory]
    [InlineData("listen: [ { url: \"http://127.0.0.1:8080\" } ]", "listen: [ { url: \"http://127.0.0.1:8090\" } ]", "listen")]
    [InlineData("version: 1", "version: 1\nadmin: { url: \"http://127.0.0.1:8091\" }", "admin.url")]
    [InlineData("version: "
        + "1", "version: 1\nlimits: { connections: 5, requestHeaders: 64KiB, headersTimeout: 1s "
        + "}", "limits.requestHeaders, limits.headersTimeout, limits.connections")]
    [InlineData("version: 1", "version: 1\nstate: elsewhere", "state")]
    [InlineData("version: 1", "version: 1\nredis: { endpoints: [ 127.0.0.1:6379 ] }", "redis")]
    [InlineData("version: 1", "version: 1\ntelemetry: { logs: { level: debug } }", "")]
    [InlineData("version: 1", "version: 1\ntelemetry: { logs: { level: debug, format: json } }", "telemetry")]
    [InlineData("version: 1", "version: 1\nadmin: { token: a-token-of-an-operator }", "")]
    [InlineData("version: 1", "version: 1\nlimits: { requestBody: 1MiB }", "")]
    [InlineData("version: 1", "version: 1 # a comment", "")]
    public async Task RestartNeeded_ChangedKey_IsNamed(string from, string to, string expected)
    {
        var changed = ConfigLoaderTests.Judge(ConfigLoaderTests.Smallest.Replace(from, to, StringComparison.Ordinal));
        Assert.Empty(changed.Problems);
        Assert.Equal(expected, string.Join(", ", (await ApplyAsync(Store(), changed)).RestartNeeded));
    }

    [Fact]
    public async Task RestartNeeded_TakenBack_IsNotNamedAnyMore()
    {
        var store = Store();
        await ApplyAsync(store, ConfigLoaderTests.Judge(ConfigLoaderTests.Smallest + "state: elsewhere\n"));
        Assert.Equal(["state"], store.State.RestartNeeded);
        await ApplyAsync(store, _first);
        Assert.Empty(store.State.RestartNeeded);
    }

    // What an operator put in force meanwhile is not rolled back with the canary of before.
    [Fact]
    public async Task TryApply_OnlyFromARevisionThatIsGone_ChangesNothing()
    {
        var store = Store();
        var request = new ReloadRequest { IsConfirmed = true, OnlyFrom = 7 };
        var outcome = await store.TryApplyAsync(_second, request, _first.Files, Token);
        Assert.False(outcome.Applied);
        Assert.Empty(outcome.Problems);
        Assert.Same(_first.Config, store.Current);
        Assert.True((await store.TryApplyAsync(_second, request with { OnlyFrom = 1 }, _first.Files, Token)).Applied);
    }

    private Task<ReloadOutcome> ApplyAsync(ConfigStore store, ConfigResult result) =>
        store.TryApplyAsync(result, ReloadRequest.OfFile, _first.Files, Token);

    private ConfigStore Store() => new(_first, TimeProvider.System, NullLogger<ConfigStore>.Instance);
}
