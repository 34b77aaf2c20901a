using Gateway.Cli;
using Gateway.Cli.Planning;
using Gateway.Configuration.Reload;
using Gateway.Configuration.Values;
using Gateway.Observability.History;

namespace Gateway.Hosting;

/// <summary>
/// Lets a changed file wait for an operator when what it means is of high risk for too many requests (<c>reload.confirmAbove</c>).
/// </summary>
/// <param name="records">Know what the last hour's requests were.</param>
internal sealed class ReloadGuard(Records records)
{
    private const int MostFindings = 3;

    private static readonly TimeSpan Window = TimeSpan.FromHours(1);
    private static readonly IReadOnlyDictionary<string, long> Nothing = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>Why a change waits; null: it does not.</summary>
    public async Task<(RejectionCause Cause, string Why)?> JudgeAsync(ConfigChange change, CancellationToken cancellationToken)
    {
        // The limit in force: a file cannot lift its own.
        if (change.Old.Reload.ConfirmAbove is not { } most)
        {
            return null;
        }

        var plan = await ConfigPlanner.PlanAsync(change.Old, change.New).ConfigureAwait(false);
        var requests = await records.ReadRoutesAsync(Window, cancellationToken).ConfigureAwait(false) ?? Nothing;
        var share = PlanTraffic.ShareOf(change.Old, plan, requests);
        if (share <= most)
        {
            return null;
        }

        var worst = plan.Findings.TakeWhile(static finding => finding.Risk == PlanRisk.High).ToArray();
        var of = requests.Values.Sum() > 0 ? "the last hour's requests" : "the routes (the last hour had no requests)";
        var why = $"The change is valid and waits for an operator, since it is of high risk for {PercentText.Format(Math.Round(share, 3))} "
            + $"of {of}, more than reload.confirmAbove ({PercentText.Format(most)}): "
            + string.Join("; ", worst.Take(MostFindings).Select(static finding => $"{finding.Subject}: {finding.Text}"))
            + (worst.Length > MostFindings ? $"; and {worst.Length - MostFindings} more" : "")
            + $". Look at `{ProgramName.Current} plan FILE`; `{ProgramName.Current} reload --force` puts it in force.";
        return (RejectionCause.Waits, why);
    }
}
