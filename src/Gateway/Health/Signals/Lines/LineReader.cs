using System.Globalization;
using Gateway.Configuration.Model;

namespace Gateway.Health.Signals.Lines;

/// <summary>Has the lines of a journal, of syslog or of pushes judged for one signal, twice a second.</summary>
/// <param name="cluster">The cluster's name.</param>
/// <param name="signal">The signal.</param>
/// <param name="judge">Takes the lines.</param>
/// <param name="board">Hands them out.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class LineReader(
    string cluster, SignalConfig signal, LineJudge judge, LineBoard board, TimeProvider time, ILogger logger) : ISignalReader
{
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(500);

    private readonly ILogger _logger = logger;
    private readonly string _topic = LineTopic.Of(signal)!;
    private readonly LineIntake _intake = new();
    private bool _fellBehind;

    /// <inheritdoc/>
    public string Key { get; } = KeyOf(cluster, signal);

    /// <summary>The key of the reader of this signal.</summary>
    public static string KeyOf(string cluster, SignalConfig signal) => string.Create(
        CultureInfo.InvariantCulture,
        $"lines {cluster} {signal.Name} {LineTopic.Of(signal)} {signal.Pattern} {signal.Count} {signal.Within} {signal.Destination} "
        + $"{signal.Then}");

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        board.Subscribe(_topic, _intake);
        try
        {
            using var timer = new PeriodicTimer(Turn, time);
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                TakeTurn();
            }
        }
        finally
        {
            board.Unsubscribe(_topic, _intake);
        }
    }

    private void TakeTurn()
    {
        judge.Look();
        foreach (var line in _intake.Take(out var leftOut))
        {
            judge.Take(line.Text, signal.Destination ?? NameOf(line.From), line.Host);
            if (leftOut && !_fellBehind)
            {
                _fellBehind = true;
                TooFast(signal.Name, cluster);
            }
        }

        judge.Report(_ => board.IsHeard(_topic));
    }

    private string? NameOf(string? from) => from is null ? null
        : DestinationNames.Find(from, judge.Destinations)?.Name
            ?? LogFiles.NameIn(from, [.. judge.Destinations.Select(static destination => destination.Name)]);

    [LoggerMessage(
        3109, LogLevel.Warning, "The lines of signal '{Signal}' in cluster '{Cluster}' come faster than they are read; some are left out.")]
    private partial void TooFast(string signal, string cluster);
}
