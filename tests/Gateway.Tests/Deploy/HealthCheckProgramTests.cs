using Gateway.Drills.Processes;
using Gateway.Tests.Configuration;
using Gateway.Tests.Support;
using Xunit;
using Files = Gateway.Tests.Configuration.Repository;

namespace Gateway.Tests.Deploy;

/// <summary>The program of the image's health check, compiled as the Dockerfile does.</summary>
[Trait("kind", "process")]
public sealed class HealthCheckProgramTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0)]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", 1)]
    [InlineData("HTTP/1.1 2", 1)]
    [InlineData("nonsense, and more of it", 1)]
    [InlineData("", 1)]
    public async Task Readiness_ByItsStatus_IsTheExitCode(string response, int expected)
    {
        using var folder = new TemporaryFolder();
        var program = await CompileAsync(folder);
        string? asked = null;
        await using var gateway = new ScriptedUpstream(async request =>
        {
            asked = request.Target;
            await request.SendAsync(response);
            request.Close();
        });

        Assert.Equal(expected, await RunAsync(program, gateway.Port.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal("/readyz", asked);
    }

    [Fact]
    public async Task Readiness_NothingListens_IsNot()
    {
        using var folder = new TemporaryFolder();

        Assert.Equal(1, await RunAsync(await CompileAsync(folder), "1"));
    }

    private static async Task<string> CompileAsync(TemporaryFolder folder)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/gcc"), "gcc is not installed.");
        var program = Path.Combine(folder.Path, "ready");
        Assert.Equal(
            0,
            await RunAsync(
                "/usr/bin/gcc",
                "-Os",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-o",
                program,
                Files.PathOf("deploy", "docker", "ready.c")));
        return program;
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        await using var process = new ChildProcess(Path.GetFileName(program), program, arguments);
        await process.StartAsync(Cancel);
        await process.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancel);
        return process.ExitCode;
    }
}
