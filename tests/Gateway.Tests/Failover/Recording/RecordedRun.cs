using System.Collections.Concurrent;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Failover.Recording;
using Gateway.Health.Model;
using Gateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Failover.Recording;

/// <summary>The failover loop with real probes against real sockets, and its recording.</summary>
internal sealed class RecordedRun : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly RawServer _primary = new();
    private readonly RawServer _standby = new();
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory();
    private readonly ConcurrentQueue<Transition> _transitions = new();
    private readonly RecordingWriter _writer;
    private readonly FailoverLoop _loop;
    private readonly TimeSpan _ramp;
    private bool _stopped;

    /// <param name="ramp">How long a return takes; the default: hardly any time.</param>
    public RecordedRun(TimeSpan? ramp = null)
    {
        _ramp = ramp ?? TimeSpan.FromMilliseconds(300);
        Config = Configure(new FailoverConfig());
        _loop = new FailoverLoop(Config, TimeProvider.System, NullLogger<FailoverLoop>.Instance, [_transitions.Enqueue]);
        _writer = new RecordingWriter(
            Queue, new RecordingFolder(Folder), TimeProvider.System, NullLogger<RecordingWriter>.Instance);
        _loop.RecordTo(Queue);
    }

    public RecordingQueue Queue { get; } = new();

    public string Folder => Path.Combine(_root.FullName, "recording");

    public GatewayConfig Config { get; }

    public IReadOnlyList<Transition> Transitions => [.. _transitions];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Cluster Cluster => _loop.Find("guide")!;

    public GatewayConfig Configure(FailoverConfig failover) => new()
    {
        Listen = [],
        State = "state",
        StaticFallback = "static-fallback",
        Routes = [],
        Clusters =
        [
            new ClusterConfig
            {
                Name = "guide",
                Tiers = [Tier("primary", "p", _primary), Tier("standby", "s", _standby)],
                Probe = new ProbeConfig
                {
                    Interval = TimeSpan.FromMilliseconds(300),
                    FastInterval = TimeSpan.FromMilliseconds(100),
                    Timeout = TimeSpan.FromSeconds(2),
                },
                Passive = new PassiveConfig { EjectFor = TimeSpan.FromMilliseconds(300) },
                Failover = failover,
                Failback = new FailbackConfig { After = TimeSpan.FromMilliseconds(400), Ramp = _ramp },
            },
        ],
    };

    public async Task StartAsync()
    {
        _writer.Start();
        await _loop.StartAsync(Cancel);
        await _loop.FirstRound.WaitAsync(Patience, Cancel);
        await ServesAsync(0);
    }

    /// <summary>The primary dies and comes back.</summary>
    public async Task FailOverAndBackAsync()
    {
        await _primary.KillAsync();
        await ServesAsync(1);
        _primary.Restart();
        await ServesAloneAsync();
    }

    /// <summary>The primary dies and comes back, and fails so many more requests than the standby that its ramp is aborted.</summary>
    public async Task AbortRampAsync()
    {
        await _primary.KillAsync();
        await ServesAsync(1);
        _primary.Restart();
        await Eventually.BeTrueAsync(() => Cluster.Snapshot is { Active: 0, RampFrom: 1 }, Patience, "the ramp begins");
        await Eventually.BeTrueAsync(
            () =>
            {
                // The loop sets both counts with the ramp, just after it is published.
                var (returning, other) = (Cluster.Snapshot.Tiers[0].Load.Counts, Cluster.Snapshot.Tiers[1].Load.Counts);
                for (var request = 0; request < 10; request++)
                {
                    returning?.Ended();
                    other?.Ended();
                }

                returning?.Failed();
                return Cluster.Snapshot.Active == 1;
            },
            Patience,
            "the ramp is aborted");
    }

    /// <summary>Requests meet failures between successes, until it is ejected; its half-open probe brings it back.</summary>
    public async Task EjectAsync()
    {
        var destination = Cluster.Snapshot.Tiers[0].Usable[0];
        await Eventually.BeTrueAsync(
            () =>
            {
                destination.Tally("chat").Success();
                _loop.Report(new Evidence(destination, "recommend", EvidenceKind.Connect, Target: 7, Confirmed: true));
                return Cluster.Snapshot.Active == 1;
            },
            Patience,
            "the standby serves");
        await Eventually.BeTrueAsync(
            () =>
            {
                if (destination.TryTakeHalfOpenPermit())
                {
                    destination.Tally("recommend").Success();
                    _loop.Report(new Evidence(destination, "recommend", EvidenceKind.Success, HalfOpen: true));
                }

                return Cluster.Snapshot is { Active: 0, RampFrom: -1 };
            },
            Patience,
            "the primary serves again");
    }

    public async Task HoldAndReleaseAsync()
    {
        await CommandAsync(new HoldCommand("guide", "standby", TimeSpan.FromHours(1), "maintenance") { By = "ann@laptop" });
        await ServesAsync(1);
        await CommandAsync(new ReleaseCommand("guide"));
        await ServesAloneAsync();
    }

    public async Task DrainAsync()
    {
        await CommandAsync(new DrainCommand("guide", "p") { Reason = "a deploy" });
        await ServesAsync(1);
        await CommandAsync(new ReadyCommand("guide", "p"));
        await ServesAloneAsync();
    }

    /// <summary>A changed configuration without the standby, and then with it again.</summary>
    public async Task ReloadAsync()
    {
        var cluster = Config.Clusters[0];
        await _loop.ApplyAsync(Config with { Clusters = [cluster with { Tiers = [cluster.Tiers[0]] }] }, Cancel);
        await _loop.ApplyAsync(Config, Cancel);
    }

    /// <summary>Ends the segment: the next one begins with a checkpoint.</summary>
    public async Task BeginSegmentAsync()
    {
        _writer.Flush();
        var files = RecordingFiles.Of(Folder).Count;
        Queue.WantsCheckpoint = true;
        await Eventually.BeTrueAsync(
            () =>
            {
                _writer.Flush();
                return RecordingFiles.Of(Folder).Count > files;
            },
            Patience,
            "another segment");
    }

    /// <summary>Ends the run; all of it is on disk.</summary>
    public async Task StopAsync()
    {
        if (!_stopped)
        {
            _stopped = true;
            await _loop.DisposeAsync();
            await _writer.DisposeAsync();
        }
    }

    public static async Task<ReplayResult> ReplayAsync(IEnumerable<string> files, GatewayConfig? given = null)
    {
        var replay = new DecisionReplay(given is null ? null : RecordedConfigs.Of(given));
        foreach (var line in files.SelectMany(RecordingFiles.Read))
        {
            replay.Take(line);
        }

        return await replay.EndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _primary.DisposeAsync();
        await _standby.DisposeAsync();
        _root.Delete(recursive: true);
    }

    private static TierConfig Tier(string name, string destination, RawServer server) =>
        new() { Name = name, Destinations = [new DestinationConfig { Name = destination, Url = server.Url }] };

    private async Task CommandAsync(Command command) => Assert.True((await _loop.CommandAsync(command, Cancel)).Done);

    private Task ServesAsync(int tier) =>
        Eventually.BeTrueAsync(() => Cluster.Snapshot.Active == tier, Patience, $"tier {tier} serves");

    private Task ServesAloneAsync() =>
        Eventually.BeTrueAsync(() => Cluster.Snapshot is { Active: 0, RampFrom: -1 }, Patience, "the primary serves alone");
}
