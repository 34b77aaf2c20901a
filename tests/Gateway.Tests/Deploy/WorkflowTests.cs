using System.Text.RegularExpressions;
using Xunit;
using Files = Gateway.Tests.Configuration.Repository;

namespace Gateway.Tests.Deploy;

/// <summary>The workflows of <c>.github/workflows</c> run code of others only as it was when it was looked at.</summary>
[Trait("kind", "unit")]
public sealed partial class WorkflowTests
{
    [Fact]
    public void Actions_ArePinnedByCommitWithTheirVersionBeside()
    {
        var uses = Directory.GetFiles(Files.PathOf(".github", "workflows"), "*.yml")
            .SelectMany(static file => File.ReadLines(file)
                .Where(static line => line.TrimStart(' ', '-').StartsWith("uses:", StringComparison.Ordinal))
                .Select(line => $"{Path.GetFileName(file)}: {line.Trim()}"))
            .ToList();

        Assert.True(uses.Count > 10);
        Assert.DoesNotContain(uses, static line => !Pinned().IsMatch(line));
    }

    [GeneratedRegex(@"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Pinned();
}
