using System.CommandLine;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Cli;
using Gateway.Configuration;
using Gateway.Tests.Configuration;
using Xunit;

namespace Gateway.Tests.Cli;

[Trait("kind", "unit")]
public sealed class GatewayCliTests
{
    [Fact]
    public async Task Check_Sample_PrintsTheSummary()
    {
        using var folder = new TemporaryFolder().WithStaticFiles();
        var path = folder.WriteSample();

        var (code, output, error) = await RunAsync(["check", path]);

        Assert.Equal(0, code);
        Assert.Empty(error);
        Assert.Equal("""
            FILE is valid.

            Users      http://127.0.0.1:8080
            Operators  http://127.0.0.1:8081

            Cluster ai-guide
              1. primary: 127.0.0.1:9001, guide-b (weight 2)
              2. standby: 127.0.0.1:9003, 127.0.0.1:9004; 400 requests in flight
              Probes alone notice a killed destination in 750ms, at worst in 1350ms (1s + 10% + 1 x 250ms), a frozen one in 2100ms, at worst in 2700ms (1s + 10% + 1 x 800ms + 800ms). Traffic usually notices sooner.

            Routes, the most exact first
              recommend        GET /api/guide/recommend            high    ai-guide, else lastGood, recommend.json, builtIn
              chat             any /api/guide/chat                 high    ai-guide, else chat-offline.sse, builtIn
              trending         any /api/guide/trending/{category}  low     ai-guide, else lastGood, trending/{category}.json, trending/any.json, builtIn
              pages            any /guide/{**rest}                 medium  ai-guide, else lastGood, guide-offline.html, builtIn
              everything-else  any /{**rest}                       medium  ai-guide, else builtIn
            """,
            Joined(
                output[..output.IndexOf("\n\n2 warnings\n", StringComparison.Ordinal)].Replace(path, "FILE", StringComparison.Ordinal),
                @"\n {20,}|\n  (?=sooner|frozen)"));
        Assert.All(output.Split('\n'), static line => Assert.True(line.Length <= 100, line));
    }

    [Fact]
    public async Task Check_Broken_ListsEveryProblemAndEndsWithTwo()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("a.yaml", ConfigLoaderTests.Smallest + "lmits: {}\nstate:\n");

        var (code, output, error) = await RunAsync(["check", path]);

        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Equal($"""
            {path}:5:1: The file has no such key, given "lmits". Write "limits" instead.
            {path}:6:7: "state" must be a folder, given nothing. Write a path; a relative one starts at the folder in which the gateway is started.
            There are 2 problems.

            """, Joined(error, @"\n  (?=\S)"));
    }

    [Fact]
    public async Task Check_NoFileNamed_TakesTheVariable()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("a.yaml", ConfigLoaderTests.Smallest);
        var (code, output, _) = await RunAsync(["check"], name => string.Equals(name, "GATEWAY_CONFIG", StringComparison.Ordinal)
            ? path
            : null);
        Assert.Equal(0, code);
        Assert.StartsWith($"{path} is valid.\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_NothingNamed_TakesTheDefault()
    {
        var (code, _, error) = await RunAsync(["check"]);
        Assert.Equal(2, code);
        Assert.StartsWith("config/gateway.yaml:1:1: There is no such file.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_ClusterWithSignals_SaysWhatEachDoesAndWhen()
    {
        var cases = Repository.PathOf("tests", "Gateway.Tests", "Configuration", "Cases", "signals-of-every-kind.yaml");
        var (code, output, _) = await RunAsync(["explain", "GET", "/", "--config", cases]);
        Assert.Equal(0, code);
        Assert.Contains(
            """
            Signals     1. hot: gives a destination a quarter of its weight while process_cpu_usage > 0.9 for
                           15s (read at /metrics every 5s)
                        2. oom: makes a destination suspect after 3 lines like OutOfMemory|FATAL within 30s in
                           /var/log/guide/{destination}*.log
                        3. unit: makes a destination suspect after 1 line like FATAL within 30s in the journal
                           of guide@*.service
                        4. udp: gives a destination a quarter of its weight after 1 line like FATAL within 30s
                           in what syslog sends to udp://127.0.0.1:5514
                        5. tcp: drains a destination after 1 line like FATAL within 30s in what syslog sends to
                           tcp://[::]:5514
                        6. pushed: drains a destination after 2 lines like FATAL within 10s in what is pushed as
                           guide
                        7. talk: makes a destination suspect while a conversation at /api/guide/chat goes wrong
                           (had with one destination every 30s)
                        8. load: the weight follows the load that responses report (ORCA)
                        9. agent: the weight follows the agent on port 9901, asked every 2s
                        10. pager: drains a destination while the alert GuideHot severity="page" fires for it
            """,
            output,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/api/guide/trending/shoes?x=1", """
        GET /api/guide/trending/shoes?x=1

        Route       trending (/api/guide/trending/{category}, category = "shoes")
        Cluster     ai-guide
        Level       low: served by the first tier only, and from the fallback chain once a tier is 70% full
        Tiers       1. primary: 127.0.0.1:9001, guide-b (weight 2)
        Weights     the file's; ./gateway status has those that operators gave (./gateway weight)
        Attempts    up to 3, after connect, reset, timeout, truncated, 502, 503, 504; hedged when the first is late; within 20% of all requests
        Retryable   yes: GET is among the cluster's retry methods
        Deadlines   connect 500ms, first byte 5s, 1m between pieces, 1m total
        Buffers     a request up to 64KiB can be sent again, a response up to 64KiB is given once it is whole
        Fallback    1. lastGood: the last-good response for the same path, not older than 1h
                    2. file trending/shoes.json: 200
                    3. file trending/any.json: 200
                    4. builtIn: 503

        """)]
    [InlineData("GET", "/api/guide/trending/..%5C..%5Csecret", """
        GET /api/guide/trending/..%5C..%5Csecret

        Route       trending (/api/guide/trending/{category}, category = "..\..\secret")
        Cluster     ai-guide
        Level       low: served by the first tier only, and from the fallback chain once a tier is 70% full
        Tiers       1. primary: 127.0.0.1:9001, guide-b (weight 2)
        Weights     the file's; ./gateway status has those that operators gave (./gateway weight)
        Attempts    up to 3, after connect, reset, timeout, truncated, 502, 503, 504; hedged when the first is late; within 20% of all requests
        Retryable   yes: GET is among the cluster's retry methods
        Deadlines   connect 500ms, first byte 5s, 1m between pieces, 1m total
        Buffers     a request up to 64KiB can be sent again, a response up to 64KiB is given once it is whole
        Fallback    1. lastGood: the last-good response for the same path, not older than 1h
                    2. file trending/{category}.json: none for this request, so the next step
                    3. file trending/any.json: 200
                    4. builtIn: 503

        """)]
    [InlineData("POST", "http://shop.example/api/guide/chat", """
        POST /api/guide/chat

        Route       chat (/api/guide/chat)
        Cluster     ai-guide
        Level       high: served by every tier, and from the fallback chain once a tier is 100% full
        Tiers       1. primary: 127.0.0.1:9001, guide-b (weight 2)
                    2. standby: 127.0.0.1:9003, 127.0.0.1:9004; 400 requests in flight
        Weights     the file's; ./gateway status has those that operators gave (./gateway weight)
        Attempts    up to 3, after connect, reset, timeout, truncated, 502, 503, 504; hedged when the first is late; within 20% of all requests
        Retryable   no: the route says so: tried elsewhere only if nothing of it was sent
        Deadlines   connect 500ms, first event 10s, then 30s between pieces; no total for event streams
        Buffers     a request up to 64KiB can be sent again, an event stream is given from its first event on
        Fallback    1. builtIn: 503, for only GET and HEAD are answered from a file or a stored response

        """)]
    public async Task Explain_Request_SaysWhatItGets(string method, string url, string expected)
    {
        using var folder = new TemporaryFolder().WithStaticFiles();
        var (code, output, error) = await RunAsync(["explain", method, url, "--config", folder.WriteSample()]);
        Assert.Equal(0, code);
        Assert.Empty(error);
        Assert.Equal(expected, Joined(output, @"\n {12}(?! *\d\. ) *|\n  (?=\S)"));
        Assert.All(output.Split('\n'), static line => Assert.True(line.Length <= 100, line));
    }

    [Theory]
    [InlineData("GET", "/b", "GET /b\n\nNo route takes this: the response is 404. Add a route, for example one with the path \"/{**rest}\" "
        + "for everything else.\n")]
    [InlineData("PUT", "/a", "PUT /a\n\nNo route takes this: the path matches a route, the method does not. The response is 405. Add the "
        + "method to \"match.methods\" of the route.\n")]
    public async Task Explain_NobodyTakesIt_SaysSoAndEndsWithOne(string method, string url, string expected)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write(
            "a.yaml",
            ConfigLoaderTests.Smallest.Replace("path: \"/{**rest}\"", "path: /a, methods: [GET]", StringComparison.Ordinal));
        var (code, output, _) = await RunAsync(["explain", method, url, "--config", path]);
        Assert.Equal(1, code);
        Assert.Equal(expected, Joined(output, @"\n {12}(?! *\d\. ) *|\n  (?=\S)"));
        Assert.All(output.Split('\n'), static line => Assert.True(line.Length <= 100, line));
    }

    [Fact]
    public async Task Explain_Json_IsForMachines()
    {
        using var folder = new TemporaryFolder().WithStaticFiles();
        var (code, output, _) = await RunAsync(["explain", "GET", "/guide/shoes", "--json", "--config", folder.WriteSample()]);
        Assert.Equal(0, code);
        using var json = JsonDocument.Parse(output);
        Assert.Equal("pages", json.RootElement.GetProperty("route").GetString());
        Assert.Equal("shoes", json.RootElement.GetProperty("values").GetProperty("rest").GetString());
        Assert.True(json.RootElement.GetProperty("retryable").GetBoolean());
        Assert.Equal([
            "lastGood: the last-good response for the same path and query, not older than 1h",
            "file guide-offline.html: 503",
            "builtIn: 503"
        ], json.RootElement.GetProperty("fallback").EnumerateArray().Select(step => step.GetString()));
    }

    [Fact]
    public async Task Schema_Printed_IsTheCommittedFile()
    {
        var (code, output, _) = await RunAsync(["schema"]);
        Assert.Equal(0, code);
        Assert.Equal(
            await File.ReadAllTextAsync(Repository.PathOf("config", "gateway.schema.json"), TestContext.Current.CancellationToken),
            output);
        Assert.Equal(ConfigReference.Table(), (await RunAsync(["schema", "--markdown"])).Output);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("check", "a", "b")]
    [InlineData("check", "--frobnicate")]
    [InlineData("explain", "GET")]
    [InlineData("explain", "G T", "/")]
    [InlineData("explain", "GET", "nowhere")]
    [InlineData("explain", "GET", "ftp://x/")]
    public async Task CommandLine_Wrong_SaysSoAndEndsWithTwo(params string[] args)
    {
        var (code, _, error) = await RunAsync(args);
        Assert.Equal(2, code);
        Assert.NotEmpty(error);
    }

    [Fact]
    public async Task FurtherCommand_Added_Runs()
    {
        var command = new Command("run", "Runs.");
        command.SetAction((_, _) => Task.FromResult(7));
        using var output = new StringWriter();
        Assert.Equal(7, await GatewayCli.RunAsync(["run"], output, output, _ => null, command));
    }

    [Fact]
    public async Task FurtherCommand_Fails_SaysWhyAndEndsWithOne()
    {
        var command = new Command("run", "Runs.");
        command.SetAction((_, _) => throw new InvalidOperationException("The port is taken."));
        using var output = new StringWriter();
        using var error = new StringWriter { NewLine = "\n" };
        Assert.Equal(1, await GatewayCli.RunAsync(["run"], output, error, _ => null, command));
        Assert.Equal("The command failed: The port is taken.\nSet GATEWAY_DEBUG=1 to see where.\n", error.ToString());
    }

    // Lines that were broken, whole again.
    private static string Joined(string text, string atBreaks) =>
        Regex.Replace(text, atBreaks, " ", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5));

    private static async Task<(int Code, string Output, string Error)> RunAsync(string[] args, Func<string, string?>? environment = null)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = await GatewayCli.RunAsync(args, output, error, environment ?? (_ => null));
        return (code, output.ToString(), error.ToString());
    }
}
