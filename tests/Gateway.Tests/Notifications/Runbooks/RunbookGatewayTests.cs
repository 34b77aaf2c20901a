using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Gateway.Admin.Endpoints;
using Gateway.Admin.Status;
using Gateway.Cli;
using Gateway.Observability.History;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Notifications.Runbooks;

/// <summary>Runbooks in a whole gateway, with real programs, servers and faults.</summary>
[Trait("kind", "server")]
public sealed class RunbookGatewayTests : IAsyncDisposable
{
    private const string Server = """
        import http.server, sys
        class Guide(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")
            def log_message(self, *what):
                pass
        http.server.ThreadingHTTPServer.allow_reuse_address = True
        http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Guide).serve_forever()
        """;

    private const string Restart = """
        cd "$(dirname "$0")" || exit 1
        [ -f pid ] && kill -9 "$(cat pid)"
        python3 server.py "$1" </dev/null >/dev/null 2>&1 &
        echo $! >pid
        echo "$GATEWAY_RUNBOOK $GATEWAY_CLUSTER $GATEWAY_TIER $GATEWAY_DESTINATION $1" >>runs
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ScriptedUpstream _second = new();
    private readonly ScriptedUpstream _standby = new();

    public async ValueTask DisposeAsync()
    {
        await _second.DisposeAsync();
        await _standby.DisposeAsync();
    }

    [Fact]
    public async Task FrozenProcess_IsRestartedOnce_AndHealed()
    {
        var port = RedisServer.FreePort();
        await using var gateway = await InProcessGateway.StartAsync(
            ConfigOf(
                $"http://127.0.0.1:{port}",
                "{ name: frozen, when: { destination: down, for: 1s }, mode: act, do: [ drain, { exec: [ /bin/sh, FOLDER/restart.sh, "
                    + "\"{port}\" ], timeout: 30s }, { wait: up, timeout: 60s }, ready ] }"),
            Files());
        try
        {
            await RunAsync(gateway, port);
            await gateway.BecomesAsync("up", "primary");

            // Stopped as it is, it still accepts connections and answers none of them.
            Signal(gateway, "STOP");
            await gateway.MetricReachesAsync(1, "gateway_runbook_runs_total", ("runbook", "frozen"), ("outcome", "healed"));

            await gateway.BecomesAsync("up", "primary");
            Assert.False(await IsDrainingAsync(gateway));
            var runs = await File.ReadAllLinesAsync(gateway.PathOf("runs"), TestContext.Current.CancellationToken);
            Assert.Equal(["   ", $"frozen guide primary 127.0.0.1:{port}"], runs.Select(r => r[..r.LastIndexOf(' ')]));
            Assert.Equal($"{port}", runs[1].Split(' ')[^1]);

            await ShownAsync(gateway, static report => report.Runbooks[0].WithRuns.Faults == 1);
            var shown = (await ReportAsync(gateway)).Runbooks[0];
            Assert.Equal(1, shown.Week.Healed);
            Assert.Equal(RunbookOutcome.Healed, shown.Recent[0].Outcome);
            Assert.True(shown.WithRuns.MeanSeconds > 1, $"{shown.WithRuns.MeanSeconds} s");
            var journal = await gateway.JournalTextAsync();
            Assert.Contains("Runbook frozen for", journal, StringComparison.Ordinal);
            Assert.Contains("exec sh done in", journal, StringComparison.Ordinal);
            Assert.Contains("the run healed it after", journal, StringComparison.Ordinal);
        }
        finally
        {
            Signal(gateway, "KILL");
        }
    }

    [Fact]
    public async Task BrokenConfiguration_IsNotHealedByARestart_IsToldAndNotTriedAgain()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var broken = new ScriptedUpstream { Healthy = false };
        await using var gateway = await InProcessGateway.StartAsync(ConfigOf(
            broken.Url,
            "{ name: restart, when: { destination: down, for: 1s }, mode: act, do: [ drain, { exec: [ /bin/true ] }, { wait: up, "
                + "timeout: 2s }, ready ] }",
            $"notify: [ {{ webhook: \"{receiver.Url}hook\", events: [ runbook ] }} ]"));

        await gateway.MetricReachesAsync(1, "gateway_runbook_runs_total", ("outcome", "escalated"));
        await Eventually.BeTrueAsync(() => receiver.All.Count == 1, Patience, "people are told");
        var told = JsonDocument.Parse(receiver.All[0].Text).RootElement;
        Assert.Equal("runbook", told.GetProperty("event").GetString());
        Assert.Contains("wait: up took longer than 2s", told.GetProperty("text").GetString(), StringComparison.Ordinal);
        await Eventually.BecomeTrueAsync(async () => !await IsDrainingAsync(gateway), Patience, "the drain ends with the run");

        // The fault is the same: another run would be no other.
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Equal(1, await gateway.MetricAsync("gateway_runbook_runs_total"));
    }

    [Fact]
    public async Task SharedDatabaseIsAway_NothingIsDone()
    {
        await using var first = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(ConfigOf(
            first.Url,
            "{ name: restart, when: { destination: down, for: 1s }, mode: act, do: [ { exec: [ /usr/bin/touch, FOLDER/acted ] } ] }"));
        first.Healthy = false;
        _second.Healthy = false;
        _standby.Healthy = false;

        await gateway.MetricReachesAsync(3, "gateway_runbook_runs_total", ("outcome", "refused"));
        Assert.Contains("and share its cause", await gateway.JournalTextAsync(), StringComparison.Ordinal);
        Assert.False(File.Exists(gateway.PathOf("acted")));
        Assert.Equal(3, await gateway.MetricAsync("gateway_runbook_runs_total"));
        Assert.Equal(3, (await ReportAsync(gateway)).Runbooks[0].Refused.Single().Count);
    }

    [Fact]
    public async Task Observe_TellsWhatItWouldHaveDone_AndWhetherRightly()
    {
        await using var first = new ScriptedUpstream();
        await using var gateway = await InProcessGateway.StartAsync(ConfigOf(
            first.Url,
            "{ name: restart, when: { destination: down, for: 1s }, do: [ { exec: [ /usr/bin/touch, FOLDER/acted ], timeout: 1s } ] }"));
        first.Healthy = false;

        await ShownAsync(gateway, static report => report.Runbooks[0].Week.Rightly == 1);
        first.Healthy = true;
        await ShownAsync(gateway, static report => report.Runbooks[0].WithoutRuns.Faults == 1);

        var text = RunbookReportText.Of(await ReportAsync(gateway));
        Assert.Contains("would have acted once this week, rightly 1, needlessly 0", text, StringComparison.Ordinal);
        Assert.Contains("with runs not measured, without ", text, StringComparison.Ordinal);
        Assert.Equal(1, await gateway.MetricAsync("gateway_runbook_runs_total", ("outcome", "observed")));
        Assert.False(File.Exists(gateway.PathOf("acted")));
    }

    [Fact]
    public async Task Reload_WithoutTheRunbook_EndsItsRunItsProgramAndItsDrain()
    {
        await using var first = new ScriptedUpstream { Healthy = false };
        const string Runbook = "{ name: slow, when: { destination: down, for: 1s }, mode: act, do: [ drain, { exec: [ /bin/sh, "
            + "FOLDER/slow.sh ], timeout: 10m } ] }";
        await using var gateway = await InProcessGateway.StartAsync(
            ConfigOf(first.Url, Runbook),
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["slow.sh"] = "echo $$ > \"$(dirname \"$0\")/pid.new\"; mv \"$(dirname \"$0\")/pid.new\" \"$(dirname \"$0\")/pid\"\n"
                    + "exec sleep 600\n",
            });
        await Eventually.BeTrueAsync(() => File.Exists(gateway.PathOf("pid")), Patience, "the program runs");
        var program = int.Parse(
            await File.ReadAllTextAsync(gateway.PathOf("pid"), TestContext.Current.CancellationToken), CultureInfo.InvariantCulture);
        Assert.True(await IsDrainingAsync(gateway));

        // A change elsewhere leaves it alone; its own end does not.
        gateway.WriteConfig(ConfigOf(first.Url, Runbook, "drain: 2s"));
        await Eventually.BecomeTrueAsync(
            async () => (await gateway.StatusAsync()).GetProperty("config").GetProperty("revision").GetInt64() == 2,
            Patience,
            "the first change is in force");
        Assert.True(await IsDrainingAsync(gateway));
        gateway.WriteConfig(ConfigOf(first.Url, Runbook.Replace("10m", "11m", StringComparison.Ordinal)));

        await gateway.MetricReachesAsync(1, "gateway_runbook_runs_total", ("outcome", "interrupted"));
        await Eventually.BecomeTrueAsync(async () => !await IsDrainingAsync(gateway), Patience, "it is drained no longer");
        await Eventually.BeTrueAsync(() => !IsRunning(program), Patience, "the program has ended");
    }

    private static bool IsRunning(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return !found.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static Dictionary<string, string> Files() =>
        new(StringComparer.Ordinal) { ["server.py"] = Server, ["restart.sh"] = Restart };

    private static async Task RunAsync(InProcessGateway gateway, int port)
    {
        using var started = Process.Start("/bin/sh", [gateway.PathOf("restart.sh"), $"{port}"])!;
        await started.WaitForExitAsync();
        Assert.Equal(0, started.ExitCode);
    }

    private static void Signal(InProcessGateway gateway, string signal)
    {
        var pid = File.ReadAllText(gateway.PathOf("pid")).Trim();
        using var kill = Process.Start("/bin/kill", [$"-{signal}", pid]);
        kill.WaitForExit();
    }

    private static async Task<bool> IsDrainingAsync(InProcessGateway gateway) =>
        (await gateway.StatusAsync()).GetProperty("clusters")[0].GetProperty("tiers")[0].GetProperty("destinations")[0]
            .GetProperty("draining").GetBoolean();

    private static async Task<RunbookReport> ReportAsync(InProcessGateway gateway)
    {
        using var client = new HttpClient();
        return JsonSerializer.Deserialize<RunbookReport>(
            await client.GetStringAsync(new Uri(gateway.AdminUrl, "/runbooks")), AdminJson.Options)!;
    }

    private static Task ShownAsync(InProcessGateway gateway, Func<RunbookReport, bool> isShown) =>
        Eventually.BecomeTrueAsync(async () => isShown(await ReportAsync(gateway)), Patience, "the report shows it");

    private string ConfigOf(string first, string runbook, string top = "") =>
        InProcessGateway.Config([first, _second.Url], [_standby.Url], top: $"runbooks: [ {runbook} ]\n{top}");
}
