using System.Diagnostics;
using System.Globalization;
using Gateway.Configuration;
using Gateway.Drills.Faults;
using Gateway.Drills.Load;
using Gateway.Drills.Processes;
using Xunit;

namespace Gateway.Tests.Drills;

[Trait("kind", "process")]
public class TestBedTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Config_AsWrittenForATestBed_IsAcceptedByTheGateway()
    {
        await using var bed = await TestBed.StartAsync(new() { Primaries = 0, Standbys = 0, StartGateway = false }, Cancel);
        var config = TestBedConfig.Create(20_001, 20_002, bed.Folder, ["http://127.0.0.1:20003"], ["http://127.0.0.1:20004"])
            .Set("clusters.ai-guide.tiers.1.capacity", "50")
            .Set("clusters.ai-guide.attempts.retryOn", "[connect, reset, 500]")
            .Set("routes.chat.stream.onInterrupt", "resume")
            .Set("routes.recommend.lastGood", null)
            .Set("routes.recommend.fallback", "[ { file: recommend.json } ]");
        bed.WriteConfig(config.ToString());

        var result = ConfigLoader.Load(bed.Gateway.ConfigFile, _ => null);

        Assert.Empty(result.Problems);
        var cluster = result.Config!.Clusters.Single();
        Assert.Equal(50, cluster.Tiers[1].Capacity);
        Assert.Null(result.Config.Routes.Single(route => string.Equals(route.Name, "recommend", StringComparison.Ordinal)).LastGood);
    }

    [Fact]
    public void Yaml_PathThroughAPlainValue_IsRefusedWithThePath()
    {
        var yaml = GatewayYaml.Parse("version: 1\nlist: [ a ]\n");

        Assert.Contains(
            "version.below",
            Assert.Throws<ArgumentException>(() => yaml.Set("version.below", "2")).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "list.first",
            Assert.Throws<ArgumentException>(() => yaml.Set("list.first.x", "2")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Guide_KilledAndStartedAgain_KeepsItsPortAndLosesItsFault()
    {
        await using var bed = await TestBed.StartAsync(new() { Primaries = 1, Standbys = 0, StartGateway = false }, Cancel);
        var guide = bed.Primaries[0];
        await guide.SetFaultAsync(new() { Mode = "500" }, Cancel);
        Assert.Equal(5, (await AskAsync(guide)).Count(Outcome.Status));
        var (pid, port) = (guide.Pid, guide.Port);

        await guide.KillAsync();
        Assert.False(guide.IsRunning);
        Assert.Equal(128 + Signals.Kill, guide.ExitCode);
        Assert.Equal(5, (await AskAsync(guide)).Count(Outcome.Refused));

        await guide.StartAsync(Cancel);
        Assert.NotEqual(pid, guide.Pid);
        Assert.Equal(port, guide.Port);
        Assert.Equal(5, (await AskAsync(guide)).LiveFrom("p1"));
    }

    [Fact]
    public async Task Guide_FrozenAndThawed_AnswersLateButAnswers()
    {
        await using var bed = await TestBed.StartAsync(new() { Primaries = 1, Standbys = 0, StartGateway = false }, Cancel);
        var guide = bed.Primaries[0];
        var freeze = new FreezeFault("p1");

        await freeze.BreakAsync(bed);
        var run = LoadRun.Start(Plan(guide));
        await run.UntilAsync(TimeSpan.FromSeconds(0.5), Cancel);
        Assert.Equal(0, run.Count(Outcome.Live));
        await freeze.RecoverAsync(bed);
        var ledger = await run.Completion;

        Assert.Equal(5, ledger.Count(Outcome.Live));
        Assert.True(ledger.Latencies().P50 > TimeSpan.FromSeconds(0.4));
    }

    [Fact]
    public async Task RelayFault_BrokenAndRecovered_RefusesThenResponds()
    {
        await using var bed = await TestBed.StartAsync(new() { Primaries = 1, Standbys = 0, StartGateway = false, Relays = true }, Cancel);
        var behind = Plan(bed.Primaries[0]) with
        {
            Target = LoadTarget.Parse("http://127.0.0.1:" + bed.Relays[0].Port.ToString(CultureInfo.InvariantCulture))
        };
        var fault = new RelayFault(RelayBehaviour.Pass, RelayBehaviour.Pass, RelayDoor.Refuse, "p1");

        await fault.BreakAsync(bed);
        Assert.Equal(5, (await LoadRun.RunAsync(behind)).Count(Outcome.Refused));
        await fault.RecoverAsync(bed);
        Assert.Equal(5, (await LoadRun.RunAsync(behind)).LiveFrom("p1"));
    }

    [Fact]
    public async Task ConfigFault_BrokenAndRecovered_ReplacesTheFileAndPutsItBack()
    {
        await using var bed = await TestBed.StartAsync(new() { Primaries = 0, Standbys = 0, StartGateway = false }, Cancel);
        var good = await File.ReadAllTextAsync(bed.Gateway.ConfigFile, Cancel);
        var fault = new ConfigFault("version: [");

        await fault.BreakAsync(bed);
        Assert.Equal("version: [", await File.ReadAllTextAsync(bed.Gateway.ConfigFile, Cancel));
        await fault.RecoverAsync(bed);
        Assert.Equal(good, await File.ReadAllTextAsync(bed.Gateway.ConfigFile, Cancel));
    }

    [Fact]
    public async Task Cart_Posted_IsWrittenOnceForEachIdBeforeItsAcknowledgement()
    {
        await using var bed = await TestBed.StartAsync(new() { Primaries = 1, Standbys = 0, StartGateway = false }, Cancel);
        var cart = new CartScenario("t");

        var ledger = await LoadRun.RunAsync(Plan(bed.Primaries[0]) with { Scenarios = [cart] });

        Assert.Equal(5, ledger.LiveFrom("p1"));
        var lines = await File.ReadAllLinesAsync(bed.OrdersFile, Cancel);
        Assert.Equal(
            Enumerable.Range(0, 5).Select(n => $"t-{n} p1 {bed.Primaries[0].Pid.ToString(CultureInfo.InvariantCulture)}"),
            lines.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Stream_ReadToItsEnd_IsDoneWithEveryId()
    {
        await using var bed = await TestBed.StartAsync(new() { Primaries = 1, Standbys = 0, StartGateway = false }, Cancel);

        var report = await new StreamClient(LoadTarget.Parse(bed.Primaries[0].Url), tokens: 5, intervalMs: 10, "c").RunAsync(Cancel);

        Assert.Equal(StreamEnd.Done, report.End);
        Assert.Equal([0, 1, 2, 3, 4], report.Ids);
        Assert.True(report.AreIdsWhole);
    }

    [Fact]
    public async Task Stream_GuideKilledInItsMiddle_IsCut()
    {
        await using var bed = await TestBed.StartAsync(new() { Primaries = 1, Standbys = 0, StartGateway = false }, Cancel);
        var client = new StreamClient(LoadTarget.Parse(bed.Primaries[0].Url), tokens: 1_000, intervalMs: 10, "c");
        var running = client.RunAsync(Cancel);
        await client.FirstEvent;

        await bed.Primaries[0].KillAsync();

        Assert.Equal(StreamEnd.Cut, (await running).End);
    }

    [Fact]
    public async Task Figures_OfAProcess_ShowItsMemoryAndDescriptors()
    {
        await using var bed = await TestBed.StartAsync(new() { Primaries = 1, Standbys = 0, StartGateway = false }, Cancel);

        var figures = bed.Primaries[0].Figures;

        Assert.InRange(figures.ResidentBytes, 10_000_000, 1_000_000_000);
        Assert.InRange(figures.Descriptors, 10, 2_000);
        Assert.InRange(figures.Cpu, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Bed_Disposed_LeavesNoProcessAndNoFolder()
    {
        var bed = await TestBed.StartAsync(new() { Primaries = 1, Standbys = 1, StartGateway = false }, Cancel);
        var pids = bed.Guides.Select(guide => guide.Pid).ToList();
        bed.Guide("s1").Freeze();

        await bed.DisposeAsync();

        Assert.All(pids, pid => Assert.False(Directory.Exists($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}")));
        Assert.False(Directory.Exists(bed.Folder));
    }

    [Fact]
    public async Task Child_ParentKilled_EndsToo()
    {
        // The drill program, which starts guides, is killed without warning: the kernel must end them.
        var drills = Path.Combine(
            Repository.Root,
            "loadtests",
            "Gateway.Drills",
            "bin",
            Repository.Configuration,
            "net10.0",
            "gateway-drills.dll");
        await using var parent = new ChildProcess("parent", "dotnet",
        [
            drills,
            "table",
            "--only",
            "one-killed",
            "--warm",
            "60"
        ], new Dictionary<string, string>(StringComparer.Ordinal) { ["GATEWAY_ROOT"] = Repository.Root });
        await parent.StartAsync(Cancel);
        var children = await UntilAsync(() => ChildrenOf(parent.Pid), found => found.Count >= 4);

        parent.Send(Signals.Kill);

        await UntilAsync(() => children.Where(IsAlive).ToList(), alive => alive.Count == 0);
    }

    private static List<int> ChildrenOf(int pid) =>
    [
        .. Directory.GetDirectories($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/task")
            .Select(task => Path.Combine(task, "children"))
            .Where(File.Exists)
            .SelectMany(file => File.ReadAllText(file).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(text => int.Parse(text, CultureInfo.InvariantCulture)),
    ];

    private static bool IsAlive(int pid)
    {
        try
        {
            // A killed process whose new parent has not looked yet is a zombie: dead, with an entry.
            var stat = File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat");
            return stat[stat.LastIndexOf(')') + 2] != 'Z';
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task<T> UntilAsync<T>(Func<T> read, Func<T, bool> condition)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var value = read();
            if (condition(value))
            {
                return value;
            }

            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20), "The condition was not met within 20 s.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
        }
    }

    private static Task<Ledger> AskAsync(GuideProcess guide) => LoadRun.RunAsync(Plan(guide));

    private static LoadPlan Plan(GuideProcess guide) => new()
    {
        Target = LoadTarget.Parse(guide.Url),
        Rate = RateProfile.Constant(50, TimeSpan.FromSeconds(0.1)),
        Scenarios = [new RecommendScenario()],
        Deadline = TimeSpan.FromSeconds(10),
    };
}
