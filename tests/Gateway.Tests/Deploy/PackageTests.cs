using Gateway.Drills.Processes;
using Gateway.Tests.Configuration;
using Xunit;
using Files = Gateway.Tests.Configuration.Repository;

namespace Gateway.Tests.Deploy;

/// <summary>
/// What <c>eng/package</c> makes of a published gateway; a small script stands in for the program.
/// <c>eng/prove-install</c> installs the real one.
/// </summary>
[Trait("kind", "process")]
public sealed class PackageTests : IDisposable
{
    private static readonly string[] Expected =
    [
        "./etc/gateway/gateway.yaml", "./etc/gateway/static-fallback/guide-offline.html",
        "./etc/gateway/static-fallback/trending/any.json", "./usr/bin/gateway -> ../lib/gateway/gateway",
        "./usr/lib/gateway/gateway", "./usr/lib/gateway/libe_sqlite3.so", "./usr/lib/systemd/system/gateway.service",
        "./usr/lib/systemd/system/gateway.socket", "./usr/share/bash-completion/completions/gateway",
        "./usr/share/doc/gateway/copyright", "./usr/share/doc/gateway/examples/gateway.yaml",
        "./usr/share/doc/gateway/THIRD-PARTY-NOTICES.txt.gz", "./usr/share/fish/vendor_completions.d/gateway.fish",
        "./usr/share/man/man1/gateway.1.gz", "./usr/share/zsh/vendor-completions/_gateway",
    ];

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("1.2.3", "1.2.3-1")]
    [InlineData("1.2.3-rc.1", "1.2.3~rc.1-1")]
    public async Task DebianPackage_OfAVersion_HoldsEverythingAtItsPlace(string version, string expected)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/dpkg-deb"), "dpkg-deb is not installed.");
        await RunAsync("/bin/bash", Files.PathOf("eng", "package", "deb"), version, "linux-x64", Published(), _folder.Path);
        var package = Path.Combine(_folder.Path, $"gateway_{expected}_amd64.deb");

        // 1. Files, all root's.
        var lines = (await RunAsync("/usr/bin/dpkg-deb", "-c", package)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, static line => Assert.Contains(" root/root ", line, StringComparison.Ordinal));
        Assert.All(Expected, file => Assert.Contains(lines, line => line.EndsWith(" " + file, StringComparison.Ordinal)));

        // 2. What dpkg is told: all of /etc is the operator's.
        Assert.Equal(expected, (await RunAsync("/usr/bin/dpkg-deb", "-f", package, "Version")).Trim());
        Assert.Equal("amd64", (await RunAsync("/usr/bin/dpkg-deb", "-f", package, "Architecture")).Trim());
        var conffiles = await RunAsync("/usr/bin/dpkg-deb", "-I", package, "conffiles");
        Assert.All(lines.Where(static line => line.Contains(" ./etc/", StringComparison.Ordinal)
            && !line.EndsWith('/')),
            line => Assert.Contains(line[(line.LastIndexOf(" ./", StringComparison.Ordinal) + 2)..], conffiles, StringComparison.Ordinal));
        foreach (var script in new[] { "postinst", "prerm", "postrm" })
        {
            Assert.StartsWith("#!/bin/sh\n", await RunAsync("/usr/bin/dpkg-deb", "-I", package, script), StringComparison.Ordinal);
        }

        // 3. The unit starts what the package brings, as its user.
        await RunAsync("/usr/bin/dpkg-deb", "-x", package, Path.Combine(_folder.Path, "root"));
        var unit = await File.ReadAllLinesAsync(Path.Combine(_folder.Path, "root/usr/lib/systemd/system/gateway.service"), Cancel);
        Assert.Contains("ExecStart=/usr/bin/gateway run --config /etc/gateway/gateway.yaml", unit);
        Assert.Contains("User=gateway", unit);
        Assert.DoesNotContain(unit, static line => line.Contains("dotnet", StringComparison.Ordinal)
            || line.StartsWith("DynamicUser", StringComparison.Ordinal)
            || line.StartsWith("Requires=gateway.socket", StringComparison.Ordinal));
    }

    [Fact]
    public void SampleOfThePackage_AfterInstallation_IsValid()
    {
        var text = File.ReadAllText(Files.PathOf("deploy", "debian", "gateway.yaml")).Replace(
            "/etc/gateway/static-fallback",
            Files.PathOf("static-fallback"),
            StringComparison.Ordinal);

        var loaded = Gateway.Configuration.ConfigLoader.Load(_folder.Write("gateway.yaml", text), static _ => null);

        Assert.Empty(loaded.Problems);
        Assert.Equal("/var/lib/gateway", loaded.Config!.State);
    }

    [Fact]
    public async Task Notices_OfTheLockFile_NameEveryPackageWithItsLicence()
    {
        var notices = await RunAsync("/bin/bash", Files.PathOf("eng", "package", "notices"));

        foreach (var package in new[]
        {
            "Yarp.ReverseProxy",
            "StackExchange.Redis",
            "SQLitePCLRaw.core",
            "YamlDotNet",
            "Serilog",
            "Spectre.Console"
        })
        {
            Assert.Contains($"\n{package} ", notices, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("Meziantou", notices, StringComparison.Ordinal);
        Assert.DoesNotContain("Licence: \n", notices, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1.2")]
    [InlineData("v1.2.3")]
    public async Task Release_WithoutAVersion_SaysHowOneLooks(string version)
    {
        await using var process = new ChildProcess("release", "/bin/bash", [Files.PathOf("eng", "release"), version]);
        await process.StartAsync(Cancel);
        await process.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancel);
        await process.ReadToEndAsync();

        Assert.Equal(2, process.ExitCode);
        Assert.Contains("The version must look like 1.2.3 or 1.2.3-rc.1", process.Output, StringComparison.Ordinal);
    }

    private string Published()
    {
        var program = _folder.Write("published/gateway", "#!/bin/sh\necho \"$*\"\n");
        if (OperatingSystem.IsLinux())
        {
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        _folder.Write("published/libe_sqlite3.so", "");
        return Path.GetDirectoryName(program)!;
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        await using var process = new ChildProcess(Path.GetFileName(program), program, arguments);
        await process.StartAsync(Cancel);
        await process.Ended.WaitAsync(TimeSpan.FromMinutes(2), Cancel);
        await process.ReadToEndAsync();
        Assert.True(process.ExitCode == 0, process.Output);
        return process.Output;
    }
}
