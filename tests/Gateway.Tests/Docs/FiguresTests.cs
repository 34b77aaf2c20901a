using System.Diagnostics;
using Gateway.Tests.Configuration;
using Xunit;

namespace Gateway.Tests.Docs;

/// <summary>The trend on docs/figures.md is what the kept results say.</summary>
[Trait("kind", "process")]
public sealed class FiguresTests
{
    [Fact]
    public async Task Trend_OfTheKeptResults_IsOnThePage()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var trend = Process.Start(new ProcessStartInfo(Repository.PathOf("loadtests/bench/trend.sh"))
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var table = await trend.StandardOutput.ReadToEndAsync(cancel);
        await trend.WaitForExitAsync(cancel);

        Assert.Equal(0, trend.ExitCode);
        Assert.Contains("| 2026-11-26 | 1.34 |", table, StringComparison.Ordinal);
        Assert.Contains(table, await File.ReadAllTextAsync(Repository.PathOf("docs/figures.md"), cancel), StringComparison.Ordinal);
    }
}
