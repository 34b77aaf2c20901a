using System.Globalization;
using System.Text.Json;
using Gateway.Drills.Processes;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Hosting;

/// <summary>What a gateway's process writes to its console and its file.</summary>
[Trait("kind", "process")]
public sealed class LogOutputTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("json", "message")]
    [InlineData("ecs", "message")]
    public async Task Console_OfAJsonFormat_HoldsNothingButJson(string format, string message)
    {
        await using var guide = new ScriptedUpstream();
        using var folder = new TemporaryFolder();
        await using var gateway = Create(folder, guide, $"{{ format: {format} }}");
        await gateway.StartAsync(Cancel);
        Assert.Equal(200, (await RawClient.AskAsync(new Uri(gateway.Url), "GET /a HTTP/1.1\r\nHost: a\r\n\r\n")).Status);
        Assert.Equal(0, await gateway.TerminateAsync(TimeSpan.FromSeconds(60)));
        await gateway.ReadToEndAsync();

        var lines = gateway.Output
            .Split('\n')
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty(message).GetString()!)
            .ToArray();

        Assert.Contains(lines, line => line.StartsWith($"Users: {gateway.Url}", StringComparison.Ordinal));
        Assert.Contains(lines, static line => line.StartsWith("GET /a 200, live, ok, in ", StringComparison.Ordinal));
        Assert.Contains("Stopped.", lines);
    }

    [Fact]
    public async Task Console_OfTheTextFormat_SaysWhereItListens()
    {
        await using var guide = new ScriptedUpstream();
        using var folder = new TemporaryFolder();
        await using var gateway = Create(folder, guide, "{ format: text }");
        await gateway.StartAsync(Cancel);
        Assert.Equal(0, await gateway.TerminateAsync(TimeSpan.FromSeconds(60)));
        await gateway.ReadToEndAsync();

        Assert.Contains($"\nUsers: {gateway.Url}  Operators: {gateway.AdminUrl}\n", "\n" + gateway.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Console_OfAJsonFormatThatCannotStart_SaysWhyInJson()
    {
        await using var guide = new ScriptedUpstream();
        using var folder = new TemporaryFolder();
        await using var other = new ScriptedUpstream();
        await using var gateway = Create(folder, guide, "{ format: json }", port: other.Port);
        await Assert.ThrowsAnyAsync<Exception>(() => gateway.StartAsync(Cancel));
        await gateway.Ended.WaitAsync(TimeSpan.FromSeconds(60), Cancel);
        await gateway.ReadToEndAsync();

        var messages = gateway.Output.Split('\n').Select(static line => JsonDocument.Parse(line).RootElement).ToArray();

        Assert.Contains(messages, static line => line.GetProperty("level").GetString() is "error"
            && line.GetProperty("message").GetString()!.StartsWith("The gateway cannot start", StringComparison.Ordinal));
    }

    /// <summary>As logrotate does it: moved away, then the signal.</summary>
    [Fact]
    public async Task File_MovedAwayAndSignalled_IsOpenedAgain()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The signal's number is Linux's.");
        await using var guide = new ScriptedUpstream();
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "gateway.log");
        await using var gateway = Create(folder, guide, $"{{ format: json, file: \"{file}\" }}");
        await gateway.StartAsync(Cancel);
        await AskAsync("/one", file);

        File.Move(file, file + ".1");
        await AskAsync("/two", file + ".1");
        gateway.Send(Signals.User1);
        await Eventually.BeTrueAsync(() => File.Exists(file), TimeSpan.FromSeconds(60), "the file is there again");
        await AskAsync("/three", file);

        Assert.DoesNotContain("GET /three ", await ReadAsync(file + ".1"), StringComparison.Ordinal);
        Assert.DoesNotContain("GET /one ", await ReadAsync(file), StringComparison.Ordinal);
        Assert.True(gateway.IsRunning);

        async Task AskAsync(string path, string into)
        {
            Assert.Equal(200, (await RawClient.AskAsync(new Uri(gateway.Url), $"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).Status);
            await Eventually.BecomeTrueAsync(
                async () => (await ReadAsync(into)).Contains($"GET {path} ", StringComparison.Ordinal),
                TimeSpan.FromSeconds(60),
                $"{path} is in {into}");
        }
    }

    private static async Task<string> ReadAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Cancel);
    }

    private static GatewayProcess Create(TemporaryFolder folder, ScriptedUpstream guide, string logs, int? port = null)
    {
        int users = port ?? FreePorts.Next(), admin = FreePorts.Next();
        var file = Path.Combine(folder.Path, "gateway.yaml");
        File.WriteAllText(file, string.Create(CultureInfo.InvariantCulture, $$"""
            version: 1
            listen: [ { url: "http://127.0.0.1:{{users}}" } ]
            admin: { url: "http://127.0.0.1:{{admin}}" }
            state: "{{folder.Path}}/state"
            staticFallback: "{{folder.Path}}"
            telemetry: { logs: {{logs}}, access: all }
            clusters:
              guide:
                tiers: [ { name: primary, destinations: [ "{{guide.Url}}" ] } ]
            routes:
              all: { match: { path: "/{**rest}" }, cluster: guide }
            """));
        return GatewayProcess.Create(file, users, admin);
    }
}
