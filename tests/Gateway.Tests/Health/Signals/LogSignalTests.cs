using System.Diagnostics;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Health.Signals;

/// <summary>A real process that writes a log and rotates it, and the gateway that follows.</summary>
[Trait("kind", "process")]
public sealed class LogSignalTests
{
    [Fact]
    public async Task Log_OfAProcessThatRotates_TakesRequestsFromItsDestinationAndGivesThemBack()
    {
        await using var one = new ScriptedUpstream(static r => r.RespondAsync("one"));
        await using var other = new ScriptedUpstream(static r => r.RespondAsync("other"));
        using var folder = new TemporaryFolder();
        await using var gateway = await InProcessGateway.StartAsync(InProcessGateway.Config(
            [$"{{ url: \"{one.Url}\", name: guide-a }}", $"{{ url: \"{other.Url}\", name: guide-b }}"],
            cluster: $$"""
                    signals:
                      - { name: oom, log: "{{folder.Path}}/{destination}*.log", pattern: "OutOfMemory|FATAL", count: 4, within: 8s, then: suspect }
                """));
        folder.Write("guide-b.log", "FATAL of yesterday\nFATAL of yesterday\nFATAL of yesterday\nFATAL of yesterday\n");
        await Eventually.BecomeTrueAsync(
            async () => (await MetricsSignalTests.DestinationsAsync(gateway))[1].TryGetProperty("signals", out var signals)
                && signals[0].GetProperty("state").GetString() != "unknown",
            TimeSpan.FromSeconds(30),
            "the log is followed");

        // Two lines, a rotation, two lines.
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh")
        {
            ArgumentList =
            {
                "-c",
                "cd \"$0\" && echo 'java.lang.OutOfMemoryError: heap' >> guide-b.log && echo FATAL >> guide-b.log && mv guide-b.log "
                    + "guide-b.log.1 && gzip guide-b.log.1 && echo FATAL >> guide-b.log && echo "
                    + "'{\"level\":\"FATAL\",\"user\":\"mallory\"}' >> guide-b.log",
                folder.Path
            },
        })!;
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, shell.ExitCode);

        await Eventually.BecomeTrueAsync(
            async () =>
                (await MetricsSignalTests.DestinationsAsync(gateway))[1].GetProperty("signals")[0].GetProperty("state").GetString()
                    == "firing",
            TimeSpan.FromSeconds(30),
            "the signal fires");
        var hot = await MetricsSignalTests.CountAsync(gateway, "other", 50);
        await Eventually.BecomeTrueAsync(
            async () =>
                (await MetricsSignalTests.DestinationsAsync(gateway))[1].GetProperty("signals")[0].GetProperty("state").GetString()
                    == "clear",
            TimeSpan.FromSeconds(60),
            "the signal ends");
        var after = await MetricsSignalTests.CountAsync(gateway, "other", 200);
        var journal = await gateway.JournalTextAsync();

        Assert.Equal(0, hot);
        Assert.InRange(after, 60, 140);
        Assert.Contains("guide-b of primary is suspect by signal", journal, StringComparison.Ordinal);
        Assert.DoesNotContain("mallory", journal, StringComparison.Ordinal);
    }
}
