using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using Gateway.Configuration.Model;
using Gateway.Health.Model;

namespace Gateway.Health.Signals;

/// <summary>
/// Reads one page of metrics of one destination every so often, and holds the conditions of all signals that look at it. A page that
/// cannot be read is no evidence of anything: after a while its signals are unknown.
/// </summary>
internal sealed partial class MetricsReader : ISignalReader
{
    private const int ValidReadings = 3;
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromSeconds(5);

    private readonly Destination _destination;
    private readonly ImmutableArray<(SignalConfig Signal, ConditionWatch Watch)> _signals;
    private readonly FrozenSet<string> _names;
    private readonly Action<SignalReading> _report;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _path;
    private readonly TimeSpan _every;
    private readonly TimeSpan _timeout;
    private readonly TimeSpan _validFor;
    private readonly int[] _missing;
    private bool _failed;

    /// <param name="destination">The destination.</param>
    /// <param name="signals">Signals of one path, port and interval.</param>
    /// <param name="report">Takes readings; must not wait.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public MetricsReader(
        Destination destination, IReadOnlyList<SignalConfig> signals, Action<SignalReading> report, TimeProvider time, ILogger logger)
    {
        _destination = destination;
        _names = MetricsText.NamesOf(signals.Select(static signal => signal.When!));
        _report = report;
        _time = time;
        _logger = logger;
        _path = signals[0].Metrics!;
        _every = signals[0].Every;
        _timeout = _every < LongestTimeout ? _every : LongestTimeout;
        _validFor = (_every * ValidReadings) + _timeout;
        _signals = [.. signals.Select(signal => (signal, new ConditionWatch(signal.When!, _validFor)))];
        _missing = new int[signals.Count];
        Key = KeyOf(destination, signals);
    }

    /// <inheritdoc/>
    public string Key { get; }

    /// <summary>The key of the reader of these signals: another one for a destination that left and came back.</summary>
    public static string KeyOf(Destination destination, IReadOnlyList<SignalConfig> signals)
    {
        var first = signals[0];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"metrics {destination} {RuntimeHelpers.GetHashCode(destination)} {destination.Url} "
            + $"{first.Metrics} {first.Port} {first.Every} {TextOf(signals)}");
    }

    private static string TextOf(IReadOnlyList<SignalConfig> signals) =>
        string.Join('|', signals.Select(static s => $"{s.Name} {s.Then} {s.When!.Text}"));

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var client = new MetricsClient(_destination, _signals[0].Signal.Port, _timeout, _time);
        while (true)
        {
            var started = _time.GetTimestamp();
            await ReadAsync(client, cancellationToken).ConfigureAwait(false);
            var rest = (_every * (0.95 + (Random.Shared.NextDouble() * 0.1))) - _time.GetElapsedTime(started);
            await Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ReadAsync(MetricsClient client, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(_timeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            var page = await client.ReadAsync(_path, both.Token).ConfigureAwait(false);
            Take(MetricsText.Read(page, _names));
            _failed = false;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever it was, it is no evidence against the destination: that is for probes and requests to find.
            foreach (var (signal, watch) in _signals)
            {
                watch.Miss();
                ReportNothing(signal, watch);
            }

            if (!_failed)
            {
                _failed = true;
                CouldNotRead(
                    _destination.Cluster, _destination.Name, _path, deadline.IsCancellationRequested ? "it took too long" : ReasonOf(e));
            }
        }
    }

    private void Take(ImmutableArray<MetricSample> samples)
    {
        var now = _time.GetElapsedTime(0);
        for (var i = 0; i < _signals.Length; i++)
        {
            var (signal, watch) = _signals[i];
            if (watch.Take(samples, now))
            {
                _missing[i] = 0;
                _report(new SignalReading(_destination, signal.Name, watch.State, signal.Then, watch.Value, _validFor)
                {
                    // What makes a destination degraded is not what makes it unable to serve.
                    Series = signal.Then >= SignalEffect.Suspect ? watch.Level : null,
                });
                continue;
            }

            ReportNothing(signal, watch);

            // Windows need two readings, and a counter may begin with the first event.
            if (++_missing[i] == ValidReadings)
            {
                HasNothing(_destination.Cluster, _destination.Name, _path, signal.Name);
            }
        }
    }

    // What never had data is shown as such; what had is unknown once it is too old.
    private void ReportNothing(SignalConfig signal, ConditionWatch watch)
    {
        if (watch.State == SignalState.Unknown)
        {
            _report(new SignalReading(_destination, signal.Name, SignalState.Unknown, signal.Then, watch.Value, _validFor));
        }
    }

    // Never what a destination sent: an HTTP client quotes the line that it could not read.
    private static string ReasonOf(Exception exception) => exception switch
    {
        UnreadableMetricsException => exception.Message,
        HttpRequestException { InnerException: SocketException or AuthenticationException } => exception.InnerException.Message,
        HttpRequestException { HttpRequestError: not HttpRequestError.Unknown } http => $"{http.HttpRequestError}",
        HttpIOException io => $"{io.HttpRequestError}",
        _ => exception.GetType().Name,
    };

    [LoggerMessage(
        3101,
        LogLevel.Warning,
        "The metrics at '{Path}' of destination '{Destination}' in cluster '{Cluster}' cannot be read: {Why}. Its signals are unknown "
        + "until they can.")]
    private partial void CouldNotRead(string cluster, string destination, string path, string why);

    [LoggerMessage(
        3108,
        LogLevel.Warning,
        "The metrics at '{Path}' of destination '{Destination}' in cluster '{Cluster}' say nothing that signal '{Signal}' looks for: it is "
        + "unknown. Compare the names and labels of its \"when\" with the page.")]
    private partial void HasNothing(string cluster, string destination, string path, string signal);
}
