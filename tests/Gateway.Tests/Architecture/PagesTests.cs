using System.Text.RegularExpressions;
using Gateway.Cli;
using Gateway.Tests.Configuration;
using Xunit;

namespace Gateway.Tests.Architecture;

/// <summary>The pages for people hold what they promise: links lead somewhere, files and commands exist.</summary>
[Trait("kind", "process")]
public sealed partial class PagesTests
{
    [Fact]
    public void Links_LeadSomewhere() =>
        Assert.Empty(Pages().SelectMany(static page => Markdown.BrokenLinksIn(page.Name, page.Text, Read)));

    [Theory]
    [InlineData("[a](b.md)", "docs/a.md: the link \"b.md\" leads to no file.")]
    [InlineData("[a](../b.md)", null)]
    [InlineData("[a](../b.md#part-two-2-s)", null)]
    [InlineData("[a](../b.md#part-three)", "docs/a.md: the link \"../b.md#part-three\" leads to no heading.")]
    [InlineData("[a](#own)", "docs/a.md: the link \"#own\" leads to no heading.")]
    [InlineData("# Own\n\n[a](#own) `[a](c.md)` [a](https://example.com/c.md)\n\n```\n[a](d.md)\n```\n", null)]
    public void Link_OfAPage_IsJudged(string page, string? problem) =>
        Assert.Equal(problem, Markdown.BrokenLinksIn("docs/a.md", page, name => name switch
        {
            "docs/a.md" => page,
            "b.md" => "# B\n\n## Part two: `2 s`\n",
            _ => null,
        }).SingleOrDefault());

    [Fact]
    public void Readme_LinksEveryPageOfDocs() =>
        Assert.Empty(Directory.EnumerateFiles(Repository.PathOf("docs"), "*.md")
            .Select(static file => $"docs/{Path.GetFileName(file)}")
            .Except(Markdown.LinksIn(File.ReadAllText(Repository.PathOf("README.md"))), StringComparer.Ordinal));

    [Fact]
    public void DeployIndex_LinksEveryPageBesideIt() =>
        Assert.Empty(Directory.EnumerateFiles(Repository.PathOf("docs", "deploy"), "*.md")
            .Select(static file => Path.GetFileName(file))
            .Except(
                Markdown.LinksIn(File.ReadAllText(Repository.PathOf("docs", "deploy", "README.md"))).Append("README.md"),
                StringComparer.Ordinal));

    [Fact]
    public void Decisions_AreNumberedDatedAndListed()
    {
        var index = Markdown.LinksIn(File.ReadAllText(Repository.PathOf("docs", "decisions", "README.md"))).ToArray();
        var records = Directory.EnumerateFiles(Repository.PathOf("docs", "decisions"), "0*.md").Order(StringComparer.Ordinal).ToArray();

        Assert.Equal(records.Select(Path.GetFileName), index.Order(StringComparer.Ordinal));
        Assert.All(
            records,
            static (record, i) => Assert.Matches(
                $@"^# {i + 1:0000}\. .+\n\nDate: 2\d{{3}}-\d\d-\d\d\nStatus: .+\n\n"
                    + @"## Context\n[\s\S]+\n## Decision\n[\s\S]+\n## Consequences\n",
                File.ReadAllText(record)));
    }

    [Fact]
    public void SourcesThatPagesName_Exist() =>
        Assert.Empty(Pages()
            .SelectMany(static page => Markdown.CodeIn(page.Text)
                .SelectMany(static code => SourceName().Matches(code).Select(static match => match.Value))
                .Where(static name => Read(name) is null && Read($"src/Gateway/{name}") is null)
                .Select(name => $"{page.Name} names \"{name}\", which does not exist.")));

    [Fact]
    public void CommandsThatPagesName_Exist()
    {
        string[] ofTheScript = ["run", "demo", "drill"];
        var commands = GatewayCli.Commands(static _ => null).Subcommands
            .Select(static command => command.Name)
            .Concat(ofTheScript)
            .ToHashSet(StringComparer.Ordinal);
        var drills = Gateway.Drills.Commands.Root().Subcommands.Select(static command => command.Name)
            .Concat(Gateway.Drills.Running.DrillSet.All().SelectMany(static plan => plan.Groups.Append(plan.Name)))
            .Concat(["NAME", "FILE", "all"])
            .ToHashSet(StringComparer.Ordinal);

        Assert.Empty(Pages().SelectMany(page => Markdown.CodeIn(page.Text).SelectMany(static code => CommandName().Matches(code))
            .Where(match => !commands.Contains(match.Groups["command"].Value)
                || (match.Groups["command"].Value is "drill"
                    && match.Groups["word"].Success
                    && !drills.Contains(match.Groups["word"].Value)))
            .Select(match => $"{page.Name} names the command \"{match.Value}\", which does not exist.")));
    }

    private static IEnumerable<(string Name, string Text)> Pages() =>
        Directory.EnumerateFiles(Repository.Root, "*.md")
            .Concat(Directory.EnumerateFiles(Repository.PathOf("docs"), "*.md", SearchOption.AllDirectories))
            .Select(static file => (Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'), File.ReadAllText(file)));

    private static string? Read(string name)
    {
        var path = Repository.PathOf(name.Split('/'));
        return File.Exists(path) ? File.ReadAllText(path) : Directory.Exists(path) ? "" : null;
    }

    [GeneratedRegex(@"(?<![\w./])(?:[\w.]+/)+\w+\.(?:cs|sh)\b", RegexOptions.None, 5000)]
    private static partial Regex SourceName();

    [GeneratedRegex(@"\./gateway (?<command>[a-z][a-z-]*)(?: (?<word>[\w-]+))?", RegexOptions.None, 5000)]
    private static partial Regex CommandName();
}
