using Gateway.Cli;
using Gateway.Cli.Planning;
using Gateway.Configuration.Model;
using Gateway.Configuration.Reload;
using Gateway.Configuration.Values;
using Gateway.Fleet.Canaries;
using Gateway.Observability.History;

namespace Gateway.Hosting;

/// <summary>
/// Lets a changed file wait for an operator when what it means is of high risk for too many requests (<c>reload.confirmAbove</c>). What a
/// probe of the destinations can tell it tries before.
/// </summary>
/// <param name="records">Know what the last hour's requests were.</param>
/// <param name="environment">The value of a variable, or null when it is not set.</param>
/// <param name="time">The clock.</param>
internal sealed class ReloadGuard(Records records, Func<string, string?> environment, TimeProvider time)
{
    private const int MostFindings = 3;

    // In an hour; of those in the last five to ten minutes the canary makes its comparison.
    private const long FewestOfARoute = 10 * CanaryRule.FewestToCompare;

    private static readonly TimeSpan Window = TimeSpan.FromHours(1);
    private static readonly TimeSpan ProbesWithin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LedgerWithin = TimeSpan.FromSeconds(2);
    private static readonly IReadOnlyDictionary<string, long> Nothing = new Dictionary<string, long>(StringComparer.Ordinal);

    // A file that waits for another reason is judged every two seconds; its plan, and the probes, stay what they were.
    private (GatewayConfig Old, string Hash)? _allowed;

    /// <summary>Why a change waits; null: it does not. Only the loop that watches the file calls this.</summary>
    public async Task<(RejectionCause Cause, string Why)?> JudgeAsync(ConfigChange change, CancellationToken cancellationToken)
    {
        if (_allowed is var (old, hash) && ReferenceEquals(old, change.Old) && string.Equals(hash, change.Hash, StringComparison.Ordinal))
        {
            return null;
        }

        var why = await WhyAsync(change, cancellationToken).ConfigureAwait(false);
        _allowed = why is null ? (change.Old, change.Hash) : null;
        return why is null ? null : (RejectionCause.Waits, why);
    }

    private async Task<string?> WhyAsync(ConfigChange change, CancellationToken cancellationToken)
    {
        // The limit in force: a file cannot lift its own.
        if (change.Old.Reload.ConfirmAbove is not { } most)
        {
            return null;
        }

        var untried = await ConfigPlanner.PlanAsync(change.Old, change.New).ConfigureAwait(false);
        var tried = await TriedAsync(untried, change.New, cancellationToken).ConfigureAwait(false);
        var requests = await RequestsAsync(cancellationToken).ConfigureAwait(false);
        var plan = LeftToTheCanary(tried, change.Old, requests);
        var share = PlanTraffic.ShareOf(change.Old, plan, requests);
        if (share <= most)
        {
            return null;
        }

        var worst = plan.Findings.Where(static finding => finding.Risk == PlanRisk.High).ToArray();
        var of = requests.Values.Sum() > 0 ? "the last hour's requests" : "the routes (the last hour had no requests)";
        return $"The change is valid and of high risk for {PercentText.Format(Math.Round(share, 3))} of {of}, more than "
            + $"reload.confirmAbove ({PercentText.Format(most)}): "
            + string.Join("; ", worst.Take(MostFindings).Select(static finding => $"{finding.Subject}: {finding.Text}"))
            + (worst.Length > MostFindings ? $"; and {worst.Length - MostFindings} more" : "")
            + $". Look at `{ProgramName.Current} plan FILE`; `{ProgramName.Current} reload --force` puts it in force.";
    }

    // A refusal that meets users is rolled back after a few of them, where the route has enough to be compared by itself: in a fleet none
    // is.
    private static ConfigPlan LeftToTheCanary(ConfigPlan plan, GatewayConfig old, IReadOnlyDictionary<string, long> requests)
    {
        if (old.Reload.Canary is null || old.Redis is not null)
        {
            return plan;
        }

        var busy = old.Routes.Where(route => requests.GetValueOrDefault(route.Name) >= FewestOfARoute)
            .Select(static route => PlanSubject.Route(route.Name))
            .ToHashSet(StringComparer.Ordinal);
        return plan with
        {
            Findings = [.. plan.Findings.Select(finding => finding.StatusesTell && busy.Contains(finding.Subject)
                ? finding with { Risk = PlanRisk.Medium }
                : finding)],
        };
    }

    // A disk that hangs must not keep a change out of force: without the ledger every route counts the same.
    private async Task<IReadOnlyDictionary<string, long>> RequestsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await records.ReadRoutesAsync(Window, cancellationToken).WaitAsync(LedgerWithin, time, cancellationToken)
                .ConfigureAwait(false) ?? Nothing;
        }
        catch (TimeoutException)
        {
            return Nothing;
        }
    }

    // A probe that every destination passes is no risk any more; what one does not pass is said.
    private async Task<ConfigPlan> TriedAsync(ConfigPlan plan, GatewayConfig config, CancellationToken cancellationToken)
    {
        var subjects = plan.Findings.Where(static finding => finding.ProbesTell)
            .Select(static finding => finding.Subject)
            .ToHashSet(StringComparer.Ordinal);
        var clusters = config.Clusters.Where(cluster => subjects.Contains(PlanSubject.Cluster(cluster.Name))).ToArray();
        if (clusters.Length == 0)
        {
            return plan;
        }

        using var late = new CancellationTokenSource(ProbesWithin, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        IReadOnlyList<ConnectionCheck> checks;
        try
        {
            checks = await ConnectionChecks.RunAsync(config with { Clusters = [.. clusters] }, environment, time, deadline.Token)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Not known in time: as risky as before.
            return plan;
        }

        var failed = checks.Where(static check => !check.Passed)
            .GroupBy(static check => PlanSubject.Cluster(check.Cluster), StringComparer.Ordinal)
            .ToDictionary(static group => group.Key, static group => group.First(), StringComparer.Ordinal);
        return plan with
        {
            Findings = [.. plan.Findings.Select(finding => !finding.ProbesTell ? finding
                : failed.TryGetValue(finding.Subject, out var check)
                    ? finding with { Text = $"{finding.Text}: {check.Destination} fails ({check.Result})" }
                    : finding with { Risk = PlanRisk.Low })],
        };
    }
}
