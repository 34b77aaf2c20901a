using Gateway.Observability.Metrics;

namespace Gateway.Observability.History;

/// <summary>
/// Availability and mean times of every cluster, from the ledger on disk: the thread of <see cref="Records"/> computes it, anyone reads it.
/// </summary>
internal sealed class AvailabilitySummary(Ledger ledger, TimeProvider time)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(15);

    private static readonly (string Name, TimeSpan Window)[] Windows =
        [("1h", TimeSpan.FromHours(1)), ("24h", TimeSpan.FromHours(24)), ("30d", TimeSpan.FromDays(30))];

    private long _computedAt;
    private volatile IReadOnlyList<AvailabilityReading> _availability = [];
    private volatile IReadOnlyList<ReliabilityReading> _reliability = [];

    /// <summary>Availability by requests of each cluster that had some, over an hour, a day and 30 days.</summary>
    public IReadOnlyList<AvailabilityReading> Availability => _availability;

    /// <summary>Mean times over 30 days of each cluster that failed.</summary>
    public IReadOnlyList<ReliabilityReading> Reliability => _reliability;

    /// <summary>Computes both anew if they are 15 s old.</summary>
    public void Refresh(RecordDatabase database)
    {
        if (_computedAt != 0 && time.GetElapsedTime(_computedAt) < Every)
        {
            return;
        }

        _computedAt = time.GetTimestamp();
        var now = time.GetUtcNow();
        var availability = new List<AvailabilityReading>();
        var reliability = new List<ReliabilityReading>();
        foreach (var cluster in ledger.Clusters)
        {
            foreach (var (name, window) in Windows)
            {
                var measured = Observability.History.Availability.Of(name, window, database.Window(cluster, window, now), slo: 1);
                if (measured.ByRequests is { } ratio)
                {
                    availability.Add(new(cluster, name, ratio));
                }

                if (window == Windows[^1].Window && measured.Failures > 0)
                {
                    reliability.Add(new(cluster, measured.BetweenFailures, measured.ToRepair));
                }
            }
        }

        _availability = availability;
        _reliability = reliability;
    }
}
