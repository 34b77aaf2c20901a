using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Health.Model;

namespace Gateway.Health.Signals;

/// <summary>
/// Which alerts fire for which destination, and what the signals of clusters make of them. An alert that is not sent again, and does not
/// end, is unknown after its time. Any thread may call.
/// </summary>
/// <param name="targets">The clusters that have signals.</param>
/// <param name="report">Takes readings; must not wait.</param>
/// <param name="time">The clock.</param>
internal sealed class AlertBoard(Func<IEnumerable<SignalTarget>> targets, Action<SignalReading> report, TimeProvider time)
{
    private const int MostOfOne = 100;

    private readonly Lock _gate = new();
    private readonly Dictionary<(Destination Destination, string Signal), Dictionary<string, DateTimeOffset>> _firing = [];

    /// <summary>Takes alerts; says how many concern a destination.</summary>
    public int Take(IReadOnlyList<Alert> alerts)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            var known = targets().ToArray();
            Forget_NeedsLock(known, now);
            return alerts.Count(alert => Take_NeedsLock(alert, known, now));
        }
    }

    private bool Take_NeedsLock(Alert alert, SignalTarget[] known, DateTimeOffset now)
    {
        var any = false;
        foreach (var target in known)
        {
            foreach (var signal in target.Config.Signals)
            {
                if (!IsMeant(signal, alert))
                {
                    continue;
                }

                var concerned = alert.Subject is not { } subject ? target.Destinations
                    : DestinationNames.Find(subject, target.Destinations) is { } one ? [one] : [];
                foreach (var destination in concerned)
                {
                    any = true;
                    Note_NeedsLock(destination, signal, alert, now);
                }
            }
        }

        return any;
    }

    private static bool IsMeant(SignalConfig signal, Alert alert)
    {
        if (signal.Alert is null || !string.Equals(signal.Alert, alert.Name, StringComparison.Ordinal))
        {
            return false;
        }

        foreach (var (name, value) in signal.Labels)
        {
            if (!string.Equals(alert.Labels.GetValueOrDefault(name), value, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    private void Note_NeedsLock(Destination destination, SignalConfig signal, Alert alert, DateTimeOffset now)
    {
        if (!_firing.TryGetValue((destination, signal.Name), out var firing))
        {
            _firing.Add((destination, signal.Name), firing = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal));
        }

        var until = alert.EndsAt is { } ends && ends > now && ends - now < signal.Within ? ends : now + signal.Within;
        if (!alert.Fires)
        {
            firing.Remove(alert.Identity);
        }
        else if (firing.Count < MostOfOne || firing.ContainsKey(alert.Identity))
        {
            firing[alert.Identity] = until;
        }

        report(firing.Count > 0
            ? new SignalReading(
                destination, signal.Name, SignalState.Firing, signal.Then, Words(signal, firing.Count), firing.Values.Max() - now)
            : new SignalReading(
                destination, signal.Name, SignalState.Clear, signal.Then, $"alert {signal.Alert} is resolved", signal.Within));
    }

    private void Forget_NeedsLock(SignalTarget[] known, DateTimeOffset now)
    {
        var there = known.SelectMany(static target => target.Destinations).ToHashSet<Destination>(ReferenceEqualityComparer.Instance);
        foreach (var ((destination, signal), firing) in _firing.ToArray())
        {
            foreach (var (identity, until) in firing.ToArray())
            {
                if (until <= now)
                {
                    firing.Remove(identity);
                }
            }

            if (firing.Count == 0 || !there.Contains(destination))
            {
                _firing.Remove((destination, signal));
            }
        }
    }

    private static string Words(SignalConfig signal, int count) =>
        string.Create(CultureInfo.InvariantCulture, $"alert {signal.Alert} fires{(count > 1 ? $" {count} times" : "")}");
}
