using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Health.Model;

namespace Gateway.Health.Signals;

/// <summary>
/// The alerts that fire, and what the signals of clusters make of them. An alert that is not sent again, and does not end, is unknown
/// after its time. Any thread may call.
/// </summary>
/// <param name="targets">The clusters that have signals.</param>
/// <param name="report">Takes readings; must not wait.</param>
/// <param name="time">The clock.</param>
internal sealed class AlertBoard(Func<IEnumerable<SignalTarget>> targets, Action<SignalReading> report, TimeProvider time)
{
    private const int MostAlerts = 1_000;

    // The longest "within" of a signal.
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (Alert Alert, DateTimeOffset At)> _firing = new(StringComparer.Ordinal);

    // What was reported as firing, and until when that counts.
    private readonly Dictionary<(Destination Destination, string Signal), DateTimeOffset> _reported = [];

    /// <summary>Takes alerts; says how many concern a destination.</summary>
    public int Take(IReadOnlyList<Alert> alerts)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            var known = targets().ToArray();
            Forget_NeedsLock(known, now);
            var touched = new Dictionary<(SignalTarget Target, SignalConfig Signal), HashSet<Destination>>();
            var taken = alerts.Count(alert => Take_NeedsLock(alert, known, touched, now));

            // Each once, however many alerts there were.
            foreach (var ((target, signal), destinations) in touched)
            {
                var firing = Firing_NeedsLock(target, signal, now);
                foreach (var destination in destinations)
                {
                    Report_NeedsLock(destination, signal, firing.GetValueOrDefault(destination), now);
                }
            }

            return taken;
        }
    }

    /// <summary>Reports what a signal that is new or changed makes of the alerts that fire already.</summary>
    public void Review(SignalTarget target, SignalConfig signal)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            var firing = Firing_NeedsLock(target, signal, now);
            foreach (var destination in target.Destinations)
            {
                if (firing.TryGetValue(destination, out var of)
                    || (_reported.TryGetValue((destination, signal.Name), out var until) && until > now))
                {
                    Report_NeedsLock(destination, signal, of, now);
                }
            }
        }
    }

    private bool Take_NeedsLock(
        Alert alert,
        SignalTarget[] known,
        Dictionary<(SignalTarget Target, SignalConfig Signal), HashSet<Destination>> touched,
        DateTimeOffset now)
    {
        var concerns = false;
        foreach (var target in known)
        {
            IReadOnlyList<Destination>? concerned = null;
            foreach (var signal in target.Config.Signals)
            {
                if (IsMeant(signal, alert) && (concerned ??= ConcernedBy(alert, target)).Count > 0)
                {
                    concerns = true;
                    if (!touched.TryGetValue((target, signal), out var destinations))
                    {
                        touched.Add((target, signal), destinations = new HashSet<Destination>(ReferenceEqualityComparer.Instance));
                    }

                    destinations.UnionWith(concerned);
                }
            }
        }

        if (!alert.Fires)
        {
            _firing.Remove(alert.Identity);
        }
        else if (concerns && (_firing.Count < MostAlerts || _firing.ContainsKey(alert.Identity)))
        {
            _firing[alert.Identity] = (alert, now);
        }

        return concerns;
    }

    private static IReadOnlyList<Destination> ConcernedBy(Alert alert, SignalTarget target) =>
        alert.Subject is not { } subject ? target.Destinations
        : DestinationNames.Find(subject, target.Destinations) is { } one ? [one] : [];

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

    // How many alerts fire for each destination, and until when.
    private Dictionary<Destination, (int Count, DateTimeOffset Until)> Firing_NeedsLock(
        SignalTarget target, SignalConfig signal, DateTimeOffset now)
    {
        var firing = new Dictionary<Destination, (int Count, DateTimeOffset Until)>(ReferenceEqualityComparer.Instance);
        foreach (var (alert, at) in _firing.Values)
        {
            if (IsMeant(signal, alert) && Until(alert, at, signal.Within) is var until && until > now)
            {
                foreach (var destination in ConcernedBy(alert, target))
                {
                    var (count, longest) = firing.GetValueOrDefault(destination);
                    firing[destination] = (count + 1, longest > until ? longest : until);
                }
            }
        }

        return firing;
    }

    private static DateTimeOffset Until(Alert alert, DateTimeOffset at, TimeSpan within) =>
        alert.EndsAt is { } ends && ends > at && ends - at < within ? ends : at + within;

    private void Report_NeedsLock(
        Destination destination, SignalConfig signal, (int Count, DateTimeOffset Until) firing, DateTimeOffset now)
    {
        if (firing.Count == 0)
        {
            _reported.Remove((destination, signal.Name));
            report(new SignalReading(
                destination, signal.Name, SignalState.Clear, signal.Then, $"alert {signal.Alert} is resolved", signal.Within));
            return;
        }

        _reported[(destination, signal.Name)] = firing.Until;
        report(new SignalReading(
            destination, signal.Name, SignalState.Firing, signal.Then, Words(signal, firing.Count), firing.Until - now));
    }

    private void Forget_NeedsLock(SignalTarget[] known, DateTimeOffset now)
    {
        foreach (var (identity, (alert, at)) in _firing.ToArray())
        {
            if (Until(alert, at, Longest) <= now || !known.Any(target => target.Config.Signals.Any(signal => IsMeant(signal, alert))))
            {
                _firing.Remove(identity);
            }
        }

        var there = known.SelectMany(static target => target.Destinations).ToHashSet<Destination>(ReferenceEqualityComparer.Instance);
        foreach (var (key, until) in _reported.ToArray())
        {
            if (until <= now || !there.Contains(key.Destination))
            {
                _reported.Remove(key);
            }
        }
    }

    private static string Words(SignalConfig signal, int count) =>
        string.Create(CultureInfo.InvariantCulture, $"alert {signal.Alert} fires{(count > 1 ? $" {count} times" : "")}");
}
