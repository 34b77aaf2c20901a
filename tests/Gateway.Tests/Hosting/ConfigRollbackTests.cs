using System.Text.Json;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Hosting;

/// <summary>An operator goes back to an earlier revision of the configuration, and it stays so until the file changes.</summary>
[Trait("kind", "socket")]
public sealed class ConfigRollbackTests : IAsyncDisposable
{
    private const string Good = "path: \"/{**rest}\"";
    private const string Bad = "path: \"/elsewhere/{**rest}\"";

    private readonly TemporaryFolder _folder = new();
    private readonly ScriptedUpstream _guide = new(static r => r.RespondAsync("fine"));

    private string Config => InProcessGateway.Config([_guide.Url]).Replace("FOLDER", _folder.Path, StringComparison.Ordinal);

    private string Harmful => Config.Replace(Good, Bad, StringComparison.Ordinal);

    public async ValueTask DisposeAsync()
    {
        await _guide.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Rollback_PutsTheEarlierFilesInForce_AndSaysSoEverywhere()
    {
        await using var gateway = await StartBrokenAsync();

        var (status, body) = await gateway.PostAsync("/config/rollback", """{"reason":"users get 404","who":"ann"}""");

        Assert.Equal(200, status);
        Assert.Contains("Configuration revision 3 is in force, with the files of revision 1.", body, StringComparison.Ordinal);
        Assert.Contains("The file in place is another one", body, StringComparison.Ordinal);
        Assert.Equal("fine", (await gateway.GetAsync("/a")).Body);
        var config = (await gateway.StatusAsync()).GetProperty("config");
        Assert.Equal(3, config.GetProperty("revision").GetInt64());
        Assert.False(config.GetProperty("fileIsInForce").GetBoolean());
        Assert.Contains(
            "rolled back to revision 1", config.GetProperty("rejected").GetProperty("problems")[0].GetString(), StringComparison.Ordinal);
        var journal = await gateway.JournalTextAsync();
        Assert.Contains("with the files of revision 1", journal, StringComparison.Ordinal);
        var lines = await LinesAsync(gateway);
        Assert.Equal(
            ["3 rollback users get 404 True", "2 file  False", "1 start  False"],
            lines.Select(static l => $"{l.GetProperty("number")} {l.GetProperty("origin").GetString()} {Text(l, "reason")} "
                + l.GetProperty("inForce").GetBoolean()));
        Assert.Contains("ann", Text(lines[0], "who"), StringComparison.Ordinal);
    }

    // A service manager reloads for reasons of its own, and a container platform restarts: neither brings the harm back.
    [Fact]
    public async Task RolledBackFile_StaysOut_OverReloadsAndRestarts_UntilAnOperatorInsists()
    {
        await using (var gateway = await StartBrokenAsync())
        {
            Assert.Equal(200, (await gateway.PostAsync("/config/rollback", """{"reason":"404"}""")).Status);
            var (status, body) = await gateway.PostAsync("/config/reload", "{}");
            Assert.Equal(422, status);
            Assert.Contains("This content was rolled back to revision 1", body, StringComparison.Ordinal);
            Assert.Equal("fine", (await gateway.GetAsync("/a")).Body);
        }

        await using var again = await InProcessGateway.StartAsync(Harmful);
        Assert.Equal("fine", (await again.GetAsync("/a")).Body);
        await Eventually.BecomeTrueAsync(
            async () => !(await again.StatusAsync()).GetProperty("config").GetProperty("fileIsInForce").GetBoolean(),
            TimeSpan.FromSeconds(10),
            "the file is known not to be in force");
        Assert.Equal(3, (await again.StatusAsync()).GetProperty("config").GetProperty("revision").GetInt64());
        Assert.Equal("fine", (await again.GetAsync("/a")).Body);

        Assert.Equal(200, (await again.PostAsync("/config/reload", """{"force":true,"reason":"the path is served now"}""")).Status);
        Assert.Equal(404, (await again.GetAsync("/a")).Status);
        var newest = (await LinesAsync(again))[0];
        Assert.Equal(("4", "the path is served now"), (newest.GetProperty("number").ToString(), Text(newest, "reason")));
    }

    [Fact]
    public async Task RolledBackFile_ThatChanges_IsTaken()
    {
        await using var gateway = await StartBrokenAsync();
        Assert.Equal(200, (await gateway.PostAsync("/config/rollback", """{"reason":"404"}""")).Status);

        gateway.WriteConfig(Config.Replace("version: 1", "version: 1\ndrain: 2s", StringComparison.Ordinal));
        await RevisionAsync(gateway, 4);
        Assert.True((await gateway.StatusAsync()).GetProperty("config").GetProperty("fileIsInForce").GetBoolean());
        Assert.Equal("fine", (await gateway.GetAsync("/a")).Body);
    }

    // The file becomes what is in force, and then the harmful one once more: it is known.
    [Fact]
    public async Task RolledBackFile_ThatComesOnceMore_IsStillRefused()
    {
        await using var gateway = await StartBrokenAsync();
        Assert.Equal(200, (await gateway.PostAsync("/config/rollback", """{"reason":"404"}""")).Status);

        gateway.WriteConfig(Config);
        Assert.Equal(200, (await gateway.PostAsync("/config/reload", "{}")).Status);
        Assert.True((await gateway.StatusAsync()).GetProperty("config").GetProperty("fileIsInForce").GetBoolean());
        gateway.WriteConfig(Harmful);
        Assert.Equal(422, (await gateway.PostAsync("/config/reload", "{}")).Status);
        Assert.Equal("fine", (await gateway.GetAsync("/a")).Body);
    }

    [Theory]
    [InlineData("{}", 400, "needs a \\\"reason\\\"")]
    [InlineData("""{"reason":" "}""", 400, "needs a \\\"reason\\\"")]
    [InlineData("""{"reason":"x","revision":9}""", 404, "There is no revision \\\"9\\\". Kept are 2, 1.")]
    [InlineData("""{"reason":"x","revision":-1}""", 404, "There is no revision \\\"-1\\\".")]
    [InlineData("""{"reason":"x","revision":2}""", 409, "Revision 2 has the files that are in force already")]
    [InlineData("""{"reason":"x","revision":"two"}""", 400, "not the JSON")]
    public async Task Rollback_ThatCannotBe_SaysWhy_AndChangesNothing(string request, int status, string says)
    {
        await using var gateway = await StartBrokenAsync();
        var (given, body) = await gateway.PostAsync("/config/rollback", request);
        Assert.Equal(status, given);
        Assert.Contains(says, body, StringComparison.Ordinal);
        Assert.Equal(2, (await gateway.StatusAsync()).GetProperty("config").GetProperty("revision").GetInt64());
    }

    [Fact]
    public async Task Rollback_WithoutANumber_IsNotDoneTwice()
    {
        await using var gateway = await StartBrokenAsync();
        Assert.Equal(200, (await gateway.PostAsync("/config/rollback", """{"reason":"404"}""")).Status);
        var (status, body) = await gateway.PostAsync("/config/rollback", """{"reason":"404"}""");
        Assert.Equal(409, status);
        Assert.Contains("is a rollback to revision 1 already", body, StringComparison.Ordinal);
        Assert.Equal("fine", (await gateway.GetAsync("/a")).Body);
    }

    // What an earlier revision names may be gone; the file in place stays in force, and is not called refused.
    [Fact]
    public async Task Rollback_ToWhatIsNoLongerValid_LeavesAllAsItIs()
    {
        var prepared = _folder.Write("static/a.json", "{}");
        var config = Config.Replace("cluster: guide\n", "cluster: guide\n    fallback: [ { file: a.json } ]\n", StringComparison.Ordinal);
        await using var gateway = await InProcessGateway.StartAsync(config);
        gateway.WriteConfig(Config);
        await RevisionAsync(gateway, 2);
        File.Delete(prepared);

        var (status, body) = await gateway.PostAsync("/config/rollback", """{"reason":"x"}""");

        Assert.Equal(422, status);
        Assert.Contains("Revision 1 can no longer be put in force, and revision 2 stays", body, StringComparison.Ordinal);
        Assert.True((await gateway.StatusAsync()).GetProperty("config").GetProperty("fileIsInForce").GetBoolean());
    }

    [Fact]
    public async Task Revisions_GoOnOverRestarts_AndShowTheirFiles()
    {
        await using (var gateway = await StartBrokenAsync())
        {
            Assert.Equal(200, (await gateway.PostAsync("/config/reload", """{"reason":"a new path","who":"ann"}""")).Status);
        }

        await using (var same = await InProcessGateway.StartAsync(Harmful))
        {
            Assert.Equal(2, (await same.StatusAsync()).GetProperty("config").GetProperty("revision").GetInt64());
        }

        await using var other = await InProcessGateway.StartAsync(Config);
        Assert.Equal(3, (await other.StatusAsync()).GetProperty("config").GetProperty("revision").GetInt64());

        // The reason came a moment after the file had been taken.
        var second = (await LinesAsync(other))[1];
        Assert.Equal("a new path", Text(second, "reason"));
        var shown = await other.AdminJsonAsync("/config/revisions/2");
        Assert.Equal(Harmful, shown.GetProperty("files")[0].GetProperty("content").GetString());
        Assert.Equal(404, await other.AdminStatusAsync("/config/revisions/12"));
        Assert.Equal(404, await other.AdminStatusAsync("/config/revisions/x"));
    }

    // Without a token whoever can use the machine can ask; the file may be for its owner alone.
    [Fact]
    public async Task Revision_WithSecrets_IsNotShownWithoutAToken()
    {
        const string Notify = "notify: [ { webhook: \"http://127.0.0.1:9/t0ken\", events: [failover] } ]";
        var secret = Config.Replace("version: 1", $"version: 1\n{Notify}", StringComparison.Ordinal);
        await using var gateway = await InProcessGateway.StartAsync(secret);
        Assert.Equal(403, await gateway.AdminStatusAsync("/config/revisions/1"));
        Assert.Equal(200, await gateway.AdminStatusAsync("/config/revisions"));
        Assert.DoesNotContain("t0ken", (await gateway.AdminJsonAsync("/config/revisions")).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gateway_WhoseStateFolderRefuses_Runs_AndRaisesAnAlarm()
    {
        _folder.Write("state/revisions", "a file, no folder");
        await using var gateway = await InProcessGateway.StartAsync(Config);
        Assert.Equal("fine", (await gateway.GetAsync("/a")).Body);
        await Eventually.BecomeTrueAsync(
            async () => (await gateway.StatusAsync()).GetProperty("alarms").ToString().Contains("cannot be kept", StringComparison.Ordinal),
            TimeSpan.FromSeconds(10),
            "the alarm is shown");
        Assert.Equal(404, (await gateway.PostAsync("/config/rollback", """{"reason":"x"}""")).Status);
    }

    private static string Text(JsonElement line, string name) => line.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    private static async Task<JsonElement[]> LinesAsync(InProcessGateway gateway) =>
        [.. (await gateway.AdminJsonAsync("/config/revisions")).EnumerateArray()];

    private static Task RevisionAsync(InProcessGateway gateway, long revision) => Eventually.BecomeTrueAsync(
        async () => (await gateway.StatusAsync()).GetProperty("config").GetProperty("revision").GetInt64() == revision,
        TimeSpan.FromSeconds(10),
        $"revision {revision} is in force");

    private async Task<InProcessGateway> StartBrokenAsync()
    {
        var gateway = await InProcessGateway.StartAsync(Config);
        Assert.Equal("fine", (await gateway.GetAsync("/a")).Body);
        gateway.WriteConfig(Harmful);
        await RevisionAsync(gateway, 2);
        Assert.Equal(404, (await gateway.GetAsync("/a")).Status);
        return gateway;
    }
}
