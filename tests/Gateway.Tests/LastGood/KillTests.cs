using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Gateway.Tests.LastGood;

/// <summary>kill -9 while the store is being written: it opens each time, and what it serves is what was kept.</summary>
[Trait("kind", "process")]
public sealed class KillTests
{
    private const string FileVariable = "GATEWAY_TEST_KILLED_STORE";
    private const int Keys = 40;

    [Fact]
    public async Task KillNine_WhileWriting_TheStoreOpensAndServesNoWrongByte()
    {
        using var folder = new TempFolder();
        var file = folder.File("last-good.db");
        var route = Guide.Route();
        var random = new Random(5);
        var seen = 0;
        for (var round = 0; round < 20; round++)
        {
            // 1. A process writes and writes; it is killed in the middle of it.
            using (var writer = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Gateway.Tests"))
            {
                ArgumentList =
                {
                    "-method",
                    $"{typeof(KillTests).FullName}.{nameof(Writer_UntilItIsKilled_Writes)}",
                    "-explicit",
                    "only",
                    "-noLogo"
                },
                Environment = { [FileVariable] = file },
                RedirectStandardOutput = true,
                UseShellExecute = false,
            })!)
            {
                _ = writer.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
                var (last, writes) = (Written(file), 0);
                await Guide.Until(
                    () =>
                    {
                        var now = Written(file);
                        writes += now > last ? 1 : 0;
                        last = now;
                        return writes >= 3;
                    },
                    "the writer writes");
                using var moment = new PeriodicTimer(TimeSpan.FromMilliseconds(random.Next(1, 60)), TimeProvider.System);
                await moment.WaitForNextTickAsync(TestContext.Current.CancellationToken);
                Assert.False(writer.HasExited);
                writer.Kill();
                await writer.WaitForExitAsync(TestContext.Current.CancellationToken);
            }

            // 2. The next gateway reads what is there.
            await using var store = await SqliteBackingTests.OpenStoreAsync(file);
            Assert.Null(store.Alarm);
            Assert.Equal(0, store.CorruptTotal);
            for (var key = 0; key < Keys; key++)
            {
                if (store.BodyFor(route, Guide.Get($"/{key}")) is { } body)
                {
                    seen++;
                    Assert.Equal(Body(key, int.Parse(body.AsSpan(0, 8), NumberStyles.None, CultureInfo.InvariantCulture)), body);
                }
            }
        }

        Assert.InRange(seen, 20, 20 * Keys);
        Assert.Empty(Directory.GetFiles(folder.Path, "*.corrupt-*"));
    }

    /// <summary>The process that is killed. Explicit: only the test above starts it, in a process of its own.</summary>
    [Fact(Explicit = true)]
    public async Task Writer_UntilItIsKilled_Writes()
    {
        var file = Environment.GetEnvironmentVariable(FileVariable);
        Assert.NotNull(file);
        await using var store = await SqliteBackingTests.OpenStoreAsync(file);
        var route = Guide.Route(new() { RefreshEvery = TimeSpan.Zero });
        for (var version = 0; version < 10_000_000; version++)
        {
            store.Respond(route, Guide.Get($"/{version % Keys}"), Body(version % Keys, version));
            if (version % 16 == 0)
            {
                await store.FlushAsync(TestContext.Current.CancellationToken);
            }
        }
    }

    private static string Body(int key, int version) =>
        string.Create(CultureInfo.InvariantCulture, $"{version:00000000} key {key} ")
            + new string((char)('a' + (version % 26)), 500 + (version * 37 % 3000));

    private static long Written(string file) =>
        new[] { file, file + "-wal" }.Where(File.Exists).Sum(f => File.GetLastWriteTimeUtc(f).Ticks);
}
