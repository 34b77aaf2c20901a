using Gateway.Observability.Metrics;

namespace Gateway.Fleet.Canaries;

/// <summary>
/// How requests ended since the start, and ten minutes ago: a reload that takes routes away takes nothing from the sum. One owner at a time
/// uses it.
/// </summary>
/// <param name="routes">The cells now.</param>
internal sealed class CanaryTotals(Func<IReadOnlyCollection<RouteMeter>> routes)
{
    /// <summary>How far back it remembers.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);

    private readonly Dictionary<RouteMeter, CanaryCounts> _seen = [];
    private readonly Queue<(TimeSpan At, CanaryCounts Sum)> _past = [];
    private TimeSpan? _lastStep;

    /// <summary>All that was counted.</summary>
    public CanaryCounts Sum { get; private set; }

    /// <summary>What was counted in the last ten minutes before the last reading.</summary>
    public CanaryCounts Recent => _past.TryPeek(out var oldest) ? Sum - oldest.Sum : default;

    /// <summary>Reads the cells.</summary>
    /// <param name="now">Of a clock that never goes back.</param>
    public void Read(TimeSpan now)
    {
        var current = routes();
        foreach (var route in current)
        {
            var counts = CanaryCounts.Of(route);
            Sum += counts - _seen.GetValueOrDefault(route);
            _seen[route] = counts;
        }

        if (_seen.Count > current.Count)
        {
            foreach (var gone in _seen.Keys.Except(current).ToArray())
            {
                _seen.Remove(gone);
            }
        }

        if (_lastStep is null || now - _lastStep >= Step)
        {
            _lastStep = now;
            _past.Enqueue((now, Sum));
        }

        while (_past.TryPeek(out var oldest) && now - oldest.At > Window)
        {
            _past.Dequeue();
        }
    }
}
