using System.Globalization;
using System.Runtime.CompilerServices;
using Gateway.Configuration.Model;

namespace Gateway.Health.Signals;

/// <summary>
/// Puts a signal over alerts in force: what fires already counts for a signal that is new or changed, and for destinations that came later.
/// What comes from then on the board reports itself.
/// </summary>
/// <param name="board">The alerts.</param>
/// <param name="target">The cluster.</param>
/// <param name="signal">The signal.</param>
/// <param name="time">The clock.</param>
internal sealed class AlertReader(AlertBoard board, SignalTarget target, SignalConfig signal, TimeProvider time) : ISignalReader
{
    /// <inheritdoc/>
    public string Key { get; } = KeyOf(target, signal);

    /// <summary>The key of the reader of this signal: another one as soon as anything of it, or a destination, is another.</summary>
    public static string KeyOf(SignalTarget target, SignalConfig signal)
    {
        var labels = string.Join(',', signal.Labels.Select(static label => $"{label.Key}={label.Value}"));
        var destinations = string.Join(
            ',', target.Destinations.Select(static d => RuntimeHelpers.GetHashCode(d).ToString(CultureInfo.InvariantCulture)));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"alert {target.Config.Name} {signal.Name} {signal.Alert} {labels} {signal.Within} {signal.Then} {destinations}");
    }

    /// <inheritdoc/>
    public Task RunAsync(CancellationToken cancellationToken)
    {
        board.Review(target, signal);
        return Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
    }
}
