using Gateway.LastGood.Stores;
using Gateway.Observability.History;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Observability;

/// <summary>Other users of the machine read nothing of the state folder.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
[Trait("kind", "unit")]
public sealed class StateFolderModeTests : IDisposable
{
    private const UnixFileMode Others =
        UnixFileMode.GroupRead
            | UnixFileMode.GroupWrite
            | UnixFileMode.GroupExecute
            | UnixFileMode.OtherRead
            | UnixFileMode.OtherWrite
            | UnixFileMode.OtherExecute;
    private readonly string _root = Directory.CreateTempSubdirectory("state-mode-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Databases_NewOrLeftOpenByAnEarlierVersion_AreTheGatewaysAlone(bool existing)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has access lists.");
        var folder = Path.Combine(_root, "deep", "state");
        if (existing)
        {
            Directory.CreateDirectory(folder);
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
            foreach (var name in new[] { "last-good.db", "records.db" })
            {
                await using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, name)};Pooling=False");
                connection.Open();
                File.SetUnixFileMode(Path.Combine(folder, name), (UnixFileMode)0b110_100_100);
            }

            await File.WriteAllTextAsync(Path.Combine(folder, "last-good.db.corrupt-1"), "old", TestContext.Current.CancellationToken);
            File.SetUnixFileMode(Path.Combine(folder, "last-good.db.corrupt-1"), (UnixFileMode)0b110_100_100);
        }

        var backing = new SqliteBacking(
            Path.Combine(folder, "last-good.db"),
            1 << 20,
            TimeProvider.System,
            NullLogger<SqliteBacking>.Instance);
        await backing.OpenAsync(TestContext.Current.CancellationToken);
        Assert.True(StateFolder.Prepare(Path.Combine(folder, "records.db")));
        using (new RecordDatabase(Path.Combine(folder, "records.db")))
        {
            // 1. While they are open: WAL and shared memory too.
            AssertPrivate(folder, atLeast: 4);
        }

        await backing.DisposeAsync();
        AssertPrivate(folder, atLeast: 2);
    }

    [Fact]
    public void Prepare_SharedFolder_IsLeftAsItIsAndTold()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has access lists.");
        var shared = Path.Combine(_root, "shared");
        Directory.CreateDirectory(shared);
        var mode = (UnixFileMode)0b1_111_111_111;
        File.SetUnixFileMode(shared, mode);
        Assert.False(StateFolder.Prepare(Path.Combine(shared, "records.db")));
        Assert.Equal(mode, File.GetUnixFileMode(shared));
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(Path.Combine(shared, "records.db")) & Others);
    }

    private static void AssertPrivate(string folder, int atLeast)
    {
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(folder) & Others);
        var files = Directory.GetFiles(folder);
        Assert.InRange(files.Length, atLeast, 100);
        foreach (var file in files)
        {
            Assert.True((File.GetUnixFileMode(file) & Others) == UnixFileMode.None, $"{file} is {File.GetUnixFileMode(file)}");
        }
    }
}
