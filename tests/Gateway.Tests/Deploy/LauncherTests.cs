using System.Diagnostics;
using System.Runtime.InteropServices;
using Gateway.Tests.Configuration;
using Xunit;
using Files = Gateway.Tests.Configuration.Repository;

namespace Gateway.Tests.Deploy;

/// <summary>
/// <c>./gateway</c> in a clone: what it builds, and what it says meanwhile. A stand-in for <c>dotnet</c> writes down what it is asked for.
/// </summary>
[Trait("kind", "process")]
public sealed class LauncherTests : IDisposable
{
    private const string Guide = "src/SampleGuide/bin/Release/net10.0/sample-guide.dll";
    private const string Plain = "src/Gateway/bin/Release/net10.0/gateway.dll";
    private const string Published = "out/gateway/gateway.dll";

    // Writes its arguments down, "compiles" what Run.proj would, and fails ahead of time if it is told to.
    private const string Dotnet = """
        #!/bin/bash
        echo "$*" >> calls
        case "$*" in *-t:Restore*"-p:AheadOfTime=linux"*) [ ! -e no-compiler ] || { echo "error: no compiler"; exit 1; } ;; esac
        case "$*" in *-t:Build*"-p:AheadOfTime=linux"*) [ ! -e ill-compiler ] || { echo "error: the compiler fails"; exit 1; } ;; esac
        case "$*" in *-t:Build*) [ ! -e slow ] || sleep 2 ;; esac
        case "$*" in *-t:Build*) [ ! -e broken ] || { echo "error CS1002: ; expected"; exit 1; } ;; esac
        case "$*" in *-t:Build*gateway*"-p:AheadOfTime=linux"*) mkdir -p out/gateway && touch out/gateway/gateway.dll ;; *-t:Build*gateway*) mkdir -p src/Gateway/bin/Release/net10.0 && touch src/Gateway/bin/Release/net10.0/gateway.dll ;; esac
        case "$*" in *-t:Build*guide*) mkdir -p src/SampleGuide/bin/Release/net10.0 && touch src/SampleGuide/bin/Release/net10.0/sample-guide.dll ;; esac
        """;

    private readonly TemporaryFolder _folder = new();

    public LauncherTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux()
            && RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.X64,
            "The platforms of the lock files are those of Linux.");
        foreach (var file in new[]
        {
            "src/Gateway/Gateway.csproj",
            "src/Gateway/packages.linux-x64.lock.json",
            "src/SampleGuide/SampleGuide.csproj",
            "Directory.Build.props"
        })
        {
            Write(file, "");
        }

        Write("bin/dotnet", Dotnet);
        Write("gateway", File.ReadAllText(Files.PathOf("gateway")));
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("run", "gateway", Published)]
    [InlineData("demo", "gateway guide", Published, Guide)]
    public async Task FreshClone_ACommand_BuildsAllPartsAtOnceAndSaysSo(string command, string parts, params string[] built)
    {
        var (code, said) = await RunAsync(command);

        Assert.Equal(0, code);
        Assert.Equal([.. Steps(parts, "linux-x64"), $"{PathOf(Published)} {command}"], Calls());
        Assert.All(built, file => Assert.True(File.Exists(PathOf(file)), file));
        Assert.Contains("Restoring packages ...", said, StringComparison.Ordinal);
        Assert.Contains($"Compiling {parts.Replace(" ", ", ", StringComparison.Ordinal)} ...", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NothingNew_ACommand_BuildsNothing()
    {
        await RunAsync("demo");
        File.Delete(PathOf("calls"));

        var (_, said) = await RunAsync("demo");

        Assert.Equal([$"{PathOf(Published)} demo"], Calls());
        Assert.Equal("", said);
    }

    [Fact]
    public async Task OneSourceNewer_ACommand_BuildsItsPartAlone()
    {
        await RunAsync("demo");
        File.Delete(PathOf("calls"));
        Write("src/SampleGuide/Guide.cs", "");
        File.SetLastWriteTimeUtc(PathOf("src/SampleGuide/Guide.cs"), File.GetLastWriteTimeUtc(PathOf(Guide)) + TimeSpan.FromSeconds(1));

        await RunAsync("demo");

        Assert.Equal([.. Steps("guide", "linux-x64"), $"{PathOf(Published)} demo"], Calls());
    }

    [Theory]
    [InlineData("no-compiler")]
    [InlineData("ill-compiler")]
    public async Task CompilerAheadOfTimeMissingOrFailing_ACommand_RunsThePlainBuild(string circumstance)
    {
        Write(circumstance, "");

        var (code, said) = await RunAsync("run");

        Assert.Equal(0, code);
        Assert.Equal($"{PathOf(Plain)} run", Calls()[^1]);
        Assert.Contains("Not compiled ahead of time", said, StringComparison.Ordinal);
        Assert.DoesNotContain("error:", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CompilerAheadOfTimeMissing_LaterCommands_RunTheNewestPlainBuild()
    {
        // An earlier build, of before a source changed.
        await RunAsync("run");
        Write("no-compiler", "");
        Write("src/Gateway/New.cs", "");
        File.SetLastWriteTimeUtc(PathOf("src/Gateway/New.cs"), File.GetLastWriteTimeUtc(PathOf(Published)) + TimeSpan.FromMilliseconds(20));
        await RunAsync("run");
        File.Delete(PathOf("calls"));

        var (code, said) = await RunAsync("status");

        Assert.Equal((0, ""), (code, said));
        Assert.Equal([$"{PathOf(Plain)} status"], Calls());
    }

    [Fact]
    public async Task CompilerAheadOfTimeBack_AnotherLockFile_IsUsedAgain()
    {
        Write("no-compiler", "");
        await RunAsync("run");
        File.Delete(PathOf("no-compiler"));
        var soon = TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(1);
        File.SetLastWriteTimeUtc(PathOf("src/Gateway/packages.linux-x64.lock.json"), soon);

        await RunAsync("run");

        Assert.Equal($"{PathOf(Published)} run", Calls()[^1]);
    }

    [Fact]
    public async Task TwoCommandsAtOnce_BuildOnce()
    {
        Write("slow", "");

        var both = await Task.WhenAll(RunAsync("run"), RunAsync("run"));

        Assert.All(both, static result => Assert.Equal(0, result.Code));
        Assert.Contains(both, static result => result.Said.Contains("Another ./gateway is building", StringComparison.Ordinal));
        Assert.Single(Calls(), static call => call.Contains("-t:Build", StringComparison.Ordinal));
    }

    [Fact]
    public async Task SourceBroken_ACommand_ShowsTheCompilersErrorAndRunsNothing()
    {
        Write("broken", "");

        var (code, said) = await RunAsync("run");

        Assert.Equal(1, code);
        Assert.Contains("error CS1002", said, StringComparison.Ordinal);
        Assert.False(File.Exists(PathOf("out/no-ahead-of-time")), "A mended source is compiled ahead of time again.");
        Assert.DoesNotContain(Calls(), static call => call.EndsWith("gateway.dll run", StringComparison.Ordinal));
    }

    private string[] Steps(string parts, string platform) =>
    [
        $"msbuild {PathOf("eng/Run.proj")} -t:Restore -v:quiet -nologo -p:Parts={parts} -p:AheadOfTime={platform}",
        $"msbuild {PathOf("eng/Run.proj")} -t:Build -v:quiet -nologo -p:Parts={parts} -p:AheadOfTime={platform}",
    ];

    private string[] Calls() => File.ReadAllLines(PathOf("calls"));

    private string PathOf(string file) => Path.Combine(_folder.Path, file);

    private void Write(string file, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(file))!);
        File.WriteAllText(PathOf(file), text);
        if (OperatingSystem.IsLinux())
        {
            File.SetUnixFileMode(PathOf(file), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private async Task<(int Code, string Said)> RunAsync(string command)
    {
        var start = new ProcessStartInfo(PathOf("gateway"))
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardError = true,
            UseShellExecute = false
        };
        start.ArgumentList.Add(command);
        start.Environment["PATH"] = $"{PathOf("bin")}:{Environment.GetEnvironmentVariable("PATH")}";
        using var process = Process.Start(start)!;
        var said = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, said);
    }
}
