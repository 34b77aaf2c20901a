using Gateway.Configuration;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Configuration;

/// <summary>
/// Every file of Cases against what stands for it in Cases/expected.txt: <c>valid</c> and its warnings, or every
/// problem as <c>line:column: message</c>.
/// </summary>
[Trait("kind", "unit")]
public sealed class ConfigCaseTests
{
    private static readonly string Folder = Repository.PathOf("tests", "Gateway.Tests", "Configuration", "Cases");

    public static TheoryData<string> Cases() =>
        [.. Directory.GetFiles(Folder, "*.yaml").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Case_Judged_SaysExactlyThis(string name)
    {
        using var folder = new TemporaryFolder();
        folder.Write("page.html", "not a certificate");
        var shop = Certificates.Create("shop.example", "shop.example", "*.shop.example");
        folder.Write("shop.pem", shop.Certificate);
        folder.Write("shop.key", shop.Key);
        folder.Write("other.key", Certificates.Create("other.example").Key);
        Directory.CreateDirectory(Path.Combine(folder.Path, "offers"));
        File.CreateSymbolicLink(Path.Combine(folder.Path, "loop"), Path.Combine(folder.Path, "loop"));
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["STATIC"] = folder.Path,
            ["SECRET"] = "hunter2-hunter2-hunter2",
            ["CONNECTIONS"] = "500"
        };

        var result = ConfigLoader.Load(Path.Combine(Folder, name + ".yaml"), environment.GetValueOrDefault);

        var actual = result.Problems.IsEmpty
            ? result.Warnings.Select(warning => "warning " + Line(warning)).Prepend("valid")
            : result.Problems.Select(Line);
        var text = string.Join('\n', actual).Replace(folder.Path, "{static}", StringComparison.Ordinal);
        Assert.Equal(Expected(name), text);
        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
        Assert.Equal(result.Problems.IsEmpty, result.Config is not null);
    }

    [Fact]
    public void Expectations_EachOne_HasItsFile()
    {
        var expected = File.ReadLines(Path.Combine(Folder, "expected.txt"))
            .Where(line => line.StartsWith("== ", StringComparison.Ordinal))
            .Select(line => line[3..]);
        Assert.Equal(Cases().Select(row => row.Data), expected.Order(StringComparer.Ordinal));
    }

    private static string Line(ConfigProblem problem) => $"{problem.Line}:{problem.Column}: {problem.Message}";

    private static string Expected(string name)
    {
        var lines = File.ReadLines(Path.Combine(Folder, "expected.txt"))
            .SkipWhile(line => !string.Equals(line, "== " + name, StringComparison.Ordinal))
            .Skip(1);
        return string.Join('\n', lines.TakeWhile(line => line.Length > 0));
    }
}
