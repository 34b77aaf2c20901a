using Gateway.Cli;
using Gateway.Cli.Migration;
using Gateway.Cli.Migration.HaProxy;
using Gateway.Cli.Migration.Yarp;
using Xunit;

namespace Gateway.Tests.Cli.Migration;

/// <summary>HAProxy's words and lines, the settings' JSON, and what is told of a file that is neither.</summary>
[Trait("kind", "unit")]
public sealed class OtherParsersTests
{
    [Theory]
    [InlineData("a b", "a|b")]
    [InlineData("a  b\t c # d", "a|b|c")]
    [InlineData("a \"b c\" 'd \"e\"'", "a|b c|d \"e\"")]
    [InlineData("a b\\ c \\# d\\1 \"e\\\"f\"", "a|b c|#|d\\1|e\"f")]
    [InlineData("a '' x\"y\"z", "a||xyz")]
    public void Line_OfHaProxy_HasTheseWords(string line, string expected) =>
        Assert.Equal(
            expected,
            string.Join('|', Assert.Single(Assert.Single(HaProxyParser.Parse("frontend f\n" + line, "x.cfg")).Own).Words));

    [Fact]
    public void Value_OfSettings_KnowsItsLine()
    {
        var root = YarpParser.Parse("{ // one\n \"A\": { \"b\": [ 1,\n true, null, \"c\\u0064\", ], },\n}", "x.json");
        Assert.Equal(["1", "true", null, "cd"], root["a"]!["B"]!.Items.Select(static item => item.Text));
        Assert.Equal([2, 3, 3, 3], root["A"]!["b"]!.Items.Select(static item => item.At.Line));
    }

    [Theory]
    [InlineData("haproxy", "", "1: There is no \"frontend\" or \"listen\" section")]
    [InlineData("haproxy", "\nbind :80", "2: \"bind\" stands outside of a section.")]
    [InlineData("haproxy", "frontend", "1: \"frontend\" has no name.")]
    [InlineData("haproxy", "frontend a\n  bind 'b", "2: A text is opened by ' here and not closed in this line.")]
    [InlineData("haproxy", "frontend a\n\0", "2: There is a NUL byte here")]
    [InlineData("yarp", "", "1: This is not JSON")]
    [InlineData("yarp", "{}", "1: There is no \"ReverseProxy\"")]
    [InlineData("yarp", "{\n\"a\": b }", "2: This is not JSON")]
    [InlineData("yarp", "{ \"ReverseProxy\": { ", "1: This is not JSON")]
    [InlineData("yarp", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "1: This is not JSON")]
    public void Text_Wrong_IsToldWithItsLine(string kind, string text, string expected) =>
        Assert.StartsWith("x:"
            + expected, Assert.Throws<MigrationException>(() => MigrateCommand.Run(kind, text, "x", MigrationFiles.None)).Message,
            StringComparison.Ordinal);
}
