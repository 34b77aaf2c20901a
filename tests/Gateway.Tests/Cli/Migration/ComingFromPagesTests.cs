using System.Text.RegularExpressions;
using Gateway.Cli;
using Gateway.Tests.Configuration;
using Xunit;

namespace Gateway.Tests.Cli.Migration;

/// <summary>The example of each page is what the command writes, and requests go through it as the page says.</summary>
[Trait("kind", "socket")]
public sealed partial class ComingFromPagesTests
{
    [Theory]
    [InlineData("nginx", "site.conf")]
    [InlineData("haproxy", "haproxy.cfg")]
    [InlineData("yarp", "appsettings.json")]
    public async Task Example_OfThePage_IsWhatMigrateWritesAndServes(string kind, string file)
    {
        var page = await File.ReadAllTextAsync(Repository.PathOf("docs", $"coming-from-{kind}.md"), TestContext.Current.CancellationToken);
        var blocks = Blocks()
            .Matches(page[page.IndexOf("## A whole example", StringComparison.Ordinal)..])
            .Select(static match => match.Groups["text"].Value)
            .ToArray();
        using var folder = new TemporaryFolder();
        using var output = new StringWriter();
        using var error = new StringWriter();
        Assert.Equal(0, await GatewayCli.RunAsync(["migrate", kind, folder.Write(file, blocks[0])], output, error, static _ => null));
        Assert.Equal(blocks[1], output.ToString());
        // The terminal's lines break where the folder's name is long.
        Assert.Equal(Words(blocks[2]), Words(error.ToString()
            .Replace(folder.Path + "/", "", StringComparison.Ordinal)
            .Replace("Next: gateway", "Next: ./gateway", StringComparison.Ordinal)));

        await using var shop = await MigratedGateway.UpstreamAsync("shop");
        var text = blocks[0].Replace("10.0.0.11:8000", new Uri(shop.Url).Authority, StringComparison.Ordinal).Replace(
            "10.0.0.12:8000",
            new Uri(shop.Url).Authority.Replace("127.0.0.1", "localhost", StringComparison.Ordinal),
            StringComparison.Ordinal);
        await using var gateway = await MigratedGateway.StartAsync(kind, text);
        Assert.Equal(
            "200 shop /v2/a?b=c",
            await MigratedGateway.AskAsync(gateway.Client, gateway.Url, "GET", "shop.example", "/api/a?b=c"));
        Assert.Equal("200 shop /x", await MigratedGateway.AskAsync(gateway.Client, gateway.Url, "GET", "shop.example", "/x"));
    }

    private static string Words(string text) => Blanks().Replace(text, " ");

    [GeneratedRegex(@"```[a-z]*\n(?<text>[^`]*?)```\n", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Blocks();

    [GeneratedRegex(@"\s+", RegexOptions.NonBacktracking)]
    private static partial Regex Blanks();
}
