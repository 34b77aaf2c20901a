using System.Text;
using System.Text.RegularExpressions;
using Gateway.Configuration;
using Gateway.Configuration.Reading;
using Gateway.Tests.Configuration;
using Xunit;

namespace Gateway.Tests.Docs;

/// <summary>Every example of a configuration in the documentation is one that the gateway accepts.</summary>
[Trait("kind", "unit")]
public sealed partial class DocExamplesTests
{
    private static readonly string[] TopKeys =
    [
        "version", "include", "listen", "admin", "limits", "state", "staticFallback", "drain", "warmUp", "trustedProxies", "clusters",
        "routes", "compression", "levels", "redis", "notify", "runbooks", "telemetry",
    ];

    public static TheoryData<string, int> Examples()
    {
        var data = new TheoryData<string, int>();
        foreach (var page in Directory.GetFiles(Repository.PathOf("docs"), "*.md")
            .Append(Repository.PathOf("README.md"))
            .Order(StringComparer.Ordinal))
        {
            var count = Blocks(File.ReadAllText(page)).Count(static block => IsOurs(block));
            for (var i = 0; i < count; i++)
            {
                data.Add(Path.GetRelativePath(Repository.PathOf(), page), i);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void Example_OfAPage_IsAccepted(string page, int number)
    {
        var block = Blocks(File.ReadAllText(Repository.PathOf(page))).Where(IsOurs).ElementAt(number);
        string[][] attempts = [.. Whole(block).Select(text => ProblemsOf(text))];

        Assert.True(
            attempts.Any(static problems => problems.Length == 0),
            $"{string.Join("\n", attempts.MinBy(static problems => problems.Length)!)}\n\n{block}");
    }

    private static string[] ProblemsOf(string text)
    {
        var result = ConfigLoader.Validate(
            ConfigFile.Of("gateway.yaml", Encoding.UTF8.GetBytes(text)),
            static name => $"{name}-a-text-of-more-than-thirty-two-characters");

        // What stands on the reader's disk is not part of an example.
        return [.. result.Problems.Select(static problem => problem.ToString()).Where(static problem => !OnDisk().IsMatch(problem))];
    }

    private static IEnumerable<string> Blocks(string page) => Fence().Matches(page).Select(static match => match.Groups["text"].Value);

    private static bool IsOurs(string block)
    {
        var first = FirstKey(block);
        return first is not null && (block.StartsWith(' ') || TopKeys.Contains(first, StringComparer.Ordinal));
    }

    private static string? FirstKey(string block) =>
        block.Split('\n').Select(static line => Key().Match(line)).FirstOrDefault(static match => match.Success)?.Groups["key"].Value;

    /// <summary>Whole files that a part of one may stand in: a route's keys and a cluster's look alike.</summary>
    private static IEnumerable<string> Whole(string block)
    {
        if (!block.StartsWith(' '))
        {
            yield return Complete(block);
            yield break;
        }

        // Routes or clusters by their names stand two columns in, the keys of one four.
        if (!block.StartsWith("   ", StringComparison.Ordinal))
        {
            yield return Complete($"routes:\n{block}");
            yield return Complete($"clusters:\n{block}");
            yield break;
        }

        var keys = string.Join('\n', block.TrimEnd()
            .Split('\n')
            .Select(static line => line.Length > 4 && line.StartsWith("    ", StringComparison.Ordinal)
                ? line
                : "    " + line.TrimStart()));
        yield return Complete($"routes:\n  page:\n    match: {{ path: \"/page/{{**rest}}\" }}\n    cluster: shop\n{keys}\n");
        yield return Complete(
            $"clusters:\n  shop:\n    tiers: [ {{ name: primary, destinations: [ \"http://10.0.0.1:80\" ] }} ]\n{keys}\n");
        yield return Complete($"clusters:\n  shop:\n{keys}\n");
        yield return Complete($"routes:\n  page:\n    cluster: shop\n{keys}\n");
    }

    private static string Complete(string block)
    {
        var text = new StringBuilder(block.TrimEnd()).Append('\n');
        bool Has(string key) => Regex.IsMatch(block, $"(?m)^{key}:", RegexOptions.None, TimeSpan.FromSeconds(1));
        if (!Has("version"))
        {
            text.Insert(0, "version: 1\n");
        }

        if (!Has("listen"))
        {
            text.Append("listen: [ { url: \"http://127.0.0.1:8080\" } ]\n");
        }

        if (!Has("clusters"))
        {
            text.Append("clusters:\n");
            foreach (var name in ClusterOf()
                .Matches(block)
                .Select(static match => match.Groups["name"].Value)
                .Append("shop")
                .Distinct(StringComparer.Ordinal))
            {
                text.Append(
                    $"  {name}:\n    tiers: [ {{ name: primary, destinations: [ \"http://10.0.0.1:80\" ] }}, {{ name: standby, "
                        + $"destinations: [ \"http://10.0.0.2:80\" ] }} ]\n");
            }
        }

        if (!Has("routes"))
        {
            var cluster = Has("clusters") ? ClusterName().Match(block).Groups["name"].Value : "shop";
            text.Append($"routes: {{ all: {{ match: {{ path: \"/{{**rest}}\" }}, cluster: {cluster} }} }}\n");
        }

        return text.ToString();
    }

    [GeneratedRegex("(?ms)^```yaml\\r?\\n(?<text>.*?)^```", RegexOptions.None, 1000)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^\s*(?<key>[A-Za-z][A-Za-z0-9]*):", RegexOptions.None, 1000)]
    private static partial Regex Key();

    [GeneratedRegex(@"cluster:\s*(?<name>[A-Za-z0-9-]+)", RegexOptions.None, 1000)]
    private static partial Regex ClusterOf();

    [GeneratedRegex(@"(?m)^clusters:\s*\n  (?<name>[A-Za-z0-9-]+):", RegexOptions.None, 1000)]
    private static partial Regex ClusterName();

    [GeneratedRegex("(?i)does not exist|cannot be read|no such file|not found|there is no file|is not a folder|no "
        + "folder", RegexOptions.None, 1000)]
    private static partial Regex OnDisk();
}
