using System.Collections.Immutable;
using System.Globalization;
using Gateway.Admin.Status;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Fleet;
using Gateway.Fleet.Canaries;
using Gateway.LastGood.Policy;
using Gateway.Observability;
using Gateway.Redis;

namespace Gateway.Hosting;

/// <summary>
/// This gateway as one of several that share a Redis: votes, operators' commands and purges go to the others and come from them, and
/// rate limits count together.
/// </summary>
internal sealed class FleetMembership
{
    private readonly FleetLoop _loop;
    private readonly SharedLimits _limits;
    private readonly ConfigSource _config;
    private readonly Func<Uri> _address;
    private GatewayConfig? _revised;
    private string _revision = "";

    /// <param name="redis">What the gateways share.</param>
    /// <param name="failover">Gives this gateway's votes, and takes what the fleet decided.</param>
    /// <param name="pipeline">Its routes name the rate limits that count together.</param>
    /// <param name="stored">The responses that purges of other gateways concern.</param>
    /// <param name="announcements">Told of other gateways' commands.</param>
    /// <param name="address">Where this gateway's admin endpoint listens; asked after the start.</param>
    /// <param name="faults">The faults of runbooks that this gateway sees.</param>
    /// <param name="config">The configuration in force, and its canary.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The log.</param>
    public FleetMembership(
        RedisConnection redis,
        FailoverLoop failover,
        RequestPipeline pipeline,
        StoredResponses stored,
        Announcements announcements,
        Func<Uri> address,
        Func<ImmutableArray<string>> faults,
        ConfigSource config,
        TimeProvider time,
        GatewayLog log)
    {
        (_config, _address) = (config, address);
        var self = new FleetSelf(
            () => Name,
            GatewayBuild.Version,
            CommonRevision,
            announcements.Announce,
            stored.ForgetPurged)
        {
            Faults = faults,
            Outcomes = () => config.Canary.Sum,
            AskedRoutes = () => config.Canary.AskedRoutes,
            RouteOutcomes = routes => config.Canary.OutcomesOf(routes),
        };
        _loop = new FleetLoop(redis, failover, self, time, log.For<FleetLoop>());
        Lease = new CanaryLease(redis, () => Name, time);
        _limits = new SharedLimits(redis, () => pipeline.Endpoints.SharedLimits, time, log.For<SharedLimits>());
        failover.WhenOpinionChanges(_loop.Wake);
    }

    /// <summary>This gateway's name for people: its machine and the port of its admin endpoint.</summary>
    public string Name => $"{Environment.MachineName}:{_address().Port.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Chooses the gateway that has a changed configuration as a canary.</summary>
    public CanaryLease Lease { get; }

    /// <summary>The other gateways, as heard.</summary>
    public FleetView View => _loop.View;

    /// <summary>Whether rate limits count together now; null: there are none.</summary>
    public bool? AreLimitsShared => _limits.IsShared;

    /// <summary>What is wrong with the exchange, and with the rate limits' counting together.</summary>
    public IEnumerable<ComponentAlert> Alarms =>
        _loop.Alarms.Append(Isolation).OfType<string>().Select(static text => new ComponentAlert("fleet", text))
            .Concat(_limits.Alarm is { } alarm ? [new ComponentAlert("rate-limits", alarm)] : []);

    /// <summary>Why users' traffic should not come here: this gateway alone reaches nothing; null: it does not.</summary>
    public string? Isolation => _loop.Isolation;

    /// <summary>How long ago this gateway alone reached nothing; zero: it does so now; null: it never did.</summary>
    public TimeSpan? SinceIsolation => _loop.SinceIsolation;

    /// <summary>Most of the other gateways serve a cluster: that this one does not says nothing of its destinations.</summary>
    public bool OthersServe(string cluster) => _loop.OthersServe(cluster);

    /// <summary>Begins to exchange.</summary>
    public void Start()
    {
        _loop.Start();
        _limits.Start();
    }

    /// <summary>Passes an operator's command on.</summary>
    public void Publish(Command command) => _loop.Publish(command);

    /// <summary>Passes a purge on.</summary>
    public void Publish(PurgeRule rule) => _loop.TellPurge(rule.By.ToString(), rule.Text);

    /// <summary>Leaves the fleet.</summary>
    public async Task StopAsync()
    {
        await _limits.DisposeAsync().ConfigureAwait(false);
        await _loop.DisposeAsync().ConfigureAwait(false);
    }

    // Asked for with each exchange, and changed by reloads only.
    private string CommonRevision()
    {
        var config = _config.Current;
        if (!ReferenceEquals(_revised, config))
        {
            _revision = ConfigView.CommonRevisionOf(config);
            _revised = config;
        }

        return _revision;
    }
}
