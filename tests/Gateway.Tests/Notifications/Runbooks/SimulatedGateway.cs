using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Notifications.Runbooks;
using Gateway.Observability.History;

namespace Gateway.Tests.Notifications.Runbooks;

/// <summary>A gateway's runbooks in a simulated week: the real keeper, and effects that change the world.</summary>
internal sealed class SimulatedGateway : IRunbookEffects
{
    private readonly SimulatedWeek _week;
    private readonly RunbookHistory _history = new();
    private readonly List<(FaultKey Key, StepResult Result, TimeSpan At)> _results = [];
    private readonly List<(RunbookFault Fault, TimeSpan Age)> _asked = [];
    private readonly HashSet<FaultKey> _running = [];
    private readonly FleetSizeMemory _size = new();
    private RunbookKeeper _keeper;
    private ClusterView[] _views = [];

    public SimulatedGateway(SimulatedWeek week, int index)
    {
        _week = week;
        Index = index;
        _keeper = new RunbookKeeper(_history, this);
    }

    public int Index { get; }

    /// <summary>Redis is out of its reach.</summary>
    public bool IsCutOff { get; set; }

    /// <summary>Told before a program starts.</summary>
    public Action<SimulatedGateway, RunbookFault>? Acts { get; set; }

    /// <summary>Told when a run starts.</summary>
    public Action<SimulatedGateway, RunbookCase>? Starts { get; set; }

    public Dictionary<string, int> Outcomes { get; } = new(StringComparer.Ordinal);

    public bool IsQuiet => _running.Count == 0 && _asked.Count == 0 && _keeper.Votes.IsEmpty;

    public IReadOnlyCollection<FaultKey> Running => _running;

    public void Turn()
    {
        _views = _week.ViewsFor(Index);
        var input = InputOf();
        foreach (var (fault, age) in _asked.ToArray())
        {
            _asked.Remove((fault, age));
            var permit = !_week.HasRedis ? RunbookPermit.Granted
                : IsCutOff ? RunbookPermit.Unreachable
                : _week.Redis.Take(Index, fault, age);
            if (!_keeper.OnPermit(fault.Key, permit, input) && permit == RunbookPermit.Granted)
            {
                _week.Redis.GiveBack(Index, fault.Key.Cluster);
            }
        }

        foreach (var result in _results.Where(result => result.At <= _week.Now).ToArray())
        {
            _results.Remove(result);
            _keeper.OnResult(result.Key, result.Result);
        }

        _keeper.Turn(input);
        if (!IsCutOff)
        {
            _week.Redis.Votes[Index] = [.. _keeper.Votes];
        }
    }

    /// <summary>Its process ends and begins anew: runs are interrupted, drains end with it, the file stays.</summary>
    public void Restart()
    {
        _keeper.Stop(InputOf());
        _results.Clear();
        _asked.Clear();
        _keeper = new RunbookKeeper(_history, this);
    }

    public void AskPermit(RunbookFault fault, TimeSpan age) => _asked.Add((fault, age));

    public void Begin(RunbookFault fault, RunbookStep step)
    {
        var destination = DestinationOf(fault);
        var takes = TimeSpan.Zero;
        switch (step)
        {
            case DrainStep:
                destination.DrainedBy = RunbookFactsReader.ByOf(fault.Runbook.Name);
                break;
            case ReadyStep:
                destination.DrainedBy = null;
                break;
            default:
                Acts?.Invoke(this, fault);
                destination.RestartsUntil = _week.Now + TimeSpan.FromSeconds(_week.Random.Next(3, 20));
                takes = TimeSpan.FromSeconds(_week.Random.Next(1, 40));
                break;
        }

        _results.Add((fault.Key, new StepResult(_week.Random.Next(20) > 0, ""), _week.Now + takes));
    }

    public void End(RunbookFault fault)
    {
        _running.Remove(fault.Key);
        _results.RemoveAll(result => result.Key == fault.Key);
        DestinationOf(fault).DrainedBy = null;
        _week.Redis.GiveBack(Index, fault.Key.Cluster);
    }

    public void Announce(RunbookCase one, RunbookNews news, string text)
    {
        if (news == RunbookNews.Started)
        {
            _running.Add(new FaultKey(one.Runbook, one.Cluster, one.Destination));
            Starts?.Invoke(this, one);
        }

        if (news is RunbookNews.Ended or RunbookNews.Refused or RunbookNews.Judged)
        {
            var what = news == RunbookNews.Refused ? one.Text : one.Outcome.ToString();
            Outcomes[what] = Outcomes.GetValueOrDefault(what) + 1;
        }
    }

    private SimulatedDestination DestinationOf(RunbookFault fault) =>
        _week.Destinations.Single(d => d.Cluster == fault.Key.Cluster && d.Name == fault.Key.Destination);

    private RunbookInput InputOf() => new(
        [_week.Runbook],
        _views,
        IsHistoryRead: true,
        _week.HasRedis ? FleetOf() : null,
        _week.Now,
        _week.Utc);

    private Func<FaultKey, FleetFacts> FleetOf()
    {
        // Those that are cut off are not heard; their signs of life have ended.
        var heard = _week.Gateways.Where(gateway => !gateway.IsCutOff && !IsCutOff).Select(static g => g.Index).ToArray();
        var size = _size.Count(heard.Append(Index).Select(static index => $"{index}"), _week.Now);
        return key => new FleetFacts(
            !IsCutOff, heard.Count(index => _week.Redis.Votes.GetValueOrDefault(index)?.Contains(key.Id) == true), size);
    }
}
