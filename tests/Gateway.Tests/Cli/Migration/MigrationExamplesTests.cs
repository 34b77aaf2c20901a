using System.Text;
using Gateway.Cli;
using Gateway.Cli.Migration;
using Gateway.Configuration;
using Gateway.Configuration.Reading;
using Gateway.Tests.Configuration;
using Xunit;

namespace Gateway.Tests.Cli.Migration;

/// <summary>
/// Every configuration of another proxy in Examples against the file beside it that is made of it, and the list of what is not carried
/// over. GATEWAY_UPDATE_EXAMPLES=1 writes both anew.
/// </summary>
[Trait("kind", "unit")]
public sealed class MigrationExamplesTests
{
    internal static readonly string Folder = Repository.PathOf("tests", "Gateway.Tests", "Cli", "Migration", "Examples");

    public static TheoryData<string> Examples() =>
        [.. Directory.GetFiles(Folder)
            .Select(static file => Path.GetFileName(file)!)
            .Where(static name => !name.Contains(".expected.", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task Example_Migrated_GivesExactlyThisAndPassesCheck(string name)
    {
        var result = MigrateCommand.Run(
            name[..name.IndexOf('-', StringComparison.Ordinal)],
            await File.ReadAllTextAsync(Path.Combine(Folder, name), TestContext.Current.CancellationToken),
            name,
            MigrationFiles.None);

        Assert.Empty(ConfigLoader.Validate(ConfigFile.Of("gateway.yaml", Encoding.UTF8.GetBytes(result.Yaml)), static _ => null).Problems);
        await IsAsync(Path.GetFileNameWithoutExtension(name) + ".expected.yaml", result.Yaml);
        await IsAsync(Path.GetFileNameWithoutExtension(name)
            + ".expected.txt", string.Concat(result.Notes.Select(static note => note + "\n")));
    }

    [Theory]
    [InlineData("nginx", 3)]
    [InlineData("haproxy", 3)]
    [InlineData("yarp", 3)]
    public void Examples_OfEachProxy_AreThere(string kind, int atLeast) =>
        Assert.True(Examples().Count(row => row.Data.StartsWith(kind + "-", StringComparison.Ordinal)) >= atLeast);

    private static async Task IsAsync(string name, string text)
    {
        var path = Path.Combine(Folder, name);
        if (Environment.GetEnvironmentVariable("GATEWAY_UPDATE_EXAMPLES") is "1")
        {
            await File.WriteAllTextAsync(path, text, TestContext.Current.CancellationToken);
        }

        Assert.Equal(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken), text);
    }
}
