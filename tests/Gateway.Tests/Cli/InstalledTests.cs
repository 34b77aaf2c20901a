using Gateway.Cli;
using Gateway.Tests.Configuration;
using Xunit;

namespace Gateway.Tests.Cli;

/// <summary>What differs between a clone, an installed gateway and a container.</summary>
[Trait("kind", "unit")]
public sealed class InstalledTests
{
    [Theory]
    [InlineData(null, "gateway")]
    [InlineData("", "gateway")]
    [InlineData("/home/ann/gateway", "./gateway")]
    public void ProgramName_ByTheClonesVariable_IsWhatAnOperatorTypes(string? clone, string expected) =>
        Assert.Equal(expected, ProgramName.Of(name => name == ProgramName.CloneVariable ? clone : null));

    [Theory]
    [InlineData("1.2.3+4f2c0a9b8c7d6e5f", "2026-11-26", "gateway 1.2.3 (commit 4f2c0a9b8c7d, 2026-11-26)")]
    [InlineData("1.2.3-rc.1+4f2c", "2026-11-26", "gateway 1.2.3-rc.1 (commit 4f2c, 2026-11-26)")]
    [InlineData("0.1.0+4f2c", null, "gateway 0.1.0 (commit 4f2c)")]
    [InlineData("0.1.0", "", "gateway 0.1.0 (commit unknown)")]
    public void Version_WithAndWithoutCommitAndDate_IsOneLine(string informational, string? date, string expected) =>
        Assert.Equal(expected, VersionText.Of(informational, date));

    [Fact]
    public async Task Version_AsAnOption_IsPrinted()
    {
        using var output = new StringWriter();

        Assert.Equal(0, await GatewayCli.RunAsync(["--version"], output, TextWriter.Null, static _ => null, []));

        Assert.Equal(VersionText.Current + Environment.NewLine, output.ToString());
    }

    [Theory]
    [InlineData("given.yaml", "variable.yaml", "sample.yaml", "given.yaml")]
    [InlineData(null, "variable.yaml", "sample.yaml", "variable.yaml")]
    [InlineData(null, null, "sample.yaml", "sample.yaml")]
    [InlineData(null, null, null, ConfigPath.Default)]
    public void ConfigPath_NothingOnDisk_IsTheFirstNamed(string? given, string? variable, string? sample, string expected)
    {
        Assert.SkipWhen(File.Exists(ConfigPath.Default)
            || File.Exists(ConfigPath.Installed), "A configuration is installed on this machine.");

        Assert.Equal(expected, ConfigPath.Of(given, name => name switch
        {
            ConfigPath.Variable => variable,
            ConfigPath.SampleVariable => sample,
            _ => null
        }));
    }

    [Fact]
    public async Task SampleOfTheImage_WithoutAToken_IsValidAndListensOnAllAddresses()
    {
        using var folder = new TemporaryFolder().WithStaticFiles();
        var file = folder.Write(
            "container.yaml",
            (await File.ReadAllTextAsync(Repository.PathOf("config", "container.yaml"), TestContext.Current.CancellationToken)).Replace(
                "/app/static-fallback",
                Repository.PathOf("static-fallback"),
                StringComparison.Ordinal));

        var loaded = Gateway.Configuration.ConfigLoader.Load(file, static _ => null);

        Assert.Empty(loaded.Problems);
        Assert.Equal(("[::]", 8080), (loaded.Config!.Listen.Single().Url.Host, loaded.Config.Listen.Single().Url.Port));
        Assert.True(loaded.Config.Admin.Url.IsLoopback);
    }
}
