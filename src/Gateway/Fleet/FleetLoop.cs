using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Gateway.Configuration.Keys;
using Gateway.Consensus;
using Gateway.Failover;
using Gateway.Redis;

namespace Gateway.Fleet;

/// <summary>
/// Keeps this gateway and the others of one mind, through Redis: four exchanges a second and one at once when there is news. It tells the failover loop
/// what the fleet says, and what operators ordered elsewhere; without a response for <see cref="FleetGuidance.ValidFor"/> the loop decides alone.
/// One task does all of it and is the only writer of its state. No request waits for it.
/// </summary>
internal sealed partial class FleetLoop : IAsyncDisposable
{
    /// <summary>From one exchange to the next, when there is no news.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromMilliseconds(250);

    /// <summary>A gateway that has not been heard of for this long is no longer counted.</summary>
    public static readonly TimeSpan LivesFor = TimeSpan.FromSeconds(3);

    private const int MostCommands = 256;
    private const int MostSlots = 4096;
    private static readonly TimeSpan AlarmAfter = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan NewsGap = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan KeepVerdict = TimeSpan.FromDays(1);
    private static readonly TimeSpan ShowFor = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CommandWithin = TimeSpan.FromSeconds(2);

    private readonly RedisConnection _redis;
    private readonly FailoverLoop _loop;
    private readonly FleetSelf _self;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly long _origin;
    private readonly string _id = $"{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}";
    private readonly string _prefix;
    private readonly Channel<Command> _commands = Channel.CreateBounded<Command>(new BoundedChannelOptions(MostCommands) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest });
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _end = new();
    private readonly OperatorCommandStore _book = new();
    private readonly PurgeLog _purges = new();
    private readonly Dictionary<string, Known> _verdicts = new(StringComparer.Ordinal);
    private readonly List<BookWrite> _orderWrites = [];
    private readonly List<(string Cluster, byte[] Expected, byte[] Value, TimeSpan KeepFor)> _verdictWrites = [];
    private FleetView _view = new(Agreeing: false, 0, [], [], []);
    private long _epoch;
    private long _lastExchange = long.MinValue;
    private TimeSpan? _lostAt;
    private TimeSpan? _garbageAt;
    private bool _agreeing;
    private string? _failure;
    private Task _running = Task.CompletedTask;

    public FleetLoop(RedisConnection redis, FailoverLoop loop, FleetSelf self, TimeProvider time, ILogger<FleetLoop> logger)
    {
        _redis = redis;
        _loop = loop;
        _self = self;
        _time = time;
        _logger = logger;
        _origin = time.GetTimestamp();
        _prefix = redis.Prefix + "fleet:";
    }

    /// <summary>For eyes.</summary>
    public FleetView View
    {
        get
        {
            var view = Volatile.Read(ref _view);
            return Agreeing ? view : view with { Agreeing = false };
        }
    }

    /// <summary>What is wrong, a sentence each. What Redis itself does wrong the connection says.</summary>
    public IReadOnlyList<string> Alarms
    {
        get
        {
            var view = View;
            return !view.Agreeing && _redis.IsUp && Now - (LastExchange > TimeSpan.Zero ? LastExchange : TimeSpan.Zero) > AlarmAfter
                ? [.. view.Warnings, $"The gateways do not hear one another through Redis ({Volatile.Read(ref _failure) ?? "no exchange was finished"}): this one decides alone."]
                : view.Warnings;
        }
    }

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    private TimeSpan LastExchange => TimeSpan.FromTicks(Interlocked.Read(ref _lastExchange));

    private bool Agreeing => LastExchange > TimeSpan.MinValue && Now - LastExchange <= FleetGuidance.ValidFor;

    /// <summary>Begins to exchange; returns at once.</summary>
    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>An operator ordered this here, and it was done: the others are to do it too. Never waits.</summary>
    public void Publish(Command command)
    {
        _commands.Writer.TryWrite(command);
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
            await _redis.SetAsync([(_prefix + "gateway:" + _id, null, TimeSpan.Zero)], CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
                Volatile.Write(ref _failure, e.Message);
            }
            catch (Exception e) when (!_end.IsCancellationRequested)
            {
                // Whatever others wrote, or whatever we did wrong: alone it goes on.
                ExchangeFailed(e);
                Volatile.Write(ref _failure, "an error of the gateway itself");
            }

            NoteAgreement();
            await Task.Delay(NewsGap, _time, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!again)
            {
                await Task.WhenAny(news, Task.Delay(Every * (0.8 + (0.2 * Random.Shared.NextDouble())), _time, _end.Token)).ConfigureAwait(false);
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
        while (_commands.Reader.TryRead(out var command))
        {
            _book.Give(command, _id, ref _epoch, Now);
            foreach (var write in _orderWrites.Where(w => w.Subject == SubjectOf(command)).ToArray())
            {
                _orderWrites.Remove(write);
            }
        }

        // 2. The slots: of each cluster that we know its verdict and its hold, of each destination its drain. What we do not know we do not even read.
        ImmutableArray<ClusterVote> opinions = [.. _loop.Opinions];
        var views = _loop.Views;
        var clusters = views.Select(static v => v.Name).ToArray();
        OrderSubject[] subjects =
        [
            .. clusters.Select(static c => new OrderSubject(c, null)),
            .. views.SelectMany(static v => v.Tiers.SelectMany(t => t.Destinations).Select(d => new OrderSubject(v.Name, d.Name))).Take(MostSlots),
        ];
        List<string> keys = [_prefix + "gateways", _prefix + "gateway:" + _id, _prefix + "purges", .. clusters.Select(c => _prefix + "verdict:" + c), .. subjects.Select(NameOf)];

        // 3. What goes in.
        var life = FleetPayload.Encode(new Heartbeat(_self.Name(), _self.Version, _self.Revision(), _epoch, opinions));
        List<FleetScript.Write> writes = [];
        foreach (var (cluster, expected, value, keepFor) in _verdictWrites)
        {
            if (Array.IndexOf(clusters, cluster) is >= 0 and var place)
            {
                writes.Add(new(place, expected, value, keepFor));
            }
        }

        foreach (var write in _orderWrites)
        {
            if (Array.IndexOf(subjects, write.Subject) is >= 0 and var place)
            {
                writes.Add(new(clusters.Length + place, write.Expected, write.Value, write.KeepFor));
            }
        }

        var purges = _purges.Waiting();
        var values = FleetScript.ArgumentsOf(_id, life, LivesFor, _prefix + "gateway:", writes, [.. purges.Select(FleetPayload.Encode)]);
        var raw = await _redis.ScriptAsync(FleetScript.Text, keys, values, _end.Token).ConfigureAwait(false);

        // Sockets complete on the thread that sees them, which serves users' sockets too: what was said is worked out elsewhere.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        if (FleetScript.Read(raw, keys.Count - 3) is not { } reply)
        {
            throw new RedisFailedException(RedisFault.Refused);
        }

        // 4. What came out.
        var now = Now;
        if (!reply.Known && Agreeing)
        {
            _lostAt = now;
            WasFlushed();
        }

        _purges.Sent(purges);
        _orderWrites.Clear();
        _verdictWrites.Clear();
        var gateways = LivingOf(reply, opinions);
        var ordered = await TakeOrdersAsync(reply, subjects, clusters.Length, now).ConfigureAwait(false);
        var proposed = Decide(reply, opinions, clusters, gateways, now);
        foreach (var purge in _purges.News(reply.Purges, now))
        {
            _self.Purge(purge.By, purge.Text);
        }

        Interlocked.Exchange(ref _lastExchange, now.Ticks);
        Volatile.Write(ref _failure, null);
        Volatile.Write(ref _view, new FleetView(true, _epoch, gateways, [.. _verdicts.Values.Select(static v => v.Verdict)], [.. WarningsOf(gateways, now)]));
        return ordered || proposed;
    }

    private ImmutableArray<GatewayView> LivingOf(FleetReply reply, ImmutableArray<ClusterVote> mine)
    {
        var gateways = ImmutableArray.CreateBuilder<GatewayView>();
        gateways.Add(new GatewayView(_id, _self.Name(), Self: true, _self.Version, _self.Revision(), mine));
        foreach (var (id, payload) in reply.Lives.Take(FleetScript.MostGateways))
        {
            if (string.Equals(id, _id, StringComparison.Ordinal))
            {
                continue;
            }

            if (FleetPayload.Decode<Heartbeat>(payload) is not { IsSound: true } life)
            {
                _garbageAt = Now;
                continue;
            }

            _epoch = Math.Max(_epoch, life.Epoch);

            // Names that our configuration does not know mean nothing here.
            var known = life.Clusters.Where(c => mine.Any(m => string.Equals(m.Cluster, c.Cluster, StringComparison.Ordinal)))
                .Select(c => mine.First(m => string.Equals(m.Cluster, c.Cluster, StringComparison.Ordinal)) is var m
                    ? c with { Active = m.Tiers.Any(t => string.Equals(t.Tier, c.Active, StringComparison.Ordinal)) ? c.Active : null, Tiers = [.. m.Tiers.Select(t => c.Of(t.Tier))] }
                    : c);
            gateways.Add(new GatewayView(FleetPayload.Clean(id), FleetPayload.Clean(life.Name), Self: false, FleetPayload.Clean(life.Version), FleetPayload.Clean(life.Revision), [.. known]));
        }

        return [.. gateways.OrderBy(static g => g.Name, StringComparer.Ordinal).ThenBy(static g => g.Id, StringComparer.Ordinal)];
    }

    private async Task<bool> TakeOrdersAsync(FleetReply reply, OrderSubject[] subjects, int first, TimeSpan now)
    {
        for (var i = 0; i < subjects.Length; i++)
        {
            if (_commands.Reader.TryPeek(out _))
            {
                // An operator ordered something here meanwhile, and it is done: it gets its epoch before anything older is read over it.
                return true;
            }

            var (value, remaining) = reply.Values[first + i];
            var (order, command, write, garbage) = _book.Read(subjects[i], value, remaining, now);
            _garbageAt = garbage ? now : _garbageAt;
            if (write is { } wanted)
            {
                _orderWrites.Add(wanted);
            }

            if (order is null)
            {
                continue;
            }

            _epoch = Math.Max(_epoch, order.Epoch);
            if (command is not null)
            {
                using var deadline = new CancellationTokenSource(CommandWithin, _time);
                var result = await _loop.CommandAsync(command, deadline.Token).ConfigureAwait(false);
                Obeyed(result.Message);
                _self.Obeyed(command, result);
            }
        }

        return _orderWrites.Count > 0;
    }

    private IEnumerable<string> WarningsOf(ImmutableArray<GatewayView> gateways, TimeSpan now)
    {
        var revisions = gateways.Select(static g => g.Revision).Distinct(StringComparer.Ordinal).Count();
        if (revisions > 1)
        {
            yield return $"The gateways run {revisions.ToString(CultureInfo.InvariantCulture)} different configurations ({string.Join(", ", gateways.Select(static g => $"{g.Name}: {g.Revision}"))}): bring the same clusters, routes and levels to all of them.";
        }

        if (_lostAt is { } lost && now - lost < ShowFor)
        {
            yield return "Redis lost what the gateways share (it was emptied, or another one took its place without it): this gateway wrote again what it knew.";
        }

        if (_garbageAt is { } garbage && now - garbage < ShowFor)
        {
            yield return $"Redis holds values under \"{_prefix}\" that no gateway of this kind wrote: they are not taken. Look who else uses this prefix.";
        }
    }

    private void NoteAgreement()
    {
        if (Agreeing == _agreeing)
        {
            return;
        }

        _agreeing = !_agreeing;
        if (_agreeing)
        {
            Together(View.Gateways.Length);
        }
        else
        {
            Alone(Volatile.Read(ref _failure) ?? "no exchange was finished");
        }
    }

    private static OrderSubject SubjectOf(Command command) => new(command.Cluster, command switch { DrainCommand d => d.Destination, ReadyCommand r => r.Destination, _ => null });

    // A cluster's name may hold anything: its length keeps it apart from a destination's.
    private string NameOf(OrderSubject subject) => subject.Destination is null
        ? _prefix + "hold:" + subject.Cluster
        : string.Create(CultureInfo.InvariantCulture, $"{_prefix}drain:{Encoding.UTF8.GetByteCount(subject.Cluster)}:{subject.Cluster}:{subject.Destination}");

    [LoggerMessage(4101, LogLevel.Information, "The gateways hear one another through Redis; {Count} live.")]
    private partial void Together(int count);

    [LoggerMessage(4102, LogLevel.Warning, "The other gateways are not heard ({Reason}): this one decides alone until they are.")]
    private partial void Alone(string reason);

    [LoggerMessage(4103, LogLevel.Information, "Cluster '{Cluster}': the gateways agreed on a {Kind} from '{From}' to '{To}' (epoch {Epoch}).")]
    private partial void Agreed(string cluster, FleetVerdictKind kind, string from, string to, long epoch);

    [LoggerMessage(4104, LogLevel.Information, "An operator's order that was given at another gateway: {Result}")]
    private partial void Obeyed(string result);

    [LoggerMessage(4105, LogLevel.Warning, "Redis lost what the gateways share; this one wrote again what it knew.")]
    private partial void WasFlushed();

    [LoggerMessage(4106, LogLevel.Error, "An exchange with the other gateways failed by an error of the gateway itself; it goes on alone. Please report it.")]
    private partial void ExchangeFailed(Exception exception);

    // Since when an agreed change holds, on our own clock.
    private sealed record Known(FleetVerdict Verdict, TimeSpan Since);
}

/// <summary>What the fleet's loop asks and tells its own gateway. None of it may wait.</summary>
/// <param name="Name">For people: host and admin endpoint.</param>
/// <param name="Version">The program's.</param>
/// <param name="Revision">The beginning of the SHA-256 of what configurations must have in common: clusters, routes, levels.</param>
/// <param name="Obeyed">An order that was given elsewhere was carried out here, with this result.</param>
/// <param name="Purge">Forget last-good responses that were purged elsewhere.</param>
internal sealed record FleetSelf(Func<string> Name, string Version, Func<string> Revision, Action<Command, CommandResult> Obeyed, Action<string, string> Purge);
