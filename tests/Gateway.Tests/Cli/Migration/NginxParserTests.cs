using System.Collections.Immutable;
using System.Text;
using Gateway.Cli;
using Gateway.Cli.Migration;
using Gateway.Cli.Migration.Nginx;
using Xunit;

namespace Gateway.Tests.Cli.Migration;

[Trait("kind", "unit")]
public sealed class NginxParserTests
{
    [Theory]
    [InlineData("a;", "a")]
    [InlineData("a b  c ;", "a|b|c")]
    [InlineData("a 'b c' \"d;{}\";", "a|b c|d;{}")]
    [InlineData("a 'it\\'s' \"x\\\\y\" \\.git;", "a|it's|x\\y|\\.git")]
    [InlineData("a ${b} $c${d}e;", "a|${b}|$c${d}e")]
    [InlineData("a b#c; # d;\n# e {\nf;", "a|b#c f")]
    [InlineData("a{b;c{d;}}e;", "a{b c{d}} e")]
    [InlineData("a '' b;", "a||b")]
    [InlineData("content_by_lua_block { if x then { y = { 1; } } } a;", "content_by_lua_block{} a")]
    [InlineData("~^/a\\d+$ b;\r\n\tc;\r\n", "~^/a\\d+$|b c")]
    public void Text_Parsed_HasTheseWords(string text, string expected)
    {
        Assert.Equal(expected, Shown(Parse(text)));
    }

    [Theory]
    [InlineData("", "1: There is no \"server\" block")]
    [InlineData("server {", "1: A brace is opened here and never closed.")]
    [InlineData("server {\n listen 80\n}", "2: \"listen\" does not end before the block does.")]
    [InlineData("listen 80", "1: \"listen\" does not end before the file does.")]
    [InlineData("server { }\n}", "2: A brace is closed here that was never opened.")]
    [InlineData("\n;", "2: A directive is missing before \";\".")]
    [InlineData("a { { } }", "1: A directive is missing before \"{\".")]
    [InlineData("\na 'b;\n", "2: A text is opened by ' here and never closed.")]
    [InlineData("a 'b'c;", "1: A space or \";\" must follow the closing quote")]
    [InlineData("a \0;", "1: There is a NUL byte here")]
    [InlineData("a {a {a {a {a {a {a {a {a {a {a {a {a {a {a {a {a {a {", "1: Blocks are nested deeper than 16")]
    public void Text_Wrong_IsToldWithItsLine(string text, string expected)
    {
        var problem = Assert.Throws<MigrationException>(() => MigrateCommand.Run("nginx", text, "x.conf", MigrationFiles.None));
        Assert.StartsWith("x.conf:" + expected, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_Included_AreReadInTheirPlace_AndCirclesEnd()
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["/etc/nginx/conf.d/a.conf"] = "server { listen 81; include snippets/proxy.conf; location / { proxy_pass http://a:1; } }",
            ["/etc/nginx/snippets/proxy.conf"] = "\nclient_max_body_size 5m;\nwhatever on;",
            ["/etc/nginx/circle.conf"] = "include circle.conf;",
        };
        var found = new MigrationFiles(files.GetValueOrDefault, pattern => pattern is "/etc/nginx/conf.d/*.conf"
            ? ["/etc/nginx/conf.d/a.conf"]
            : files.ContainsKey(pattern) ? [pattern]
            : [], static (_, _) => false);

        var result = MigrateCommand.Run(
            "nginx",
            "http { include mime.types; include conf.d/*.conf; include gone/*.conf; }",
            "/etc/nginx/nginx.conf",
            found);
        Assert.Contains("limits: { requestBody: 5MiB }", result.Yaml, StringComparison.Ordinal);
        Assert.Equal(
            [
            "/etc/nginx/nginx.conf:1: \"include gone/*.conf\": \"gone/*.conf\" is not there or cannot be read. Put it beside the file and "
                + "migrate again, or migrate it by "
                + "itself.", "/etc/nginx/snippets/proxy.conf:3: \"whatever on\": It has no counterpart that the migration knows. See "
                + "docs/coming-from-nginx.md and docs/configuration.md."],
            result.Notes.Select(static note => note.ToString()));
        Assert.Contains(
            "include one another more than 8 deep",
            Assert.Throws<MigrationException>(() => MigrateCommand.Run(
                "nginx",
                "include circle.conf;",
                "/etc/nginx/nginx.conf",
                found)).Message,
            StringComparison.Ordinal);
    }

    /// <summary>Cut anywhere, or with any byte replaced: a configuration, or a problem with its line; never anything else.</summary>
    [Fact]
    public void Examples_CutAndSpoilt_NeverCrash()
    {
        var random = new Random(20261127);
        foreach (var example in MigrationExamplesTests.Examples().Select(static row => row.Data))
        {
            var kind = example[..example.IndexOf('-', StringComparison.Ordinal)];
            var text = File.ReadAllText(Path.Combine(MigrationExamplesTests.Folder, example));
            for (var i = 0; i < 60; i++)
            {
                var spoilt = new StringBuilder(text[..random.Next(text.Length)]);
                for (var change = random.Next(4); change > 0 && spoilt.Length > 0; change--)
                {
                    spoilt[random.Next(spoilt.Length)] = "{}[]();'\"\\#$\n\0 :,aé\uD800"[random.Next(19)];
                }

                try
                {
                    Assert.NotEmpty(MigrateCommand.Run(kind, spoilt.ToString(), example, MigrationFiles.None).Yaml);
                }
                catch (MigrationException problem)
                {
                    Assert.Matches($"^{System.Text.RegularExpressions.Regex.Escape(example)}:[0-9]+: ", problem.Message);
                }
            }
        }
    }

    private static ImmutableArray<NginxDirective> Parse(string text) =>
        new NginxParser(MigrationFiles.None, "", static (_, _) => { }).Parse(text, "x.conf");

    private static string Shown(ImmutableArray<NginxDirective> directives) =>
        string.Join(
            ' ',
            directives.Select(static one => string.Join('|', one.Arguments.Prepend(one.Name))
                + (one.Block is { } block ? $"{{{Shown(block)}}}" : "")));
}
