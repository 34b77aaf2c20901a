using System.Text;
using Gateway.Configuration;
using Gateway.Configuration.Reading;
using Xunit;
using YamlDotNet.Core;

namespace Gateway.Tests.Configuration;

/// <summary>
/// Every key and value of the example, replaced by every value of a table: whatever stands there is judged, and
/// every problem has its place.
/// </summary>
[Trait("kind", "unit")]
[Trait("takes", "long")]
public sealed class NastyValuesTests
{
    /// <summary>As written in the file.</summary>
    private static readonly string[] Values =
    [
        "", "\"\"", "null", "~", "\"null\"", "-1", "0", "1", "99999999999999999999", "1e999", "-0", "0x10", "0.5", ".inf", ".nan", "true",
        "yes", "2026-01-01",
        "[]", "[ [] ]", "[ 1, null, x ]", "{}", "{ a: 1 }", "{ url: null }", "{ ulr: \"http://127.0.0.1:1\" }", "{ ? [ a ] : b }",
        "*nowhere", "&anchor x", "!!binary AA==", "!x y",
        "é会😀", "\"\\u0000\"", "\"\\u202e\"", "\"a\\nb\"", "\"\\x7f\"", "\" \"", "\"\t\"", "'", "\"", "|", ">", "%", "@", "`", "a: b: c",
        "- x", "#", "${", "${}", "${NOT_SET}", "${NOT_SET:-}", "${NOT_SET:-x}",
        "127.0.0.1:9001", "//x", "http://", "http:///", "http://:80", "http://x", "http://127.0.0.1:0", "http://127.0.0.1:70000",
        "http://127.0.0.1:-1", "http://127.0.0.1:x", "http://[::1", "http://[fe80::1%25eth0]:1",
        "http://[::1]:1/?a#b", "http://user:secret@127.0.0.1:1", "https://127.0.0.1:8443", "ftp://127.0.0.1:1", "dns+http://name:1",
        "dns+http://1.2.3.4:1", "http://xn--:1", "http://a..b:1", "http://-:1", "http://é:1",
        "1.2.3.4/33", "::/0", "/", "//", "/*", "/{", "/{}", "/{a", "/{**rest}/x", "/{a:nope}", "/{a:regex([)}", "/{a}/{a}",
        "../../etc/passwd", "/dev/null/x", "\"C:\\\\x\"",
        "0s", "-1s", "1ms", "9999999999h", "1.5s", "0B", "-1MiB", "99999999TiB", "0%", "100%", "101%", "-5%", "NaN%", "0-0", "999-100",
        "GET", "get", "[GET, GET]", "unmatched",
        "query:", "header:", "cookie:\"", "builtIn", "lastGood",
    ];

    public static TheoryData<string> Table() => [.. Values];

    [Theory]
    [MemberData(nameof(Table))]
    public void Value_InPlaceOfEachScalar_IsJudgedWithAPlace(string nasty)
    {
        using var folder = new TemporaryFolder().WithStaticFiles();
        var text = Example(folder);
        var scalars = Scalars(text);

        // Each value meets every fifth scalar, and each scalar every fifth value: all of them would cost the suite minutes.
        for (var i = Array.IndexOf(Values, nasty) % 5; i < scalars.Count; i += 5)
        {
            var (start, end) = scalars[i];
            Judge(string.Concat(text.AsSpan(0, start), nasty, text.AsSpan(end)));
        }
    }

    [Theory]
    [InlineData("drop")]
    [InlineData("duplicate")]
    [InlineData("cut")]
    [InlineData("indent")]
    [InlineData("outdent")]
    [InlineData("comment")]
    public void Line_Damaged_IsJudgedWithAPlace(string damage)
    {
        using var folder = new TemporaryFolder().WithStaticFiles();
        var lines = Example(folder).Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            IEnumerable<string> instead = damage switch
            {
                "drop" => [],
                "duplicate" => [lines[i], lines[i]],
                "cut" => [lines[i][..(lines[i].Length / 2)]],
                "indent" => ["  " + lines[i]],
                "outdent" => [lines[i].StartsWith("  ", StringComparison.Ordinal) ? lines[i][2..] : lines[i]],
                _ => ["#" + lines[i]],
            };
            Judge(string.Join('\n', lines[..i].Concat(instead).Concat(lines[(i + 1)..])));
        }
    }

    /// <summary>A misspelt key that a record cannot do without.</summary>
    [Theory]
    [InlineData("listen: [ { ulr: \"http://127.0.0.1:8080\" } ]", 2, 13, "url")]
    [InlineData("listen: [ { url:x } ]", 2, 13, null)]
    [InlineData("listen: [ { url: \"http://127.0.0.1:8080\" } ]\nadmin: { ulr: \"http://127.0.0.1:8081\" }", 3, 10, "url")]
    [InlineData("listen: [ { url: \"https://127.0.0.1:8080\", certificate: { fiel: a, key: b } } ]", 2, 59, "file")]
    public void RequiredKey_Misspelt_IsAProblemAtItsPlace(string listen, int line, int column, string? meant)
    {
        var result = ConfigLoaderTests.Judge(ConfigLoaderTests.Smallest.Replace(
            "listen: [ { url: \"http://127.0.0.1:8080\" } ]",
            listen,
            StringComparison.Ordinal));
        var problem = Assert.Single(result.Problems);
        Assert.Equal((line, column), (problem.Line, problem.Column));
        if (meant is not null)
        {
            Assert.Contains($"Write \"{meant}\" instead", problem.Message, StringComparison.Ordinal);
        }
    }

    private static void Judge(string text)
    {
        var result = ConfigLoader.Validate(ConfigFile.Of("gateway.yaml", Encoding.UTF8.GetBytes(text)), static _ => null);
        Assert.Equal(result.Config is null, result.Problems.Length > 0);
        var lines = text.Split('\n').Length;
        foreach (var problem in result.Problems.Concat(result.Warnings))
        {
            Assert.True(problem.Line >= 1
                && problem.Line <= lines + 1
                && problem.Column >= 1
                && problem.Message.Length > 0, problem.ToString());
            Assert.False(problem.Message.StartsWith(ConfigLoader.Unforeseen, StringComparison.Ordinal), $"{problem}\n{text}");
        }
    }

    /// <summary>The example with every key that it has in comments.</summary>
    private static string Example(TemporaryFolder folder)
    {
        var lines = File.ReadAllLines(folder.WriteSample()).ToList();
        var from = lines.FindIndex(static line => line.StartsWith("# redis:", StringComparison.Ordinal));
        for (var i = 0; i < lines.Count; i++)
        {
            if ((i >= from && lines[i].StartsWith("# ", StringComparison.Ordinal)) || IsExample(lines[i]))
            {
                var at = lines[i].IndexOf("# ", StringComparison.Ordinal);
                lines[i] = lines[i].Remove(at, 2);
            }
        }

        lines.RemoveAll(static line => line.Contains("endpoints: [ 127.0.0.1:6379 ]", StringComparison.Ordinal)
            || line.Contains("https://0.0.0.0:8443", StringComparison.Ordinal)
            || line.Contains("certs/", StringComparison.Ordinal)
            || line.Contains("user: gateway", StringComparison.Ordinal));
        return string.Join('\n', lines)
            .Replace("${GATEWAY_ADMIN_TOKEN}", "a-token-of-an-operator", StringComparison.Ordinal)
            .Replace("${PROMETHEUS_TOKEN}", "a-token-of-a-scraper", StringComparison.Ordinal)
            .Replace("${SPLUNK_TOKEN}", "x", StringComparison.Ordinal)
            .Replace("${GATEWAY_REDIS_SECRET}", "a-secret-of-thirty-two-characters", StringComparison.Ordinal);
    }

    /// <summary>An indented comment line with a key or an item; prose begins with a capital letter.</summary>
    private static bool IsExample(string line) =>
        line.StartsWith(' ')
            && line.TrimStart() is ['#', ' ', .. var text]
            && text.TrimStart() is [var first, ..]
            && (char.IsAsciiLetterLower(first) || first == '-');

    private static List<(int Start, int End)> Scalars(string text)
    {
        Assert.Empty(ConfigLoader.Validate(ConfigFile.Of("gateway.yaml", Encoding.UTF8.GetBytes(text)), static _ => null).Problems);
        // ${NAME:-default} inside a flow mapping is ours, not YAML's.
        var scanner = new Scanner(
            new StringReader(text.Replace("${REDIS_PASSWORD:-}", "XXXXXXXXXXXXXXXXXXX", StringComparison.Ordinal)),
            skipComments: true);
        var found = new List<(int, int)>();
        while (scanner.MoveNext())
        {
            if (scanner.Current is YamlDotNet.Core.Tokens.Scalar scalar)
            {
                found.Add(((int)scalar.Start.Index, (int)scalar.End.Index));
            }
        }

        Assert.True(found.Count > 200, $"Only {found.Count} scalars were found.");
        return found;
    }
}
