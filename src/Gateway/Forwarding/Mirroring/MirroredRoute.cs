using System.Collections.Concurrent;
using Gateway.Observability.Metrics;

namespace Gateway.Forwarding.Mirroring;

/// <summary>
/// The mirrored reads of one route, over reloads. At most one is under way, and one begins at most every 100 ms; a route with few
/// requests mirrors one every <see cref="UsualPause"/> whatever the share, so that a difference shows within minutes there, too.
/// </summary>
/// <param name="cluster">The cluster's name.</param>
/// <param name="route">The route's name.</param>
/// <param name="changed">Told of each change.</param>
/// <param name="time">The clock.</param>
internal sealed class MirroredRoute(string cluster, string route, Action<MirrorChange> changed, TimeProvider time)
{
    /// <summary>
    /// A read is mirrored, whatever the share, when none was for about this long: half of it to one and a half, by chance, so that clients
    /// that ask for the same things in turn are not always met at the same one.
    /// </summary>
    public static readonly TimeSpan UsualPause = TimeSpan.FromSeconds(15);

    /// <summary>The next one begins no earlier than this after the one before.</summary>
    public static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(100);

    // One that has not come back by then never will; the mirror must not end with it.
    private static readonly TimeSpan LongestRead = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Tier> _tiers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Tier, MirrorResult Result), long> _counts = [];
    private long _takenAt = time.GetTimestamp();
    private TimeSpan _longestPause = LeastPause;
    private int _isBusy;

    /// <summary>A read may be mirrored now; then <see cref="Return"/> must follow.</summary>
    /// <param name="share">Of the reads, 0 to 1.</param>
    /// <param name="random">Safe for threads.</param>
    public bool TryTake(double share, Random random)
    {
        var since = time.GetElapsedTime(Volatile.Read(ref _takenAt));
        if (since < LeastPause
            || (random.NextDouble() >= share && since < _longestPause)
            || (Interlocked.Exchange(ref _isBusy, 1) != 0 && since < LongestRead))
        {
            return false;
        }

        _longestPause = UsualPause * (0.5 + random.NextDouble());
        Volatile.Write(ref _takenAt, time.GetTimestamp());
        return true;
    }

    /// <summary>The read that was taken is over.</summary>
    public void Return() => Volatile.Write(ref _isBusy, 0);

    /// <summary>Two responses to one read.</summary>
    /// <param name="firstTier">The first tier's name.</param>
    /// <param name="first">Its response.</param>
    /// <param name="tier">The other tier's name.</param>
    /// <param name="other">Its response.</param>
    public void Compare(string firstTier, MirroredResponse first, string tier, MirroredResponse other)
    {
        var result = other.Status == 0 ? MirrorResult.None
            : other.Status / 100 == first.Status / 100 ? MirrorResult.SameStatus
            : MirrorResult.OtherStatus;
        _counts.AddOrUpdate((tier, result), 1, static (_, count) => count + 1);
        var now = time.GetUtcNow();
        List<MirrorChange> changes = [];
        lock (_gate)
        {
            if (!_tiers.TryGetValue(tier, out var known) || !string.Equals(known.First, firstTier, StringComparison.Ordinal))
            {
                _tiers[tier] = known = new Tier(firstTier, new MirrorComparison(firstTier));
            }

            var stands = known.Comparison.Add(now, first, other);
            foreach (var difference in stands.Where(difference => known.Stands.All(before => before.Kind != difference.Kind)))
            {
                changes.Add(new(cluster, route, tier, difference.Kind, $"{tier} {difference.Text}, on route {route}", IsOver: false, now));
            }

            foreach (var before in known.Stands.Where(before => stands.All(difference => difference.Kind != before.Kind)))
            {
                var over = $"{tier} no longer differs in {MirrorDifferenceKinds.NameOf(before.Kind)}, on route {route}";
                changes.Add(new(cluster, route, tier, before.Kind, over, IsOver: true, now));
            }

            known.Stands = stands;
        }

        changes.ForEach(changed);
    }

    /// <summary>How each tier compares now; those without a pair in ten minutes are left out.</summary>
    public IReadOnlyList<MirrorStatus> Status
    {
        get
        {
            var now = time.GetUtcNow();
            lock (_gate)
            {
                return
                [
                    .. from tier in _tiers
                       where now - tier.Value.Comparison.Newest <= MirrorComparison.LongestAge
                       select new MirrorStatus(
                           cluster, route, tier.Key, tier.Value.Comparison.Pairs, tier.Value.Comparison.Newest, tier.Value.Stands)
                       {
                           OtherStatus = tier.Value.Comparison.Failures,
                       },
                ];
            }
        }
    }

    /// <summary>The reads so far.</summary>
    public IEnumerable<MirrorCount> Counts =>
        _counts.Select(count => new MirrorCount(cluster, route, count.Key.Tier, count.Key.Result, count.Value));

    private sealed class Tier(string first, MirrorComparison comparison)
    {
        public string First => first;

        public MirrorComparison Comparison => comparison;

        public IReadOnlyList<MirrorDifference> Stands { get; set; } = [];
    }
}
