using System.Text;
using System.Text.Json;
using Gateway.Cli;
using Gateway.Configuration.History;
using Gateway.Configuration.Including;
using Gateway.Configuration.Reading;
using Gateway.Configuration.Reload;
using Gateway.Tests.Admin;
using Xunit;

namespace Gateway.Tests.Cli;

/// <summary><c>config history</c>, <c>show</c> and <c>rollback</c>, beside an admin endpoint on a real port.</summary>
[Trait("kind", "socket")]
public sealed class ConfigCommandsTests
{
    private static readonly string Ann = $"ann@{Environment.MachineName} (127.0.0.1)";

    [Fact]
    public async Task History_ListsTheNewestLast_WithWhoAndWhy()
    {
        await using var admin = await KeptAsync();

        var (code, output, _) = await RunAsync(admin, "history");

        Assert.Equal(0, code);
        var lines = output.Split('\n');
        Assert.Matches("^2           2026-11-02 09:00:00  [0-9a-f]{12}  start$", lines[0]);
        Assert.Matches("^3           2026-11-03 09:00:00  [0-9a-f]{12}  changed file, by ann: a new path$", lines[1]);
        Assert.Matches("^4 in force  2026-11-04 09:00:00  [0-9a-f]{12}  rollback to 2, by bob: 404$", lines[2]);
        Assert.Equal(4, lines.Length);
        (code, output, _) = await RunAsync(admin, "history", "--json");
        Assert.Equal(0, code);
        Assert.Equal(4, JsonDocument.Parse(output).RootElement[0].GetProperty("number").GetInt64());
    }

    [Fact]
    public async Task History_OfNothing_SaysSo()
    {
        await using var admin = await AdminFixture.StartAsync();
        Assert.Equal((0, "No revision is kept: the state folder has none.\n"), Only(await RunAsync(admin, "history")));
        var (code, _, error) = await RunAsync(admin, "show");
        Assert.Equal(1, code);
        Assert.Contains("The revision in force is not kept", error, StringComparison.Ordinal);
    }

    // As it was, so that `config show 2 > FILE` is that file.
    [Fact]
    public async Task Show_PrintsTheFile_AndNamesEachOfSeveral()
    {
        await using var admin = await KeptAsync();
        Assert.Equal((0, "# two"), Only(await RunAsync(admin, "show", "2")));
        Assert.Equal((0, "# gateway.yaml\n# three\n# conf.d/a.yaml\n# more\n"), Only(await RunAsync(admin, "show", "3")));
        Assert.Equal((0, "# two"), Only(await RunAsync(admin, "show")));
        var (code, _, error) = await RunAsync(admin, "show", "9");
        Assert.Equal(1, code);
        Assert.Contains("There is no revision \"9\". Kept are 4, 3, 2.", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 2)]
    [InlineData("3", 3)]
    public async Task Rollback_SendsNumberReasonAndOperator(string number, long expected)
    {
        await using var admin = await KeptAsync(inForce: number.Length == 0 ? 3 : 4);
        admin.Reload = _ => Task.FromResult(new ReloadOutcome(Applied: true, [], [], [], 5));

        var (code, output, _) = await RunAsync(admin, [.. new[] { "rollback", number, "--reason", "guide-c is slow" }.Where(Has)]);

        Assert.Equal(0, code);
        Assert.Equal($"Configuration revision 5 is in force, with the files of revision {expected}.\n", output);
        Assert.Equal(
            new ReloadRequest { IsConfirmed = true, RollbackTo = expected, Who = Ann, Reason = "guide-c is slow" }, admin.Asked);
        Assert.Contains("guide-c is slow", (await RunAsync(admin, ["journal"], group: false)).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rollback --reason x six", "A revision is a number, given \"six\".")]
    [InlineData("show -1", "-1")]
    [InlineData("rollback 2", "--reason")]
    public async Task WrongUse_SaysWhatToWrite(string arguments, string says)
    {
        await using var admin = await KeptAsync();
        var (code, _, error) = await RunAsync(admin, arguments.Split(' '));
        Assert.Equal(2, code);
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", error, StringComparison.Ordinal);
    }

    private static bool Has(string text) => text.Length > 0;

    private static (int, string) Only((int Code, string Output, string Error) result) => (result.Code, result.Output);

    private static async Task<AdminFixture> KeptAsync(long inForce = 4)
    {
        var admin = await AdminFixture.StartAsync();
        var two = Keep(admin, 2, RevisionOrigin.Start, "# two");
        var three = Keep(admin, 3, RevisionOrigin.File, "# three\n", "# more\n", who: "ann", reason: "a new path");
        if (inForce == 4)
        {
            Keep(admin, 4, RevisionOrigin.Rollback, "# two", who: "bob", reason: "404", rollbackTo: 2);
        }

        admin.State = admin.State with { Revision = inForce, Hash = inForce == 4 ? two : three };
        return admin;
    }

    private static string Keep(
        AdminFixture admin, long number, RevisionOrigin origin, string text, string? more = null, string? who = null, string? reason = null,
        long? rollbackTo = null)
    {
        var main = ConfigFile.Of("gateway.yaml", Encoding.UTF8.GetBytes(text));
        var set = more is null ? ConfigSet.Of(main) : ConfigSet.Of(main, [ConfigFile.Of("conf.d/a.yaml", Encoding.UTF8.GetBytes(more))]);
        admin.History.Keep(new ConfigRevision
        {
            Number = number,
            At = new DateTimeOffset(2026, 11, (int)number, 9, 0, 0, TimeSpan.Zero),
            Hash = set.Hash,
            Origin = origin,
            Who = who,
            Reason = reason,
            RollbackTo = rollbackTo,
            Files = ConfigRevision.FilesOf(set),
        });
        return set.Hash;
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(AdminFixture admin, params string[] args) =>
        await RunAsync(admin, args, group: true);

    private static async Task<(int Code, string Output, string Error)> RunAsync(AdminFixture admin, string[] args, bool group)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        string[] all = [.. group ? ["config"] : Array.Empty<string>(), .. args, "--admin", admin.Address.ToString()];
        var code = await GatewayCli.RunAsync(all, output, error, static name => name is "USER" ? "ann" : null);
        return (code, output.ToString(), error.ToString());
    }
}
