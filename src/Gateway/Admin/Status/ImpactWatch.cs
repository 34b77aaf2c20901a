using System.Collections.Immutable;
using Gateway.Admin.Incidents;
using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Observability;
using Gateway.Observability.History;
using Gateway.Observability.Metrics;

namespace Gateway.Admin.Status;

/// <summary>
/// Counts what users got while a cluster is disturbed: from ten seconds before its condition is anything but normal, or responses fail,
/// until it is over, and for some minutes after that. Its own timer is its only writer; readers take the last published counts.
/// </summary>
internal sealed partial class ImpactWatch : IDisposable
{
    /// <summary>A bound of the duration histograms: a response that takes longer counts as slow.</summary>
    public static readonly TimeSpan SlowFrom = TimeSpan.FromSeconds(1);

    // What led to the condition lies before it: requests that hang until a deadline, probes that fail in a row.
    private const int Before = 10;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    private readonly AdminSources _sources;
    private readonly IncidentWatch _incidents;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Dictionary<string, Watched> _watched = new(StringComparer.Ordinal);
    private readonly ITimer _timer;
    private readonly DateTimeOffset _began;
    private ImmutableDictionary<string, Impact> _current = ImmutableDictionary<string, Impact>.Empty;
    private int _isLooking;

    /// <param name="sources">The clusters and the routes' figures.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The log.</param>
    public ImpactWatch(AdminSources sources, TimeProvider time, ILogger log)
    {
        _log = log;
        _sources = sources;
        _incidents = new IncidentWatch(sources.Records.Incidents, sources.Records.Journal);
        _time = time;
        _began = time.GetUtcNow();
        _timer = time.CreateTimer(static watch => ((ImpactWatch)watch!).Look(), this, Interval, Interval);
    }

    /// <summary>The impact of a cluster's disturbance; null: there was none in the last ten minutes.</summary>
    public Impact? Of(string cluster) => Volatile.Read(ref _current).GetValueOrDefault(cluster);

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    /// <summary>Looks once. Called by the timer; one look at a time.</summary>
    internal void Look()
    {
        if (Interlocked.Exchange(ref _isLooking, 1) != 0)
        {
            return;
        }

        try
        {
            var (now, config) = (_time.GetUtcNow(), _sources.Config().Config);
            var found = ImmutableDictionary.CreateBuilder<string, Impact>(StringComparer.Ordinal);
            var clusters = _sources.Clusters();
            foreach (var cluster in clusters)
            {
                if (ImpactOf(cluster, config, now) is { } impact)
                {
                    found[cluster.Name] = impact;
                }

                _incidents.Look(cluster, found.GetValueOrDefault(cluster.Name), now);
            }

            // Clusters that left the configuration.
            foreach (var gone in _watched.Keys.Except(clusters.Select(static cluster => cluster.Name), StringComparer.Ordinal).ToList())
            {
                _watched.Remove(gone);
                _incidents.Forget(gone);
            }

            Volatile.Write(ref _current, found.ToImmutable());
        }
        catch (Exception e)
        {
            // On a timer's thread it would end the process. What was counted so far stays.
            LogFailed(_log, e);
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }

    // Null: nothing is to tell of it.
    private Impact? ImpactOf(ClusterView cluster, GatewayConfig config, DateTimeOffset now)
    {
        RouteMeter[] meters = [.. config.Routes
            .Where(route => string.Equals(route.Cluster, cluster.Name, StringComparison.Ordinal))
            .Select(route => _sources.Instruments.Route(route.Name))];
        if (!_watched.TryGetValue(cluster.Name, out var watched))
        {
            // Before the first look no request had ended.
            _watched[cluster.Name] = watched = new Watched(new Sample(_began, [], default));
        }

        var saved = meters.Aggregate(default(SavedSums), static (sum, meter) => sum + meter.Sums.Saved);
        var (from, to, until) = watched.Next(new Sample(now, [.. meters.Select(Of)], saved), IsDisturbed(cluster, now));
        if (from is null)
        {
            return null;
        }

        var counts = to.Routes.Select(route => route - from.Routes.FirstOrDefault(before => string.Equals(
            before.Route, route.Route, StringComparison.Ordinal))).ToImmutableArray();
        var unserved = until is null && cluster.Tiers.Skip(1).Any(static tier => tier.Share > 0)
            ? ImpactText.FirstTierOnly(config, cluster.Name)
            : [];
        return new Impact(from.At, until, ImpactText.Of(from.At, until, counts, unserved, now), counts)
        {
            Saved = to.Saved - from.Saved,
        };
    }

    [LoggerMessage(8020, LogLevel.Error, "The users of a disturbance could not be counted.")]
    private static partial void LogFailed(ILogger log, Exception failure);

    // A hold on a later tier has the same effect on users as a failover to it.
    private static bool IsDisturbed(ClusterView cluster, DateTimeOffset now) => ClusterOutlook.Of(cluster, now).Condition switch
    {
        ClusterCondition.Normal or ClusterCondition.Starting => false,
        ClusterCondition.Held => cluster.IndexOfActive > 0,
        _ => true,
    };

    private static RouteImpact Of(RouteMeter meter)
    {
        var sums = meter.Sums;
        var slow = meter.Durations(RequestOutcome.Live).CountAbove(SlowFrom)
            + meter.Durations(RequestOutcome.Degraded).CountAbove(SlowFrom)
            + meter.Durations(RequestOutcome.Failed).CountAbove(SlowFrom);
        return new RouteImpact(meter.Route, sums.Live, sums.Degraded, sums.Failed, slow);
    }

    /// <summary>All routes of a cluster at one moment.</summary>
    private sealed record Sample(DateTimeOffset At, ImmutableArray<RouteImpact> Routes, SavedSums Saved)
    {
        public long Failed => Routes.Sum(static route => route.Failed);

        public long All => Routes.Sum(static route => route.Live + route.Degraded + route.Failed);
    }

    /// <summary>One cluster.</summary>
    private sealed class Watched(Sample first)
    {
        private readonly Queue<Sample> _recent = new([first]);
        private Sample? _from;
        private Sample? _to;
        private DateTimeOffset? _until;

        /// <summary>The begin and the end of what is counted; no begin: nothing is to tell.</summary>
        public (Sample? From, Sample To, DateTimeOffset? Until) Next(Sample sample, bool isDisturbed)
        {
            _recent.Enqueue(sample);
            while (_recent.Count > Before + 1)
            {
                _recent.Dequeue();
            }

            var oldest = _recent.Peek();
            isDisturbed |= IncidentRule.AreOfNote(sample.Failed - oldest.Failed, sample.All - oldest.All);
            if (isDisturbed)
            {
                // What comes within the time of looking back belongs to the same disturbance.
                if (_from is null || (_until is { } until && until < oldest.At))
                {
                    _from = oldest;
                }

                (_to, _until) = (sample, null);
            }
            else if (_from is not null)
            {
                _until ??= sample.At;
                if (sample.At - _until > Kept)
                {
                    (_from, _until) = (null, null);
                }
            }

            return (_from, _to ?? sample, _until);
        }
    }
}
