using Gateway.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Configuration;

public sealed class ConfigStoreTests
{
    private readonly ConfigResult _first = ConfigLoaderTests.Judge(ConfigLoaderTests.Smallest);
    private readonly ConfigResult _second = ConfigLoaderTests.Judge(ConfigLoaderTests.Smallest + "limits: { requestBody: 1MiB }\n");
    private readonly ConfigResult _broken = ConfigLoaderTests.Judge("version: 1\n");

    [Fact]
    public void Take_Valid_SwapsAndTells()
    {
        var store = Store();
        var told = new List<ConfigChange>();
        store.WhenApplied(told.Add);

        var outcome = store.Take(_second);

        Assert.True(outcome.Applied);
        Assert.Equal(2, outcome.Revision);
        Assert.Same(_second.Config, store.Current);
        Assert.Equal(_second.Hash, store.Hash);
        Assert.Equal(new ConfigChange(_first.Config!, _second.Config!, 2), Assert.Single(told));
    }

    [Fact]
    public void Take_SameContent_ChangesNothing()
    {
        var store = Store();
        store.WhenApplied(_ => Assert.Fail("Nothing was put in force."));
        Assert.False(store.Take(ConfigLoaderTests.Judge(ConfigLoaderTests.Smallest)).Applied);
        Assert.Same(_first.Config, store.Current);
    }

    [Fact]
    public void Take_Broken_KeepsTheOldAndTellsOnce()
    {
        var store = Store();
        var told = new List<RejectedConfig>();
        store.WhenRejected(told.Add);

        Assert.Equal(_broken.Problems, store.Take(_broken).Problems);
        store.Take(_broken);

        Assert.Same(_first.Config, store.Current);
        Assert.False(store.State.FileIsInForce);
        Assert.Equal(_broken.Problems, store.LastRejected?.Problems);
        Assert.Single(told);
    }

    [Fact]
    public void Take_OldContentAfterBroken_IsInForceAgainAndRemembersTheRefusal()
    {
        var store = Store();
        store.Take(_broken);
        store.Take(_first);
        Assert.True(store.State.FileIsInForce);
        Assert.Equal(1, store.Revision);
        Assert.NotNull(store.LastRejected);
    }

    [Fact]
    public void Take_ListenerThrows_TellsTheOthers()
    {
        var store = Store();
        var told = 0;
        store.WhenApplied(_ => throw new InvalidOperationException("A faulty part."));
        store.WhenApplied(_ => told++);
        Assert.True(store.Take(_second).Applied);
        Assert.Equal(1, told);
    }

    [Theory]
    [InlineData("listen: [ { url: \"http://127.0.0.1:8080\" } ]", "listen: [ { url: \"http://127.0.0.1:8090\" } ]", "listen")]
    [InlineData("version: 1", "version: 1\nadmin: { url: \"http://127.0.0.1:8091\" }", "admin.url")]
    [InlineData("version: 1", "version: 1\nlimits: { connections: 5, requestHeaders: 64KiB, headersTimeout: 1s }", "limits.requestHeaders, limits.headersTimeout, limits.connections")]
    [InlineData("version: 1", "version: 1\nstate: elsewhere", "state")]
    [InlineData("version: 1", "version: 1\nredis: { endpoints: [ 127.0.0.1:6379 ] }", "redis")]
    [InlineData("version: 1", "version: 1\ntelemetry: { logs: { level: debug } }", "telemetry")]
    [InlineData("version: 1", "version: 1\nlimits: { requestBody: 1MiB }", "")]
    [InlineData("version: 1", "version: 1 # a comment", "")]
    public void RestartNeeded_ChangedKey_IsNamed(string from, string to, string expected)
    {
        var changed = ConfigLoaderTests.Judge(ConfigLoaderTests.Smallest.Replace(from, to, StringComparison.Ordinal));
        Assert.Empty(changed.Problems);
        Assert.Equal(expected, string.Join(", ", Store().Take(changed).RestartNeeded));
    }

    [Fact]
    public void RestartNeeded_TakenBack_IsNotNamedAnyMore()
    {
        var store = Store();
        store.Take(ConfigLoaderTests.Judge(ConfigLoaderTests.Smallest + "state: elsewhere\n"));
        Assert.Equal(["state"], store.State.RestartNeeded);
        store.Take(_first);
        Assert.Empty(store.State.RestartNeeded);
    }

    private ConfigStore Store() => new(_first, TimeProvider.System, NullLogger<ConfigStore>.Instance);
}
