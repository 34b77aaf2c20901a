using System.Diagnostics;
using System.Text.RegularExpressions;
using Gateway.Tests.Configuration;
using Xunit;

namespace Gateway.Tests.Deploy;

[Trait("kind", "process")]
public sealed partial class PrometheusRulesTests
{
    private static readonly string Folder = Repository.PathOf("deploy", "prometheus");

    [Theory]
    [InlineData("check", "config", "prometheus.yml")]
    [InlineData("check", "rules", "gateway.rules.yml", "gateway.alerts.yml")]
    [InlineData("test", "rules", "gateway.tests.yml", "gateway.hours.tests.yml")]
    public async Task Promtool_IsContent(params string[] arguments)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/promtool"), "promtool is not installed: Debian's package is \"prometheus\".");
        var (exit, said) = await RunAsync("/usr/bin/promtool", arguments);
        Assert.True(exit == 0, said);
        Assert.DoesNotContain("WARN", said, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Amtool_IsContent()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/amtool"), "amtool is not installed: Debian's package is \"prometheus-alertmanager\".");
        var (exit, said) = await RunAsync("/usr/bin/amtool", ["check-config", "alertmanager.yml"]);
        Assert.True(exit == 0, said);
    }

    [Fact]
    public void Alerts_EachHasATestAndAPartOfTheRunbook()
    {
        var tests = Tests();
        var runbook = File.ReadAllText(Repository.PathOf("docs", "operations.md"));
        var rules = File.ReadAllText(Path.Combine(Folder, "gateway.alerts.yml"));
        var alerts = Alert().Matches(rules).Select(static m => m.Groups["name"].Value).ToArray();

        Assert.Equal(26, alerts.Length);
        Assert.All(alerts, alert => Assert.Contains($"alertname: {alert}\n        exp_alerts:\n", tests, StringComparison.Ordinal));
        Assert.All(alerts, alert => Assert.Contains($"\n### {alert}\n", runbook, StringComparison.Ordinal));

        // The key that Alertmanager's templates and the tools behind it know, with a whole URL.
        Assert.All(
            alerts,
            alert => Assert.Contains(
                $"runbook_url: \"https://gateway.example.com/docs/operations.md#{alert.ToLowerInvariant()}\"",
                rules,
                StringComparison.Ordinal));
    }

    [Fact]
    public void Rules_EachRecordedNameIsTested()
    {
        // What alerts are built on is tested through them; the rest by its own expression.
        var text = File.ReadAllText(Path.Combine(Folder, "gateway.alerts.yml")) + Tests();
        Assert.All(Record().Matches(File.ReadAllText(Path.Combine(Folder, "gateway.rules.yml"))).Select(static m => m.Groups["name"].Value),
            name => Assert.Contains(name, text, StringComparison.Ordinal));
    }

    private static string Tests() => string.Concat(Directory.GetFiles(Folder, "*.tests.yml").Select(File.ReadAllText));

    private static async Task<(int Exit, string Said)> RunAsync(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        })!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var said = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken) + await error;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, said);
    }

    [GeneratedRegex(@"- alert: (?<name>\w+)", RegexOptions.None, 1000)]
    private static partial Regex Alert();

    [GeneratedRegex(@"- record: (?<name>[\w:]+)", RegexOptions.None, 1000)]
    private static partial Regex Record();
}
