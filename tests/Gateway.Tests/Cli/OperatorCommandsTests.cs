using System.Text.Json;
using Gateway.Cli;
using Gateway.Failover;
using Gateway.Observability.History;
using Gateway.Tests.Admin;
using Xunit;

namespace Gateway.Tests.Cli;

[Trait("kind", "socket")]
public sealed class OperatorCommandsTests
{
    // As an operator named by the machine, beside the address that the gateway sees.
    private static readonly string Ann = $"ann@{Environment.MachineName} (127.0.0.1)";

    [Fact]
    public async Task Status_FailedOver_SaysNowAndNextInWords()
    {
        await using var admin = await AdminFixture.StartAsync();
        admin.Show(
            "standby",
            primaryCanServe: false,
            last: new(
                "ai-guide",
                "primary",
                "standby",
                TransitionReason.Failover,
                "guide-a: 2 of 2 probes timed out.",
                TimeProvider.System.GetUtcNow())
            {
                Cause = "because guide-a of primary failed: timed out waiting for headers",
            });

        var (code, output, _) = await RunAsync(admin, "status");

        Assert.Equal(0, code);
        var times = System.Text.RegularExpressions.Regex.Replace(
            output,
            @"(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\dZ",
            "TIME",
            System.Text.RegularExpressions.RegexOptions.ExplicitCapture,
            TimeSpan.FromSeconds(5));
        Assert.Contains(
            """

            ai-guide: FAILED OVER
              Now   standby has served since TIME, because guide-a of primary failed: timed out waiting for
                    headers; one destination is left.
              Next  primary must be healthy for 30 s before it serves again: 0 of 1 destination up, 1 needed
                    (guide-a: timed out on probes).
                primary: CANNOT SERVE (0 of 1 up, 1 needed), first for 0 % of new requests, 0 of 400 in flight
                  guide-a http://127.0.0.1:9001/: down since TIME: timed out
                      last probe: timed out, 0.3 s ago · 0 in flight
              > standby: can serve (1 of 1 up, 1 needed), first for 100 % of new requests, 3 in flight
                  guide-c http://127.0.0.1:9003/: up since TIME
                      last probe passed in 4 ms, 0.3 s ago · 3 in flight · 100 % of responses, p99 41 ms

            """.ReplaceLineEndings("\n"),
            times, StringComparison.Ordinal);
        Assert.All(output.Split('\n'), static line => Assert.True(line.Length <= Columns.Width, line));
        Assert.Equal(
            Words(output, "Now"),
            Words((await admin.GetAsync("/status")).GetProperty("clusters")[0].GetProperty("now").GetString()!));
        Assert.Equal(Words(output, "Next"), Words((await admin.GetAsync("/status")).GetProperty("clusters")[0]
            .GetProperty("next")
            .GetProperty("text")
            .GetString()!));
    }

    [Fact]
    public async Task Status_AsJson_IsWhatThePortSays()
    {
        await using var admin = await AdminFixture.StartAsync();
        var (code, output, _) = await RunAsync(admin, "status", "--json");
        Assert.Equal(0, code);
        Assert.Equal("primary", JsonDocument.Parse(output).RootElement.GetProperty("clusters")[0].GetProperty("serving").GetString());
    }

    [Fact]
    public async Task Hold_OneCluster_NeedsNoNameAndSendsEverything()
    {
        await using var admin = await AdminFixture.StartAsync();
        Command? got = null;
        admin.Command = (command, _) =>
        {
            got = command;
            return Task.FromResult(new CommandResult(true, "It is held."));
        };

        var (code, output, _) = await RunAsync(admin, "hold", "standby", "--for", "10m", "--reason", "disk swap");

        Assert.Equal((0, "It is held.\n"), (code, output));
        Assert.Equal(new HoldCommand("ai-guide", "standby", TimeSpan.FromMinutes(10), "disk swap") { By = Ann }, got);
        var (_, journal, _) = await RunAsync(admin, "journal");
        Assert.Contains($"hold ai-guide: It is held. By {Ann}: disk swap.", string.Join(' ', Words(journal)), StringComparison.Ordinal);
        var (_, audit, _) = await RunAsync(admin, "audit", "--since", "1h");
        Assert.Contains($"hold ai-guide: It is held. By {Ann}: disk swap.", string.Join(' ', Words(audit)), StringComparison.Ordinal);
        var (usage, _, problem) = await RunAsync(admin, "audit", "--since", "yesterday");
        Assert.Equal(2, usage);
        Assert.Contains("\"yesterday\" is no span. Write 24h, 30d or the like.", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Drain_ByName_FindsItsCluster()
    {
        await using var admin = await AdminFixture.StartAsync();
        Command? got = null;
        admin.Command = (command, _) =>
        {
            got = command;
            return Task.FromResult(new CommandResult(true, "It is drained."));
        };

        Assert.Equal(0, (await RunAsync(admin, "drain", "guide-a")).Code);
        Assert.Equal(new DrainCommand("ai-guide", "guide-a") { By = Ann }, got);
        Assert.Equal(0, (await RunAsync(admin, "drain", "ai-guide/guide-a", "--for", "10m")).Code);
        Assert.Equal(new DrainCommand("ai-guide", "guide-a") { By = Ann, For = TimeSpan.FromMinutes(10) }, got);
        Assert.Equal(0, (await RunAsync(admin, "ready", "guide-a")).Code);
        Assert.Equal(new ReadyCommand("ai-guide", "guide-a") { By = Ann }, got);
        var (code, _, error) = await RunAsync(admin, "drain", "guide-x");
        Assert.Equal(1, code);
        Assert.Contains(
            "No cluster has a destination \"guide-x\". Did you mean \"guide-a\"? The destinations are \"guide-a\", \"guide-c\".",
            string.Join(' ', Words(error)),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ai-guide/guide-a 5", 5)]
    [InlineData("guide-a 1000", 1000)]
    [InlineData("guide-a 1 --cluster ai-guide", 1)]
    [InlineData("ai-guide/guide-a --clear", null)]
    public async Task Weight_OfADestination_IsSent(string arguments, int? weight)
    {
        await using var admin = await AdminFixture.StartAsync();
        Command? got = null;
        admin.Command = (command, _) =>
        {
            got = command;
            return Task.FromResult(new CommandResult(true, "It weighs."));
        };

        Assert.Equal(0, (await RunAsync(admin, ["weight", .. arguments.Split(' '), "--reason", "new machine"])).Code);
        Assert.Equal(new WeightCommand("ai-guide", "guide-a", weight) { By = Ann, Reason = "new machine" }, got);
    }

    [Theory]
    [InlineData("ai-guide/guide-a", 2, "Write a weight or --clear")]
    [InlineData("ai-guide/guide-a 5 --clear", 2, "Write a weight or --clear")]
    [InlineData("ai-guide/guide-a 0", 2, "A weight is a number from 1 to 1000, given \"0\".")]
    [InlineData("ai-guide/guide-a 1001", 2, "A weight is a number from 1 to 1000, given \"1001\".")]
    [InlineData("ai-guide/guide-a much", 2, "A weight is a number from 1 to 1000, given \"much\".")]
    [InlineData("ai-guide/guide-b 5", 1, "has no destination \"guide-b\". Did you mean \"guide-a\"?")]
    [InlineData("guide/guide-a 5", 1, "There is no cluster \"guide\".")]
    public async Task Weight_Misspelt_SaysWhatToWrite(string arguments, int exit, string says)
    {
        await using var admin = await AdminFixture.StartAsync();

        var (code, _, error) = await RunAsync(admin, ["weight", .. arguments.Split(' ')]);

        Assert.Equal(exit, code);
        Assert.Contains(says, string.Join(' ', Words(error)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verb_Refused_IsFailureWithTheReason()
    {
        await using var admin = await AdminFixture.StartAsync();
        admin.Show("standby", primaryCanServe: false);
        var (code, output, error) = await RunAsync(admin, "hold", "primary", "--for", "10m", "--reason", "x");
        Assert.Equal((1, ""), (code, output));
        Assert.Contains("The tier \"primary\" cannot serve now", error, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync(admin, "hold", "primary", "--for", "10m", "--reason", "x", "--force")).Code);
    }

    [Fact]
    public async Task Hold_WithoutReason_IsBadUsage()
    {
        await using var admin = await AdminFixture.StartAsync();
        Assert.Equal(2, (await RunAsync(admin, "hold", "standby", "--for", "10m")).Code);
    }

    [Fact]
    public async Task Token_FromTheEnvironment_IsSentAndItsLackIsNamed()
    {
        await using var admin = await AdminFixture.StartAsync(token: "right");
        var (code, _, error) = await RunAsync(admin, "status");
        Assert.Equal(1, code);
        Assert.Contains("asks for its token (401). Set GATEWAY_ADMIN_TOKEN", string.Join(' ', Words(error)), StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync(admin.Address.ToString(), ["status"], "right")).Code);
    }

    [Fact]
    public async Task Gateway_NotThere_SaysWhatToDo()
    {
        var (code, _, error) = await RunAsync("http://127.0.0.1:1", ["status"], null);
        Assert.Equal(1, code);
        Assert.Contains(
            $"No gateway answers at \"http://127.0.0.1:1/\" (connection refused). Start it with {ProgramName.Current} run",
            string.Join(' ', Words(error)),
            StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync("nonsense", ["status"], null)).Code);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("rubbish: [")]
    [InlineData("version: 1\nadmn: { url: \"ADMIN\" }\n")]
    [InlineData("version: 1\nadmin: { url: \"nonsense\" }\n")]
    [InlineData("version: 1\nadmin: { ulr: \"ADMIN\" }\n")]
    public async Task Configuration_ThatDoesNotSayWhichGateway_EndsTheCommand(string content)
    {
        await using var admin = await AdminFixture.StartAsync();
        admin.Command = static (_, _) => throw new InvalidOperationException("Another gateway was asked.");
        using var folder = new Configuration.TemporaryFolder();
        var path = content is "missing"
            ? Path.Combine(folder.Path, "missing.yaml")
            : folder.Write("broken.yaml", content.Replace("ADMIN", admin.Address.ToString(), StringComparison.Ordinal));
        foreach (var byVariable in new[] { false, true })
        {
            string[] args = ["hold", "standby", "--for", "10m", "--reason", "x"];
            using var error = new StringWriter();
            var code = await GatewayCli.RunAsync(byVariable ? args : [.. args, "--config", path], TextWriter.Null, error, name => byVariable
                && name == "GATEWAY_CONFIG" ? path : null);
            Assert.Equal(2, code);
            Assert.Contains(path + ":", error.ToString(), StringComparison.Ordinal);
            Assert.Contains("Which gateway is meant cannot be read", error.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("broken: true\n")]
    public async Task Configuration_ThatNamesTheGateway_IsFollowedAndSaid(string problem)
    {
        await using var admin = await AdminFixture.StartAsync();
        using var folder = new Configuration.TemporaryFolder();
        var path = folder.Write("gateway.yaml", Configuration.ConfigLoaderTests.Smallest
            + $"admin: {{ url: \"{admin.Address.GetLeftPart(UriPartial.Authority)}\" }}\n{problem}");
        using var error = new StringWriter();
        using var output = new StringWriter();
        Assert.Equal(0, await GatewayCli.RunAsync(["status", "--json", "--config", path], output, error, static _ => null));
        Assert.Equal(
            "ai-guide",
            JsonDocument.Parse(output.ToString()).RootElement.GetProperty("clusters")[0].GetProperty("name").GetString());
        Assert.Equal(
            $"Gateway {Environment.MachineName}:{admin.Address.Port} at http://127.0.0.1:{admin.Address.Port}, by {path}.",
            string.Join(' ', Words(error.ToString())));
    }

    [Fact]
    public async Task LastGood_ListAndPurge_SayHowMany()
    {
        await using var admin = await AdminFixture.StartAsync();
        const string Sums = "recommend: 12 responses, 4096 bytes, for 90 % of the last hour's requests.\n";
        Assert.Equal(Sums, (await RunAsync(admin, "last-good")).Output);
        Assert.Equal(
            Sums
                + "\nshop.example/a ~recommend.12345678\n  2048 bytes from primary, 90 s old\nThere are more: name a longer --prefix or a "
                + "larger --limit.\n",
            (await RunAsync(admin, "last-good", "--prefix", "shop.example/", "--limit", "1")).Output);
        Assert.Equal(
            "7 stored responses whose key or path begins with \"/api\" were forgotten.\n",
            (await RunAsync(admin, "last-good", "purge", "--prefix", "/api")).Output);
        Assert.Equal(
            "1 stored response with the key \"a b\" was forgotten.\n",
            (await RunAsync(admin, "last-good", "purge", "--key", "a b")).Output);
        Assert.Equal("12 stored responses were forgotten.\n", (await RunAsync(admin, "last-good", "purge")).Output);
        Assert.Equal(
            "5 stored responses of the route \"recommend\" were forgotten.\n",
            (await RunAsync(admin, "last-good", "purge", "--route", "recommend")).Output);
    }

    [Fact]
    public void Availability_Measured_IsWholeSentences() => Assert.Equal(
        """
        ai-guide, last 24h, observed for 100 h
          by requests      99.9 % answered by a tier (3.0 nines); 100 % with the fallback chain's help
          requests         999 live, 1 degraded, 0 failed; not judged: 2 refused, 3 aborted
          by time          98 %, 2 h without a tier
          outages          4; between them 24.5 h, to repair 30 min, 0.0408 an hour
          saved            12 requests: 8 by another tier, 3 by hedging, 1 by last-good responses
          without gateway  98.8 % answered; with it 100 %
          error budget     0 % left of 0.1 %
          forecast         none: the first tier did not fail in this window, so that no rate can be measured

        """.ReplaceLineEndings("\n").Replace("100 h", "4.2 days", StringComparison.Ordinal),
        AvailabilityText.Of([new(
            "ai-guide",
            Availability.Of(
                "24h",
                TimeSpan.FromHours(24),
                new(
                    new(999, 1, 0, 2, 3) { Bad = 1, Saved = new(0, 3, 0, 8, 0, 1, 0) },
                    new Dictionary<string, TimeSums> { [""] = new(98 * 3_600_000L, 2 * 3_600_000L, 0, 4) }),
                0.999),
            [])]));

    [Fact]
    public void Availability_BudgetOverspent_SaysHowManyTimes() =>
        Assert.Contains(
            "  error budget     overspent: 250 times the 0.1 % that were allowed\n",
            AvailabilityText.Of([new(
                "ai-guide",
                Availability.Of(
                    "24h",
                    TimeSpan.FromHours(24),
                    new(new(3, 1, 0, 0, 0) { Bad = 1 }, new Dictionary<string, TimeSums> { [""] = new(7_200_000, 0, 0, 0) }),
                    0.999),
                [])]),
            StringComparison.Ordinal);

    [Fact]
    public void Availability_TooLittleObserved_SaysSo() =>
        Assert.Contains(
            "  error budget     too little data: 5 min observed\n  forecast         too little data: 5 min observed\n",
            AvailabilityText.Of([new(
                "ai-guide",
                Availability.Of(
                    "24h",
                    TimeSpan.FromHours(24),
                    new(new(3, 1, 1, 0, 0) { Bad = 2 }, new Dictionary<string, TimeSums> { [""] = new(300_000, 0, 0, 0) }),
                    0.999),
                [])]),
            StringComparison.Ordinal);

    private static string[] Words(string text) => text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);

    // A sentence of the command, its line breaks aside.
    private static string[] Words(string output, string name)
    {
        var lines = output.Split('\n').SkipWhile(line => !line.StartsWith($"  {name} ", StringComparison.Ordinal)).ToArray();
        return Words(string.Join(' ', lines.Skip(1)
            .TakeWhile(static line => line.StartsWith("        ", StringComparison.Ordinal))
            .Prepend(lines[0][8..])));
    }

    private static Task<(int Code, string Output, string Error)> RunAsync(AdminFixture admin, params string[] args) =>
        RunAsync(admin.Address.ToString(), args, null);

    private static async Task<(int Code, string Output, string Error)> RunAsync(string admin, string[] args, string? token)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await GatewayCli.RunAsync([.. args, "--admin", admin], output, error, name => name switch
        {
            "USER" => "ann",
            "GATEWAY_ADMIN_TOKEN" => token,
            _ => null,
        });
        return (code, output.ToString(), error.ToString());
    }
}
