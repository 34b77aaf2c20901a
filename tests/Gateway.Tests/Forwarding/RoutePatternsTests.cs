using System.Globalization;
using System.Text;
using Gateway.Configuration.Routing;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Forwarding;

/// <summary>What <c>check</c> says of a pattern is what a running gateway does with it.</summary>
[Trait("kind", "socket")]
public sealed class RoutePatternsTests
{
    /// <summary>A pattern, a path that it takes, and one that it leaves to the route of all others.</summary>
    private static readonly (string Pattern, string Taken, string Left)[] Valid =
    [
        ("/regex/{id:regex(^[0-9]+$)}", "/regex/17", "/regex/1a"),
        (@"/times/{id:regex(^\\d{{2,3}}$)}", "/times/123", "/times/1"),
        ("/case/{id:regex(^ab$)}", "/case/AB", "/case/abc"),
        ("/look/{id:regex(^(?!x).+$)}", "/look/ax", "/look/xa"),
        ("/int/{v:int}", "/int/-7", "/int/7.5"),
        ("/long/{v:long}", "/long/9000000000", "/long/x"),
        ("/bool/{v:bool}", "/bool/TRUE", "/bool/1"),
        ("/guid/{v:guid}", "/guid/8b1d2a4e-1111-2222-3333-444455556666", "/guid/1"),
        ("/date/{v:datetime}", "/date/2026-01-31", "/date/2026-13-31"),
        ("/decimal/{v:decimal}", "/decimal/1.5", "/decimal/x"),
        ("/double/{v:double}", "/double/1.5e3", "/double/x"),
        ("/float/{v:float}", "/float/1.5", "/float/x"),
        ("/alpha/{v:alpha}", "/alpha/abc", "/alpha/abc1"),
        ("/length/{v:length(3)}", "/length/abc", "/length/ab"),
        ("/between/{v:length(2,3)}", "/between/ab", "/between/a"),
        ("/minlength/{v:minlength(3)}", "/minlength/abc", "/minlength/ab"),
        ("/maxlength/{v:maxlength(3)}", "/maxlength/abc", "/maxlength/abcd"),
        ("/min/{v:min(5)}", "/min/5", "/min/4"),
        ("/max/{v:max(5)}", "/max/5", "/max/6"),
        ("/range/{v:range(5,7)}", "/range/6", "/range/8"),
        ("/required/{v:required}", "/required/x", "/required"),
        ("/file/{v:file}", "/file/a.txt", "/file/a"),
        ("/nonfile/{v:nonfile}", "/nonfile/a", "/nonfile/a.txt"),
        ("/two/{v:int:min(5)}", "/two/5", "/two/4"),
        ("/optional/{v?}", "/optional", "/optional/a/b"),
        ("/optional-int/{v:int?}", "/optional-int", "/optional-int/x"),
        ("/default/{v=7}", "/default", "/default/a/b"),
        ("/one/{*rest}", "/one/a/b", "/one-more"),
        ("/rest/{**rest}", "/rest/a/b", "/rest-more"),
        ("/rest-of-ints/{first:int}/{**rest}", "/rest-of-ints/1/a/b", "/rest-of-ints/x/a"),
        ("/parts/{name}.{ext}", "/parts/a.b.txt", "/parts/a"),
        ("/ambiguous/{a}/{b:int}", "/ambiguous/x/1", "/ambiguous/x"),
        ("/ambiguous/{a:int}/{b}", "/ambiguous/1/x", "/ambiguous/y"),
    ];

    [Fact]
    public async Task Pattern_CheckAccepts_MatchesInARunningGateway()
    {
        var routes = new StringBuilder();
        for (var i = 0; i < Valid.Length; i++)
        {
            routes.Append(
                CultureInfo.InvariantCulture,
                $"  r{i}:\n    match: {{ path: \"{Valid[i].Pattern}\" }}\n    cluster: guide\n    fallback: [ {{ file: r{i}.txt }} ]\n");
        }

        // No destination lives: which route a request took is told by the route's own file.
        var files = Enumerable.Range(0, Valid.Length).ToDictionary(static i => $"static/r{i}.txt", static i => $"r{i}");
        var config = InProcessGateway.Config(["http://127.0.0.1:1"]) + "\n" + routes;
        await using var gateway = await InProcessGateway.StartAsync(config, files);
        for (var i = 0; i < Valid.Length; i++)
        {
            Assert.Equal((Valid[i].Pattern, $"r{i}"), (Valid[i].Pattern, (await gateway.GetAsync(Valid[i].Taken)).Body));
            Assert.NotEqual((Valid[i].Pattern, $"r{i}"), (Valid[i].Pattern, (await gateway.GetAsync(Valid[i].Left)).Body));
        }
    }

    [Theory]
    [InlineData("/o/{id:regex([)}", "Invalid pattern")]
    [InlineData("/o/{id:nope}", "could not be resolved to a type")]
    [InlineData("/o/{id:int(3)}", "int")]
    [InlineData("/o/{id:length(5,3)}", "")]
    [InlineData("/o/{id:length(x)}", "")]
    [InlineData("/o/{id:range(5)}", "")]
    [InlineData("/o/{id:range(7,5)}", "")]
    [InlineData("/o/{id:min(99999999999999999999)}", "")]
    [InlineData("/o/{**rest}/x", "catch-all")]
    [InlineData("/o/{a?}/x/{a}", "")]
    [InlineData("/o/{a", "")]
    [InlineData("/o/{}", "")]
    [InlineData("/o/{a=1?}", "")]
    public void Pattern_AspNetCannotBuild_IsAProblemAtItsPlace(string pattern, string reason)
    {
        var result = ConfigLoaderTests.Judge(ConfigLoaderTests.Smallest.Replace("/{**rest}", pattern, StringComparison.Ordinal));
        var problem = Assert.Single(result.Problems);
        Assert.Equal((4, 33), (problem.Line, problem.Column));
        Assert.StartsWith("This is no ASP.NET route pattern (", problem.Message, StringComparison.Ordinal);
        Assert.Contains(reason, problem.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Regex_ThatNeedsBacktracking_IsCutOffAndSaysSo()
    {
        var result = ConfigLoaderTests.Judge(ConfigLoaderTests.Smallest.Replace(
            "/{**rest}",
            @"/{id:regex(^(?=a)(a+)+$)}",
            StringComparison.Ordinal));
        Assert.Contains(
            "longer than 100 ms does not match",
            Assert.Single(result.Warnings, static w => w.Line == 4).Message,
            StringComparison.Ordinal);

        var constraint = new RegexConstraint("^(?=a)(a+)+$");
        Assert.True(constraint.Backtracks);
        Assert.False(constraint.Match(
            null,
            null,
            "id",
            new() { ["id"] = new string('a', 60) + "!" },
            Microsoft.AspNetCore.Routing.RouteDirection.IncomingRequest));
        Assert.False(new RegexConstraint("^(a+)+$").Backtracks);
    }

    [Fact]
    public async Task Reload_OfAPatternThatCannotWork_LeavesTheOldInForce()
    {
        await using var upstream = new ScriptedUpstream();
        var config = InProcessGateway.Config([upstream.Url]);
        await using var gateway = await InProcessGateway.StartAsync(config);
        gateway.WriteConfig(config.Replace("/{**rest}", "/{id:regex([)}", StringComparison.Ordinal));
        var (status, body) = await gateway.PostAsync("/config/reload", "{}");
        Assert.Equal(422, status);
        Assert.Contains("revision 1 stays in force", body, StringComparison.Ordinal);
        Assert.Equal(200, (await gateway.GetAsync("/any/path")).Status);

        gateway.WriteConfig(config.Replace("/{**rest}", "/{id:regex(^[0-9]+$)}", StringComparison.Ordinal));
        Assert.Equal(200, (await gateway.PostAsync("/config/reload", "{}")).Status);
        // In force as soon as the reload says so.
        Assert.Equal(200, (await gateway.GetAsync("/17")).Status);
        Assert.Equal(404, (await gateway.GetAsync("/seventeen")).Status);
    }
}
