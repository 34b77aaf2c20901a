using Gateway.Admin.Status;
using Gateway.Failover;
using Gateway.Observability.History;

namespace Gateway.Admin.Incidents;

/// <summary>
/// Makes a report of each disturbance in which another tier took over by itself, none could, or users got errors. One thread at a time.
/// </summary>
/// <param name="incidents">Where they are kept.</param>
/// <param name="journal">What happens meanwhile, and where the end of one is told.</param>
internal sealed class IncidentWatch(KeptHistory<Incident> incidents, Journal journal)
{
    // A gateway that is killed keeps what it knew so long before.
    private static readonly TimeSpan KeepEvery = TimeSpan.FromSeconds(10);

    // What begins anew within the time of looking back belongs to the same disturbance.
    private static readonly TimeSpan OverAfter = TimeSpan.FromSeconds(15);

    private readonly Dictionary<string, Open> _open = new(StringComparer.Ordinal);

    /// <summary>Takes a cluster as it is now.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="impact">What users got during its disturbance, also for a while after it; null: there is none.</param>
    /// <param name="now">The time.</param>
    public void Look(ClusterView cluster, Impact? impact, DateTimeOffset now)
    {
        var open = _open.GetValueOrDefault(cluster.Name);
        if (impact is null)
        {
            _open.Remove(cluster.Name);
            return;
        }

        if (open is null || open.Incident.At != impact.Since)
        {
            _open[cluster.Name] = open = new Open(new Incident(impact.Since, cluster.Name));
        }

        if (open.IsOver)
        {
            return;
        }

        open.IsOver = impact.Until is { } until && now - until > OverAfter;
        var hasNews = open.TakeLosses(cluster) | open.TakeTransition(cluster) | open.IsOver;
        open.TakeEntries(journal, cluster.Name);
        if (!open.HasTransition && !IncidentRule.IsNoteworthy(impact))
        {
            return;
        }

        if (hasNews || now - open.KeptAt >= KeepEvery)
        {
            Keep(open, cluster, impact, now);
        }
    }

    /// <summary>Clusters that left the configuration have no open incident.</summary>
    public void Forget(string cluster) => _open.Remove(cluster);

    private void Keep(Open open, ClusterView cluster, Impact impact, DateTimeOffset now)
    {
        open.KeptAt = now;
        open.Incident = incidents.Keep(open.Incident with
        {
            Until = open.IsOver ? impact.Until : null,
            Users = impact.Text,
            Routes = impact.Routes,
            Saved = impact.Saved,
            Tiers = [.. cluster.Tiers.Select(static tier => new IncidentTier(
                tier.Name, [.. tier.Destinations.Select(static destination => destination.Name)]))],
            Losses = [.. open.Losses.OrderBy(static loss => loss.At)],
            Timeline = [.. open.Entries],
        });
        if (open.IsOver)
        {
            journal.Append(new JournalEntry(
                now, "incident", $"The incident is over: {impact.Text} Its report: incidents show {open.Incident.Name}")
            {
                Cluster = cluster.Name,
            });
        }
    }

    /// <summary>The disturbance of one cluster.</summary>
    private sealed class Open(Incident incident)
    {
        private readonly Dictionary<(string Tier, string Destination), string> _lost = [];
        private DateTimeOffset _lastTransition = incident.At;

        public Incident Incident { get; set; } = incident;

        public List<IncidentLoss> Losses { get; } = [];

        public List<JournalEntry> Entries { get; } = [];

        public bool HasTransition { get; private set; }

        public bool IsOver { get; set; }

        public DateTimeOffset KeptAt { get; set; }

        // True: something is new.
        public bool TakeLosses(ClusterView cluster)
        {
            var before = Losses.Count;
            foreach (var (tier, destination) in cluster.Tiers.SelectMany(static tier => tier.Destinations.Select(d => (tier.Name, d))))
            {
                var key = (tier, destination.Name);
                var (was, cause) = (_lost.GetValueOrDefault(key), destination.Lost ? destination.Cause : null);
                if (string.Equals(was, cause, StringComparison.Ordinal) || Losses.Count >= Incident.MostEntries)
                {
                    continue;
                }

                // One that was lost long before counts from the begin.
                var at = destination.Since < Incident.At ? Incident.At : destination.Since;
                Losses.Add(new IncidentLoss(at, tier, destination.Name, cause));
                if (cause is null)
                {
                    _lost.Remove(key);
                }
                else
                {
                    _lost[key] = cause;
                }
            }

            return Losses.Count > before;
        }

        // Now, since the journal in memory forgets: a flapping cluster fills it in minutes.
        public void TakeEntries(Journal journal, string cluster)
        {
            var last = Entries.Count == 0 ? 0 : Entries[^1].Id;
            Entries.AddRange(journal.Recent(int.MaxValue)
                .TakeWhile(entry => entry.Id > last)
                .Where(entry => entry.At >= Incident.At
                    && (entry.Cluster is null || string.Equals(entry.Cluster, cluster, StringComparison.Ordinal)))
                .Reverse()
                .Take(Incident.MostEntries - Entries.Count));
        }

        public bool TakeTransition(ClusterView cluster)
        {
            if (cluster.LastTransition is not { } last || last.At <= _lastTransition)
            {
                return false;
            }

            _lastTransition = last.At;
            HasTransition |= IncidentRule.IsNoteworthy(last);
            return true;
        }
    }
}
