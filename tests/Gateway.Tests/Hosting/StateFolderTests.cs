using System.Diagnostics;
using System.Text.Json;
using Gateway.Drills.Processes;
using Gateway.Tests.Support;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Gateway.Tests.Hosting;

/// <summary>
/// A whole gateway whose state folder is full, not writable or held by somebody: users notice nothing, operators do, and it mends itself.
/// </summary>
[Trait("kind", "process")]
public sealed class StateFolderTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(20) };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task DiskFull_UsersAreServedOperatorsAreToldAndItCatchesUp()
    {
        await using var disk = await Disk.TryMountAsync("size=1m");
        Assert.SkipWhen(disk is null, Disk.Missing);
        await using var bed = await StartAsync(disk.Path);
        await Ask(bed, 0);
        var filler = Path.Combine(disk.Path, "filler");
        Fill(filler);

        // 1. Full: both stores say so, and each request is answered.
        var sent = 1;
        await AlarmsAsync(bed, async alarms =>
        {
            await Ask(bed, sent++);
            return alarms.Contains("records") && alarms.Contains("last-good");
        });
        Assert.Contains(
            (await StatusAsync(bed)).GetProperty("alarms").EnumerateArray(),
            static a => a.GetString()!.Contains("the disk is full", StringComparison.Ordinal));
        Assert.Equal(0, (await bed.Gateway.MetricsAsync(Cancel)).Sum("gateway_requests_total", ("outcome", "failed")));

        // 2. Room again: nothing is left of the alarm, and the ledger has every request.
        File.Delete(filler);
        await AlarmsAsync(bed, static alarms => Task.FromResult(alarms.Length == 0));
        await Eventually.BecomeTrueAsync(async () => await LedgerAsync(bed) == sent, Patience, $"{sent} requests in the ledger");

        // 3. What was kept in memory meanwhile is on the disk: killed, and with all guides dead, the gateway still answers with it.
        await bed.Gateway.KillAsync();
        await bed.Primaries[0].KillAsync();
        await bed.Gateway.StartAsync(Cancel);
        await Eventually.BecomeTrueAsync(
            async () => await StepAsync(bed, sent - 1) == "last-good",
            Patience,
            "the newest response from the disk");
    }

    [Fact]
    public async Task FolderReadOnlyFromTheStart_UsersAreServedAndItIsUsedOnceItCanBe()
    {
        await using var disk = await Disk.TryMountAsync("size=4m,ro");
        Assert.SkipWhen(disk is null, Disk.Missing);
        await using var bed = await StartAsync(disk.Path);
        await Ask(bed, 0);
        await AlarmsAsync(bed, static alarms => Task.FromResult(alarms.Contains("records") && alarms.Contains("last-good")));

        Assert.Equal(0, await disk.RunAsync("mount", "-o", "remount,rw", disk.Path));
        await AlarmsAsync(bed, static alarms => Task.FromResult(alarms.Length == 0));
        Assert.True(File.Exists(Path.Combine(disk.Path, "records.db")) && File.Exists(Path.Combine(disk.Path, "last-good.db")));
    }

    [Fact]
    public async Task DatabasesLocked_UsersAreServedAndTheyCatchUp()
    {
        await using var bed = await TestBed.StartAsync(new() { Primaries = 1, Standbys = 0 }, Cancel);
        await Ask(bed, 0);
        await Eventually.BeTrueAsync(() => File.Exists(In(bed, "records.db"))
            && File.Exists(In(bed, "last-good.db")), Patience, "both files");
        var sent = 1;
        await using (var records = Lock(In(bed, "records.db")))
        await using (var responses = Lock(In(bed, "last-good.db")))
        {
            await AlarmsAsync(bed, async alarms =>
            {
                await Ask(bed, sent++);
                return alarms.Contains("records") && alarms.Contains("last-good");
            });
        }

        await AlarmsAsync(bed, static alarms => Task.FromResult(alarms.Length == 0));
        await Eventually.BecomeTrueAsync(async () => await LedgerAsync(bed) == sent, Patience, $"{sent} requests in the ledger");
    }

    private static Task<TestBed> StartAsync(string state) =>
        TestBed.StartAsync(new() { Primaries = 1, Standbys = 0, Config = [("state", $"\"{state}\"")] }, Cancel);

    private static string In(TestBed bed, string file) => Path.Combine(bed.Folder, "state", file);

    private static async Task Ask(TestBed bed, int user)
    {
        using var response = await Http.GetAsync($"{bed.Gateway.Url}/api/guide/recommend?user=u{user}", Cancel);
        Assert.True(response.IsSuccessStatusCode && !response.Headers.Contains("X-Fallback"));
    }

    private static async Task<string?> StepAsync(TestBed bed, int user)
    {
        using var response = await Http.GetAsync($"{bed.Gateway.Url}/api/guide/recommend?user=u{user}", Cancel);
        return response.Headers.TryGetValues("X-Fallback", out var step) ? step.Single() : null;
    }

    private static async Task<JsonElement> StatusAsync(TestBed bed) =>
        JsonDocument.Parse(await bed.Gateway.StatusAsync(Cancel)).RootElement;

    // By the metric, as an alert would see it.
    private static Task AlarmsAsync(TestBed bed, Func<string[], Task<bool>> enough) => Eventually.BecomeTrueAsync(
        async () =>
            await enough([.. (await bed.Gateway.MetricsAsync(Cancel)).Samples.Where(static s =>
                s.Name == "gateway_alarm").Select(static s => s.Labels["part"])]),
        Patience, "the alarms");

    private static async Task<long> LedgerAsync(TestBed bed)
    {
        using var response = await Http.GetAsync($"{bed.Gateway.AdminUrl}/availability?window=1h", Cancel);
        return response.IsSuccessStatusCode
            ? JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancel)).RootElement[0]
                .GetProperty("measured")
                .GetProperty("requests")
                .GetProperty("live")
                .GetInt64()
            : -1;
    }

    private static SqliteConnection Lock(string file)
    {
        var connection = new SqliteConnection($"Data Source={file};Pooling=False;Default Timeout=30");
        connection.Open();
        using var begin = connection.CreateCommand();
        begin.CommandText = "BEGIN EXCLUSIVE";
        begin.ExecuteNonQuery();
        return connection;
    }

    private static void Fill(string file)
    {
        using var filler = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
            {
                filler.Write(new byte[1024]);
            }
        }
        catch (IOException)
        {
            // Full: that is what it is for.
        }
    }

    /// <summary>A small disk of its own, in memory.</summary>
    private sealed class Disk : IAsyncDisposable
    {
        public const string Missing = "A file system cannot be mounted here: that needs root.";

        private Disk(string path) => Path = path;

        public string Path { get; }

        public static async Task<Disk?> TryMountAsync(string options)
        {
            var disk = new Disk(Directory.CreateTempSubdirectory("gateway-disk-").FullName);
            if (Environment.IsPrivilegedProcess && await disk.RunAsync("mount", "-t", "tmpfs", "-o", options, "tmpfs", disk.Path) == 0)
            {
                return disk;
            }

            Directory.Delete(disk.Path);
            return null;
        }

        public async Task<int> RunAsync(string program, params string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                UseShellExecute = false,
                RedirectStandardError = true
            })!;
            await process.StandardError.ReadToEndAsync(Cancel);
            await process.WaitForExitAsync(Cancel);
            return process.ExitCode;
        }

        public async ValueTask DisposeAsync()
        {
            await RunAsync("umount", "-l", Path);
            Directory.Delete(Path);
        }
    }
}
