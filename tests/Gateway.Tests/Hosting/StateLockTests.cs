using Gateway.Configuration;
using Gateway.Drills.Processes;
using Gateway.Hosting;
using Gateway.Observability.History;
using Gateway.Tests.Support;
using Xunit;

namespace Gateway.Tests.Hosting;

/// <summary>Two gateways on one state folder.</summary>
[Trait("kind", "process")]
public sealed class StateLockTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SecondGateway_OnTheSameFolder_DoesNotStartAndSaysWhy()
    {
        await using var upstream = new ScriptedUpstream();
        await using var first = await InProcessGateway.StartAsync(InProcessGateway.Config([upstream.Url]));
        var loaded = ConfigLoader.Load(first.ConfigFile, static _ => null);

        await using (var second = new GatewayHost(loaded, first.ConfigFile, static _ => null, TimeProvider.System))
        {
            var refused = await Assert.ThrowsAsync<IOException>(() => second.StartAsync(Cancel));
            Assert.Equal(
                $"Another gateway (process {Environment.ProcessId}) uses the state folder \"{first.PathOf("state")}\". End that one, or "
                    + $"give this one a folder of its own with the key \"state\".", refused.Message);
        }

        // The first one is untouched.
        Assert.Equal(200, (await first.GetAsync()).Status);
        await first.StopAsync();
    }

    [Fact]
    public async Task Command_OnAFolderInUse_EndsWithOneAndASentence_AndAKilledGatewayLeavesNoLock()
    {
        await using var bed = await TestBed.StartAsync(new() { Primaries = 1, Standbys = 0 }, Cancel);
        var config = Path.Combine(bed.Folder, "second.yaml");
        await File.WriteAllTextAsync(config, Configuration.ConfigLoaderTests.Smallest
            + $"admin: {{ url: \"http://127.0.0.1:0\" }}\nstate: \"{bed.Folder}/state\"\n", Cancel);
        await using (var second = new ChildProcess("second", "dotnet",
        [
            Repository.GatewayProgram,
            "run",
            "--config",
            config
        ], new Dictionary<string, string>(StringComparer.Ordinal)))
        {
            await second.StartAsync(Cancel);
            await second.Ended.WaitAsync(TimeSpan.FromSeconds(60), Cancel);
            await second.ReadToEndAsync();
            Assert.Equal(1, second.ExitCode);
            Assert.Contains($"The gateway cannot start: Another gateway (process ", second.Output, StringComparison.Ordinal);
        }

        // kill -9: the kernel lets go of the folder.
        await bed.Gateway.KillAsync();
        using var held = await StateLock.TakeAsync(Path.Combine(bed.Folder, "state"), TimeProvider.System, Cancel);
        held.Dispose();
        await bed.Gateway.StartAsync(Cancel);
    }

    [Fact]
    public async Task FolderThatCannotBeMade_IsNotHeld()
    {
        using var folder = new Configuration.TemporaryFolder();
        var file = folder.Write("file", "");
        using var one = await StateLock.TakeAsync(Path.Combine(file, "state"), TimeProvider.System, Cancel);
        using var other = await StateLock.TakeAsync(Path.Combine(file, "state"), TimeProvider.System, Cancel);
        Assert.NotSame(one, other);
    }

    [Fact]
    public async Task Folder_LetGo_CanBeTakenAgain()
    {
        using var folder = new Configuration.TemporaryFolder();
        for (var turn = 0; turn < 3; turn++)
        {
            using var held = await StateLock.TakeAsync(folder.Path, TimeProvider.System, Cancel);
            await Assert.ThrowsAsync<IOException>(() => StateLock.TakeAsync(folder.Path, TimeProvider.System, Cancel));
        }
    }
}
