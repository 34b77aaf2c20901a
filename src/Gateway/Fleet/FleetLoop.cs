using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Threading.Channels;
using Gateway.Consensus;
using Gateway.Failover;
using Gateway.Redis;

namespace Gateway.Fleet;

/// <summary>
/// Keeps this gateway and the others of one mind, through Redis: four exchanges a second and one at once when there is news. It tells the
/// failover loop what the fleet says, and what operators ordered elsewhere; without a response for <see cref="FleetGuidance.ValidFor"/> the
/// loop decides alone. One task does all of it and is the only writer of its state. No request waits for it.
/// </summary>
internal sealed partial class FleetLoop : IAsyncDisposable
{
    /// <summary>From one exchange to the next, when there is no news.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromMilliseconds(250);

    /// <summary>A gateway that has not been heard of for this long is no longer counted.</summary>
    public static readonly TimeSpan LivesFor = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan NewsGap = TimeSpan.FromMilliseconds(30);

    private readonly RedisConnection _redis;
    private readonly FailoverLoop _loop;
    private readonly FleetSelf _self;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly FleetAgreement _agreement;
    private readonly string _id =
        $"{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}";
    private readonly string _prefix;
    private readonly OperatorOrders _orders;
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1)
    {
        SingleReader = true,
        FullMode = BoundedChannelFullMode.DropWrite
    });
    private readonly CancellationTokenSource _end = new();
    private readonly PurgeLog _purges = new();
    private readonly FleetEpoch _epoch = new();
    private readonly SharedChanges _changes;
    private readonly FleetWarnings _warnings;
    private readonly FleetIsolation _isolation = new();
    private FleetView _view = new(Agreeing: false, 0, [], [], []);
    private Task _running = Task.CompletedTask;
    private long _beat;

    public FleetLoop(RedisConnection redis, FailoverLoop loop, FleetSelf self, TimeProvider time, ILogger<FleetLoop> logger)
    {
        _redis = redis;
        _loop = loop;
        _self = self;
        _time = time;
        _logger = logger;
        _agreement = new FleetAgreement(time);
        _prefix = redis.Prefix + "fleet:";
        _warnings = new FleetWarnings(_prefix);
        _orders = new OperatorOrders(loop, self, _epoch, _warnings, time, logger);
        _changes = new SharedChanges(_epoch, change => Agreed(change.Cluster, change.Kind, change.From, change.To, change.Epoch));
    }

    /// <summary>What people see.</summary>
    public FleetView View
    {
        get
        {
            var view = Volatile.Read(ref _view);
            return _agreement.Holds ? view : view with { Agreeing = false };
        }
    }

    /// <summary>What is wrong, a sentence each. What Redis itself does wrong the connection says.</summary>
    public IReadOnlyList<string> Alarms => _redis.IsUp && _agreement.IsOverdue
        ? [.. View.Warnings, $"The gateways do not hear one another through Redis ({_agreement.Failure}): this one decides alone."]
        : View.Warnings;

    /// <summary>Why users' traffic should not come here: this gateway alone reaches nothing; null: it does not.</summary>
    public string? Isolation => _agreement.Holds ? _isolation.Text(Now) : null;

    /// <summary>How long ago this gateway alone reached nothing; zero: it does so now; null: it never did.</summary>
    public TimeSpan? SinceIsolation => _isolation.Since(Now);

    private TimeSpan Now => _agreement.Now;

    /// <summary>Most of the other gateways serve a cluster: that this one does not says nothing of its destinations.</summary>
    public bool OthersServe(string cluster) =>
        View is { Agreeing: true } view
        && IsolationRule.OthersServe(cluster, view.Gateways.Where(static g => !g.Self).Select(static g => g.Clusters));

    /// <summary>Begins to exchange; returns at once.</summary>
    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>An operator ordered this here, and it was done: the others are to do it too. Never waits.</summary>
    public void Publish(Command command)
    {
        _orders.Publish(command);
        Wake();
    }

    /// <summary>Last-good responses were purged here: the others are to forget them too. Never waits.</summary>
    public void TellPurge(string by, string text)
    {
        _purges.Add(by, text);
        Wake();
    }

    /// <summary>Something changed that the others should hear of soon. Never waits.</summary>
    public void Wake() => _news.Writer.TryWrite(true);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_redis.Answers)
        {
            // The others need not wait until we are forgotten.
            await _redis.SetAsync(
                [(_prefix + "gateway:" + _id, null, TimeSpan.Zero)],
                CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _end.Dispose();
    }

    private async Task RunAsync()
    {
        var news = _news.Reader.WaitToReadAsync(_end.Token).AsTask();
        while (!_end.IsCancellationRequested)
        {
            var again = false;
            try
            {
                again = await ExchangeAsync().ConfigureAwait(false);
            }
            catch (RedisFailedException e)
            {
                _agreement.OnFailure(e.Message);
            }
            catch (Exception e) when (!_end.IsCancellationRequested)
            {
                // Whatever others wrote, or whatever we did wrong: alone it goes on.
                ExchangeFailed(e);
                _agreement.OnFailure("an error of the gateway itself");
            }

            AnnounceAgreement();
            await Task.Delay(NewsGap, _time, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!again)
            {
                await Task.WhenAny(
                    news,
                    Task.Delay(Every * (0.8 + (0.2 * Random.Shared.NextDouble())), _time, _end.Token)).ConfigureAwait(false);
            }

            if (news.IsCompleted)
            {
                _news.Reader.TryRead(out _);
                news = _news.Reader.WaitToReadAsync(_end.Token).AsTask();
            }
        }
    }

    // True: something is to be written that others wait for.
    private async Task<bool> ExchangeAsync()
    {
        // 1. What operators ordered here since.
        _orders.Give(_id, Now);

        // 2. One exchange: this gateway's votes and writes go in, what everyone said comes out.
        ImmutableArray<ClusterVote> votes = [.. _loop.Opinions];
        var slots = new FleetSlots(_loop.Views, _prefix, _id);
        var purges = _purges.Waiting();
        var faults = _self.Faults();
        var reply = await AskAsync(slots, votes, faults, purges).ConfigureAwait(false);

        // 3. What came out.
        var now = Now;
        if (!reply.Known && _agreement.Holds)
        {
            _warnings.OnLoss(now);
            WasFlushed();
        }

        _purges.Sent(purges);
        _orders.Written();
        _changes.Written();
        var gateways = FleetMembers.Of(
            new GatewayView(_id, _self.Name(), Self: true, _self.Version, _self.Revision(), votes) { Faults = faults },
            reply.Lives,
            _epoch,
            out var garbage);
        if (garbage)
        {
            _warnings.OnGarbage(now);
        }

        var ordered = await _orders.TakeAsync(reply, slots, now).ConfigureAwait(false);
        var decided = _changes.Decide(slots.Clusters, reply.Values, votes, gateways, now);
        if (decided.HasGarbage)
        {
            _warnings.OnGarbage(now);
        }

        _loop.Guide(decided.Guidance);
        _isolation.Look(gateways, now);
        foreach (var purge in _purges.News(reply.Purges, now))
        {
            _self.Purge(purge.By, purge.Text);
        }

        _agreement.OnExchange(now);
        Volatile.Write(ref _view, new FleetView(true, _epoch.Highest, gateways, _changes.All, [.. _warnings.Of(gateways, now)])
        {
            Exchange = _beat,
        });
        return ordered || decided.IsProposed;
    }

    private async Task<FleetReply> AskAsync(
        FleetSlots slots, ImmutableArray<ClusterVote> votes, ImmutableArray<string> faults, IReadOnlyList<SharedPurge> purges)
    {
        var life = FleetPayload.Encode(
            new Heartbeat(_self.Name(), _self.Version, _self.Revision(), _epoch.Highest, votes)
            {
                Faults = faults,
                Outcomes = _self.Outcomes(),
                AskedRoutes = _self.AskedRoutes(),
                Routes = _self.RouteOutcomes(FleetMembers.RoutesAskedFor(View.Gateways)),
                Beat = ++_beat,
            });
        var values = FleetScript.ArgumentsOf(_id, life, LivesFor, _prefix
            + "gateway:", slots.Place(_changes.Writes, _orders.Writes), [.. purges.Select(FleetPayload.Encode)]);
        var raw = await _redis.ScriptAsync(FleetScript.Text, slots.Keys, values, _end.Token).ConfigureAwait(false);

        // Sockets complete on the thread that sees them, which serves users' sockets too: what was said is worked out elsewhere.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return FleetScript.Read(raw, slots.Count) ?? throw new RedisFailedException(RedisFault.Refused);
    }

    private void AnnounceAgreement()
    {
        if (!_agreement.HasChanged(out var holds))
        {
            return;
        }

        if (holds)
        {
            Together(View.Gateways.Length);
        }
        else
        {
            Alone(_agreement.Failure);
        }
    }

    [LoggerMessage(4101, LogLevel.Information, "The gateways hear one another through Redis; {Count} live.")]
    private partial void Together(int count);

    [LoggerMessage(4102, LogLevel.Warning, "The other gateways are not heard ({Reason}): this one decides alone until they are.")]
    private partial void Alone(string reason);

    [LoggerMessage(4103, LogLevel.Information, "Cluster '{Cluster}': the gateways agreed on a {Kind} from '{From}' to '{To}' (epoch "
        + "{Epoch}).")]
    private partial void Agreed(string cluster, AgreedChangeKind kind, string from, string to, long epoch);

    [LoggerMessage(4105, LogLevel.Warning, "Redis lost what the gateways share; this one wrote again what it knew.")]
    private partial void WasFlushed();

    [LoggerMessage(4106, LogLevel.Error, "An exchange with the other gateways failed by an error of the gateway itself; it goes on alone. "
        + "Please report it.")]
    private partial void ExchangeFailed(Exception exception);
}
