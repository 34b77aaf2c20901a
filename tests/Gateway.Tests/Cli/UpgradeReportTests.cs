using System.Text.Json;
using Gateway.Cli;
using Gateway.Configuration.Keys;
using Gateway.Tests.Configuration;
using Xunit;

namespace Gateway.Tests.Cli;

/// <summary><c>check --upgrade</c>: what of an older version's file is written in another way now.</summary>
[Trait("kind", "unit")]
public sealed class UpgradeReportTests
{
    private const string Head = """
        version: 1
        listen: [ { url: "http://127.0.0.1:8080" } ]
        routes: { all: { match: { path: "/{**rest}" }, cluster: guide } }

        """;

    [Theory]
    [InlineData("", "", 0, "is valid for version * and means what it did.")]
    [InlineData("timeouts: { firstByte: 2s "
        + "}", "", 0, "4:*: \"firstByte\" means something else since 0.1.0. It bounds GET, HEAD, OPTIONS and TRACE only.*is valid for "
        + "version *.")]
    [InlineData("timeouts: { firstByte: 2s, firstByteWrites: 2s }", "", 0, "is valid for version * and means what it did.")]
    [InlineData("attempts: { budget: 20% "
        + "}", "", 2, "4:*: \"attempts\" has no such key since 0.1.0, given \"budget\". Write \"retryBudget\" instead, with the same "
        + "value.*is not valid for version *: 1 place must be changed.")]
    [InlineData("attempts: { budget: 20% "
        + "}", "lmits: {}", 2, "Write \"retryBudget\"*Is wrong for another reason*Write \"limits\"*2 places must be changed.")]
    public async Task Upgrade_OfAFile_SaysWhatToWrite(string cluster, string more, int code, string expected)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("old.yaml", Head
            + "clusters: { guide: { tiers: [ { name: primary, destinations: [ \"http://127.0.0.1:9001\" ] } ], "
            + cluster
            + " } }\n"
            + more
            + "\n");

        var (exit, output) = await RunAsync(["check", path, "--upgrade"]);

        Assert.Equal(code, exit);
        var text = string.Join(' ', output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        var at = 0;
        foreach (var part in expected.Split('*'))
        {
            at = text.IndexOf(part, at, StringComparison.Ordinal);
            Assert.True(at >= 0, $"{part}\n{output}");
        }

        Assert.All(
            output.Split('\n').Where(static line => line.Contains(' ', StringComparison.Ordinal)),
            static line => Assert.True(line.TrimStart().Length <= 100, line));
    }

    [Fact]
    public async Task Upgrade_AsJson_KeepsTheKindsApart()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("old.yaml", Head
            + "clusters: { guide: { tiers: [ { name: primary, destinations: [ \"http://127.0.0.1:9001\" ] } ], holdAnswers: 1KiB, "
            + "timeouts: { firstByte: 2s } } }\nlmits: {}\n");

        var (exit, output) = await RunAsync(["check", path, "--upgrade", "--json"]);

        var report = JsonDocument.Parse(output).RootElement;
        Assert.Equal((2, false), (exit, report.GetProperty("valid").GetBoolean()));
        Assert.Contains(
            "responseBuffer",
            Assert.Single(report.GetProperty("renamed").EnumerateArray()).GetString(),
            StringComparison.Ordinal);
        Assert.Contains(
            "firstByteWrites",
            Assert.Single(report.GetProperty("meanings").EnumerateArray()).GetString(),
            StringComparison.Ordinal);
        Assert.Contains("limits", Assert.Single(report.GetProperty("problems").EnumerateArray()).GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("clusters/a/attempts", "on", "retryOn")]
    [InlineData("clusters/a", "holdAnswers", "responseBuffer")]
    [InlineData("notify/0", "on", "events")]
    [InlineData("routes/a", "holdAnswers", null)]
    [InlineData("clusters/a/attempts/x", "on", null)]
    [InlineData("clusters", "holdAnswers", null)]
    [InlineData("", "on", null)]
    public void RenamedAt_ByPath(string path, string key, string? now) => Assert.Equal(now, KeyChanges.RenamedAt(path, key)?.Now);

    private static async Task<(int Code, string Output)> RunAsync(string[] args)
    {
        using var output = new StringWriter();
        var code = await GatewayCli.RunAsync(args, output, TextWriter.Null, static _ => null);
        return (code, output.ToString());
    }
}
