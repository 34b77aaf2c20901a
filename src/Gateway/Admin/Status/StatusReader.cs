using Gateway.Configuration.Model;
using Gateway.Failover;
using Gateway.Observability.Metrics;

namespace Gateway.Admin.Status;

/// <summary>Gathers the report from what the rooms publish; nothing is asked that could wait.</summary>
internal sealed class StatusReader(AdminSources sources, ImpactWatch impact, TimeProvider time)
{
    private static readonly string Version = typeof(StatusReader).Assembly.GetName().Version?.ToString(3) ?? "0";

    private readonly DateTimeOffset _startedAt = time.GetUtcNow();

    /// <summary>The report now.</summary>
    public StatusReport Read()
    {
        var readiness = sources.Readiness();
        var config = sources.Config();
        var now = time.GetUtcNow();
        return new(
            new(Version, now, _startedAt, readiness.Ready, readiness.Why),
            ConfigStatus.Of(config) with { Canary = sources.Canary() },
            [.. sources.Clusters().Select(c => Of(c, now) with { Impact = impact.Of(c.Name), Queue = QueueOf(config.Config, c.Name) })],
            Routes(config.Config),
            sources.Records.History,
            sources.Records.Journal.Recent(20),
            [.. sources.Alarms().Select(static a => a.Text)],
            sources.Fleet() is { } fleet ? FleetStatus.Of(fleet) : null)
        {
            Runbooks = RunbookReport.Lines(config.Config, sources.Records.Runbooks, now),
            Proofs = ProofReport.Lines(sources.Clusters(), sources.Records, now),
            Mirrors = sources.Mirrors(),
        };
    }

    /// <summary>True for a tier that may be the active one.</summary>
    public static bool CanServe(TierView tier) => tier.Standing >= TierHealth.Unverified;

    private QueueStatus? QueueOf(GatewayConfig config, string cluster)
    {
        if (config.Clusters.FirstOrDefault(c => string.Equals(c.Name, cluster, StringComparison.Ordinal))?.Queue is not { } queue)
        {
            return null;
        }

        var meter = sources.Instruments.Cluster(cluster);
        return new QueueStatus(
            meter.Waiting,
            queue.Max,
            queue.Wait.TotalMilliseconds,
            meter.QueuedSoFar(QueueResult.Admitted),
            meter.QueuedSoFar(QueueResult.TimedOut),
            meter.QueuedSoFar(QueueResult.Full));
    }

    private static ClusterStatus Of(ClusterView cluster, DateTimeOffset now)
    {
        var outlook = ClusterOutlook.Of(cluster, now);
        return Of(cluster) with
        {
            Condition = outlook.Condition,
            Now = outlook.Now,
            Next = new NextStatus(outlook.Change.Tier, outlook.Change.At, outlook.Change.Because, outlook.Next),
        };
    }

    private static ClusterStatus Of(ClusterView cluster) => new(
        cluster.Name,
        cluster.Active,
        cluster.ActiveSince,
        Sentence(cluster.LastTransition?.Evidence ?? "Unchanged since the start."),
        cluster.Hold is { } hold ? new(hold.Tier, hold.Until, hold.Reason, hold.Yielded, hold.By) : null,
        cluster.RampFrom is { } from ? new(from, cluster.RampShare) : null,
        [
        .. cluster.Tiers.Select(t => new TierStatus(
            t.Name,
            string.Equals(t.Name, cluster.Active, StringComparison.Ordinal),
            t.Share,
            t.Standing,
            CanServe(t),
            t.Healthy, t.Needed, t.InFlight, t.Capacity, [.. t.Destinations.Select(Of)]) { Degraded = t.Degraded })],
        cluster.HedgeDelay?.TotalMilliseconds);

    private static DestinationStatus Of(DestinationView d) => new(
        d.Name,
        d.Url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped),
        d.HealthStatus,
        d.Since,
        Sentence(d.Why),
        d.Draining,
        d.Suspect,
        d.InFlight,
        d.Share,
        d.P99?.TotalMilliseconds,
        d.Weight,
        Math.Round(d.ProbeAge.TotalSeconds, 3),
        d.LastProbe?.Words,
        d.LastProbe?.Duration.TotalMilliseconds,
        d.EjectedUntil,
        d.AvoidedBy)
    {
        Cause = d.Cause.Length > 0 ? d.Cause : null,
        Zone = d.Zone,
        StartShare = d.StartShare,
        Signals = d.Signals.IsEmpty ? null
            : [.. d.Signals.Select(static s => new SignalStatus(s.Name, s.State, s.Then, s.Acts, s.Withheld, s.Since, s.Value))],
        SignalShare = d.SignalShare,
        WeightOrder = d.WeightOrder is { } order ? new WeightStatus(order.Configured, order.Since, order.Reason, order.By) : null,
        Drain = d.Drain is { } drain ? new DrainStatus(drain.Since, drain.Reason, drain.By, drain.Until) : null,
    };

    private static string Sentence(string text) => text.Length == 0 || text[^1] is '.' or '!' or '?' ? text : text + ".";

    private RouteStatus[] Routes(GatewayConfig config)
    {
        var lastGood = sources.LastGood().ToDictionary(static l => l.Route, StringComparer.Ordinal);
        return [.. config.Routes.Select(route =>
        {
            var meter = sources.Instruments.Route(route.Name);
            return new RouteStatus(route.Name, route.Path, route.Cluster, route.Level, meter.Sums,
                Enum.GetValues<FallbackStep>().ToDictionary(static r => Instruments.StepNames[(int)r], meter.Uses, StringComparer.Ordinal),
                [.. route.Fallback.Select(Name), "builtIn"],
                lastGood.GetValueOrDefault(route.Name));
        })];
    }

    private static string Name(FallbackStepConfig step) => step switch
    {
        FileStep file => $"file: {file.File}",
        LastGoodStep => "lastGood",
        _ => "builtIn",
    };
}
