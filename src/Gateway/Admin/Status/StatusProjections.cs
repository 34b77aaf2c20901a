using Gateway.Configuration.Model;
using Gateway.Configuration.Reload;
using Gateway.Failover;
using Gateway.Forwarding.Mirroring;
using Gateway.Health.Forecast;
using Gateway.Health.Signals;
using Gateway.Observability.History;
using Gateway.Observability.Metrics;

namespace Gateway.Admin.Status;

/// <summary>Turns what the rooms publish into what Observability, which knows no room, is told.</summary>
internal static class StatusProjections
{
    /// <summary>The figures of state. The store of last-good responses and Redis are added by <c>with</c>, where they exist.</summary>
    public static StateReadings State(
        Func<IReadOnlyList<ClusterView>> clusters,
        Func<ConfigState> config,
        Records records,
        TimeProvider time) => new()
        {
            Tiers = () => [.. from c in clusters()
                          from t in c.Tiers
                          select new TierReading(
                              c.Name,
                              t.Name,
                              t.InFlight,
                              string.Equals(t.Name, c.Active, StringComparison.Ordinal),
                              t.Share,
                              t.Degraded,
                              string.Equals(t.Name, c.Hold?.Tier, StringComparison.Ordinal))],
            NextChanges = () => NextChanges(clusters(), time.GetUtcNow()),
            Destinations = () => [.. from c in clusters()
                                 from t in c.Tiers
                                 from d in t.Destinations
                                 select new DestinationReading(
                                     c.Name,
                                     t.Name,
                                     d.Name,
                                     d is { Draining: false, HealthStatus: Health.Model.HealthStatus.Up },
                                     d.ProbeAge,
                                     d.Draining,
                                     d is { P50: { } p50, P90: { } p90, P99: { } p99 } ? new LatencyReading(p50, p90, p99) : null,
                                     d.WeightOrder?.Weight)
                                 {
                                     Signals = d.Signals.IsEmpty ? [] :
                                     [
                                         .. from s in d.Signals
                                            where s.State != SignalState.Unknown
                                            select (s.Name, s is { State: SignalState.Firing, Then: > SignalEffect.Weight }),
                                     ],
                                     SignalShare = d.SignalShare,
                                 }],
            Forecasts = () => [.. from c in clusters()
                              from t in c.Tiers
                              from d in t.Destinations
                              let forecast = d.Forecast
                              where forecast is not null
                              select new ForecastReading(c.Name, d.Name, forecast.Probability)],
            ForecastScores = Scores(() => config().Config, new ForecastScores(records.Forecasts)),
            Availability = () => records.Availability,
            Reliability = () => records.Reliability,
            Slo = () => Slo(config().Config, records.Totals),
            Reload = () => config() is var state ? new ReloadReading(state.FileIsInForce, state.AppliedAt) : null,
        };

    /// <summary>For each cluster that has one: the time to its next change.</summary>
    public static IReadOnlyList<NextChangeReading> NextChanges(IReadOnlyList<ClusterView> clusters, DateTimeOffset now) =>
    [
        .. from cluster in clusters
           let at = ClusterOutlook.Of(cluster, now).Change.At
           where at is not null
           select new NextChangeReading(cluster.Name, at.GetValueOrDefault() - now),
    ];

    /// <summary>For the ledger: whether each cluster (empty tier) and each of its tiers can serve.</summary>
    public static IReadOnlyList<ServingReading> Serving(IReadOnlyList<ClusterView> clusters) =>
    [
        .. clusters.SelectMany(static c => c.Tiers
            .Select(t => new ServingReading(c.Name, t.Name, StatusReader.CanServe(t)))
            .Prepend(new ServingReading(c.Name, "", c.Active is not null))),
    ];

    /// <summary>For the ledger: good responses so far by tier, those of one name together.</summary>
    public static IReadOnlyList<TierResponses> TierResponses(IReadOnlyList<ClusterView> clusters, Instruments instruments) =>
    [
        .. clusters.SelectMany(static c => c.Tiers, static (cluster, tier) => (Cluster: cluster.Name, Tier: tier))
            .GroupBy(static t => t.Tier.Name, StringComparer.Ordinal)
            .Select(tiers => new TierResponses(
                tiers.Key,
                tiers.Sum(t => t.Tier.Destinations.Sum(d => instruments.Destination(t.Cluster, d.Name).Attempts(AttemptResult.Success))))),
    ];

    /// <summary>For the error budgets: each configured cluster's target and requests.</summary>
    public static IReadOnlyList<SloReading> Slo(GatewayConfig config, IReadOnlyDictionary<string, RequestSums> totals) =>
    [
        .. from cluster in config.Clusters
           let sums = totals.GetValueOrDefault(cluster.Name)
           select new SloReading(cluster.Name, cluster.Slo, sums.Judged - sums.Bad, sums.Bad),
    ];

    /// <summary>A transition for the journal.</summary>
    public static JournalEntry Entry(Transition transition) => new(transition.At, "transition", transition.Evidence)
    {
        Cluster = transition.Cluster,
        From = transition.From,
        To = transition.To,
        Reason = Word(transition.Reason),
    };

    /// <summary>A change of health for the journal.</summary>
    public static JournalEntry Entry(HealthChange change) =>
        new(change.At, "health", change.Evidence.Length == 0 ? $"{change.Text}." : $"{change.Text} ({change.Evidence}).")
        {
            Cluster = change.Cluster,
            To = change.Destination ?? change.Tier,
        };

    /// <summary>The scores of forecasts, for the metrics.</summary>
    private static Func<IReadOnlyList<ForecastScoreReading>> Scores(Func<GatewayConfig> config, ForecastScores scores) => () =>
    [
        .. from cluster in config().Clusters
           where cluster.Forecast != ForecastMode.Off
           let score = scores.Of(cluster.Name)
           select new ForecastScoreReading(
               cluster.Name,
               score.Precision,
               score.Recall,
               score.MedianLead,
               score.Brier,
               score.FalseAlarmsPerWeek),
    ];

    /// <summary>A difference that mirrored reads show, for the journal.</summary>
    public static JournalEntry Entry(MirrorChange change) =>
        new(change.At, "mirror", $"{change.Text}.") { Cluster = change.Cluster, To = change.Tier };

    /// <summary>An alarm for the journal.</summary>
    public static JournalEntry Entry(ForecastChange change) =>
        new(change.At, "forecast", $"{change.Text}{(change.Reason.Length == 0 ? "" : $": {change.Reason}")}.")
        {
            Cluster = change.Cluster,
            To = change.Destination,
        };

    /// <summary>A transition for its counter; no tier is called <c>none</c>.</summary>
    public static void Count(Instruments instruments, Transition transition) =>
        instruments.Transition(transition.Cluster, transition.From ?? "none", transition.To ?? "none", Word(transition.Reason));

    /// <summary>A refused file for the journal.</summary>
    public static JournalEntry Entry(RejectedConfig rejected) => new(rejected.At, "config-rejected", rejected.ToSentence());

    /// <summary>A configuration that was put in force, for the journal.</summary>
    public static JournalEntry Entry(ConfigChange change, DateTimeOffset at) => new(at, "config",
        ConfigChange.Say(change.Revision, change.RestartNeeded, change.Request.RollbackTo)
        + (string.Equals(change.Old.Admin.Token, change.New.Admin.Token, StringComparison.Ordinal) ? ""
            : change.New.Admin.Token is null ? " \"admin.token\" was removed: the admin endpoint needs no token any more."
            : change.Old.Admin.Token is null ? " \"admin.token\" was set: the admin endpoint needs it from now on."
            : " \"admin.token\" changed: the new token is needed from now on, and the old one is refused.")
        + (change.Old.Admin.Tokens.SequenceEqual(change.New.Admin.Tokens) ? ""
            : " \"admin.tokens\" changed: only the tokens that stand there now are accepted.")
        + (SameOperators(change.Old.Admin.ClientCertificates, change.New.Admin.ClientCertificates) ? ""
            : " \"admin.clientCertificates\" changed: only the operators that stand there now are accepted."));

    private static bool SameOperators(OperatorCertificatesConfig? a, OperatorCertificatesConfig? b) =>
        string.Equals(a?.Ca, b?.Ca, StringComparison.Ordinal) && (a?.Operators ?? []).SequenceEqual(b?.Operators ?? []);

    /// <summary>An operator's order that was given at another gateway, for the journal.</summary>
    public static JournalEntry Entry(Command command, CommandResult result, DateTimeOffset at) =>
        new(at, command switch
        {
            HoldCommand => "hold",
            ReleaseCommand => "release",
            DrainCommand => "drain",
            WeightCommand => "weight",
            ResumeCommand => "resume",
            _ => "ready"
        }, result.Message)
        {
            Cluster = command.Cluster,
            To = command switch
            {
                HoldCommand hold => hold.Tier,
                DrainCommand drain => drain.Destination,
                ReadyCommand ready => ready.Destination,
                WeightCommand weight => weight.Destination,
                ResumeCommand resume => resume.Saved.Active,
                _ => null
            },
            Reason = command switch
            {
                HoldCommand hold => hold.Reason,
                DrainCommand drain => drain.Reason,
                WeightCommand weight => weight.Reason,
                _ => null
            },
            Who = command.By is { } by ? $"{by}, at another gateway" : "an operator at another gateway",
        };

    private static string Word(TransitionReason reason) => reason switch
    {
        TransitionReason.Failover => "failover",
        TransitionReason.Failback => "failback",
        TransitionReason.Relapse => "relapse",
        TransitionReason.Exhausted => "exhausted",
        TransitionReason.Recovered => "recovered",
        TransitionReason.Hold => "hold",
        TransitionReason.Release => "release",
        _ => "config",
    };
}
