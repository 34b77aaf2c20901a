using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Health.Model;
using Gateway.Redis;

namespace Gateway.Health.Signals.DeepProbes;

/// <summary>
/// Has a synthetic conversation with one destination of a cluster after another, at a low rate. One that goes wrong is had once more at
/// once: two in a row make the signal fire. In a fleet one gateway has them, and the others take its results.
/// </summary>
internal sealed class DeepProbeReader : ISignalReader
{
    private const int ValidRounds = 3;
    private static readonly TimeSpan RepeatAfter = TimeSpan.FromSeconds(1);

    private readonly SignalConfig _signal;
    private readonly DeepProbeConfig _probe;
    private readonly Func<IReadOnlyList<Destination>> _destinations;
    private readonly Action<SignalReading> _report;
    private readonly TimeProvider _time;
    private readonly DeepProbeLease _lease;
    private readonly Dictionary<string, bool> _fires = new(StringComparer.Ordinal);
    private string? _last;
    private bool _wasAgain;

    /// <param name="cluster">The cluster's name.</param>
    /// <param name="signal">The signal.</param>
    /// <param name="destinations">The cluster's destinations now.</param>
    /// <param name="report">Takes readings; must not wait.</param>
    /// <param name="redis">What the gateways of a fleet share; null: there is no fleet.</param>
    /// <param name="time">The clock.</param>
    public DeepProbeReader(
        string cluster,
        SignalConfig signal,
        Func<IReadOnlyList<Destination>> destinations,
        Action<SignalReading> report,
        RedisConnection? redis,
        TimeProvider time)
    {
        _signal = signal;
        _probe = signal.DeepProbe!;
        _destinations = destinations;
        _report = report;
        _time = time;

        // A conversation, its repetition, and the next one fit into it.
        _lease = new DeepProbeLease(redis, $"{cluster}\n{signal.Name}", (_probe.Total * 2) + RepeatAfter + (signal.Every * 2));
        Key = KeyOf(cluster, signal);
    }

    /// <inheritdoc/>
    public string Key { get; }

    /// <summary>The key of the reader of this signal.</summary>
    public static string KeyOf(string cluster, SignalConfig signal)
    {
        var (probe, expect) = (signal.DeepProbe!, signal.DeepProbe!.Expect);
        var headers = string.Join('\n', probe.Headers.Select(static header => $"{header.Name}: {header.Value}"));
        var json = string.Join('\n', expect.Json.Select(static value => $"{value.Path} {value.Value}"));
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{probe.Method} {probe.Path} {probe.ContentType} {probe.FirstContent} {probe.Total} {expect.From} {expect.To} {expect.Body}\n"
            + $"{headers}\n{json}\n{probe.Body}");

        // Headers may hold a secret, and a key may be logged.
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));
        return string.Create(CultureInfo.InvariantCulture, $"deep probe {cluster} {signal.Name} {signal.Every} {signal.Then} {hash}");
    }

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_signal.Every, _time);
        do
        {
            if (await _lease.TakeAsync(cancellationToken).ConfigureAwait(false))
            {
                await ProbeNextAsync(cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await TakeOthersAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
    }

    private async Task ProbeNextAsync(CancellationToken cancellationToken)
    {
        var destinations = _destinations();
        if (Next(destinations) is not { } destination)
        {
            return;
        }

        var result = await Conversation.RunAsync(destination, _probe, _time, cancellationToken).ConfigureAwait(false);
        if (result.State == SignalState.Firing && !_fires.GetValueOrDefault(destination.Name))
        {
            await Task.Delay(RepeatAfter, _time, cancellationToken).ConfigureAwait(false);
            result = await Conversation.RunAsync(destination, _probe, _time, cancellationToken).ConfigureAwait(false);
        }

        if (result.State == SignalState.Unknown)
        {
            return;
        }

        var names = destinations.Select(static d => d.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var gone in _fires.Keys.Where(name => !names.Contains(name)).ToArray())
        {
            _fires.Remove(gone);
        }

        _fires[destination.Name] = result.State == SignalState.Firing;
        Report(destination, result.State, result.Words, destinations.Count);
        await _lease.WriteAsync(_fires, cancellationToken).ConfigureAwait(false);
    }

    // In turn; every second time one of which the signal fires, so that it comes back soon.
    private Destination? Next(IReadOnlyList<Destination> destinations)
    {
        if (destinations.Count == 0)
        {
            return null;
        }

        var from = 0;
        for (var i = 0; i < destinations.Count; i++)
        {
            from = string.Equals(destinations[i].Name, _last, StringComparison.Ordinal) ? i + 1 : from;
        }

        if (!_wasAgain && destinations.FirstOrDefault(d => _fires.GetValueOrDefault(d.Name)) is { } ill)
        {
            _wasAgain = true;
            return ill;
        }

        _wasAgain = false;
        var next = destinations[from % destinations.Count];
        _last = next.Name;
        return next;
    }

    private async Task TakeOthersAsync(CancellationToken cancellationToken)
    {
        var fires = await _lease.ReadAsync(cancellationToken).ConfigureAwait(false);
        var destinations = _destinations();
        _fires.Clear();
        foreach (var destination in destinations)
        {
            if (fires.TryGetValue(destination.Name, out var fire))
            {
                _fires[destination.Name] = fire;
                Report(
                    destination,
                    fire ? SignalState.Firing : SignalState.Clear,
                    fire ? "not as expected, says another gateway" : "as expected, says another gateway",
                    destinations.Count);
            }
        }
    }

    // Between two conversations with a destination all others have theirs, and some of them twice.
    private void Report(Destination destination, SignalState state, string words, int count) => _report(new SignalReading(
        destination, _signal.Name, state, _signal.Then, words, (_signal.Every * count * ValidRounds) + (_probe.Total * 2)));
}
