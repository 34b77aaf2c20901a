using System.Globalization;
using Gateway.Admin.Status;
using Gateway.Configuration.Values;
using Gateway.Failover;
using Gateway.Health.Model;
using Gateway.LastGood.Policy;

namespace Gateway.Admin.Endpoints;

/// <summary>
/// What operators may do to clusters and stored responses. A change is refused when it would leave nothing that can serve or comes within
/// 5 s of the last switch, unless <c>force</c> is given.
/// </summary>
internal sealed class Verbs(AdminSources sources, VerbRunner runner, TimeProvider time)
{
    private static readonly TimeSpan LongestHold = TimeSpan.FromHours(24);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    /// <summary><c>POST /clusters/{c}/hold</c>.</summary>
    public Task HoldAsync(HttpContext context) => OnClusterAsync(context, (cluster, request) =>
    {
        if (request.Tier is null || request.For is null || string.IsNullOrWhiteSpace(request.Reason))
        {
            return Refused(
                400,
                "A hold needs \"tier\", \"for\" and \"reason\", like {\"tier\": \"standby\", \"for\": \"10m\", \"reason\": \"guide-a is "
                    + "being replaced\"}.");
        }

        if (DurationText.Parse(request.For, out var instead) is not { } length || length <= TimeSpan.Zero || length > LongestHold)
        {
            return Refused(400, $"The \"for\" of a hold was \"{request.For}\". {instead}; at most 24h.");
        }

        if (cluster.Tiers.FirstOrDefault(t => string.Equals(t.Name, request.Tier, StringComparison.Ordinal)) is not { } tier)
        {
            return Refused(
                404,
                $"The cluster \"{cluster.Name}\" has no tier \"{VerbText.Shown(request.Tier)}\"."
                    + $"{VerbText.Meant(request.Tier, cluster.Tiers.Select(static t => t.Name))} Its tiers are "
                    + $"{VerbText.List(cluster.Tiers.Select(static t => t.Name))}.");
        }

        if (!request.Force && !StatusReader.CanServe(tier))
        {
            return Refused(
                409,
                $"The tier \"{tier.Name}\" cannot serve now, so that it cannot be held. Wait until it can, or hold it all the same, as "
                    + $"soon as it does: --force, \"force\": true.");
        }

        if (!request.Force && !string.Equals(cluster.Active, tier.Name, StringComparison.Ordinal) && JustSwitched(cluster))
        {
            return Refused(
                409,
                $"The cluster \"{cluster.Name}\" switched less than 5 s ago. Look again in {Wait(cluster)} s, or do it all the same: "
                    + $"--force, \"force\": true.");
        }

        var cost = cluster.Tiers.IndexOf(tier) > 0
            ? ImpactText.CostOfHolding(ImpactText.FirstTierOnly(sources.Config().Config, cluster.Name))
            : "";
        return new PlannedVerb("hold", new HoldCommand(cluster.Name, tier.Name, length, request.Reason), tier.Name) { Besides = cost };
    });

    /// <summary><c>POST /clusters/{c}/release</c>.</summary>
    public Task ReleaseAsync(HttpContext context) => OnClusterAsync(context, (cluster, request) =>
        !request.Force && JustSwitched(cluster)
            ? Refused(
                409,
                $"The cluster \"{cluster.Name}\" switched less than 5 s ago. Look again in {Wait(cluster)} s, or do it all the same: "
                    + $"--force, \"force\": true.")
            : new PlannedVerb("release", new ReleaseCommand(cluster.Name), null));

    /// <summary><c>POST /clusters/{c}/destinations/{d}/drain</c>.</summary>
    public Task DrainAsync(HttpContext context) => OnDestinationAsync(context, (cluster, destination, request) =>
        !request.Force
            && !cluster.Tiers.Any(t => t.Destinations.Any(d => !string.Equals(d.Name, destination, StringComparison.Ordinal)
                && d is { Draining: false, HealthStatus: HealthStatus.Up or HealthStatus.Unknown }))
            ? Refused(
                409,
                $"Without \"{destination}\" the cluster \"{cluster.Name}\" would have no destination left that can serve. Bring another "
                    + $"one up first, or do it all the same: --force, \"force\": true.")
            : request.For is null
                ? new PlannedVerb("drain", new DrainCommand(cluster.Name, destination) { Reason = request.Reason }, destination)
            : DurationText.Parse(request.For, out var instead) is { } length && length > TimeSpan.Zero && length <= LongestHold
                ? new("drain", new DrainCommand(cluster.Name, destination) { Reason = request.Reason, For = length }, destination)
                : Refused(400, $"The \"for\" of a drain was \"{VerbText.Shown(request.For)}\". {instead}; at most 24h."));

    /// <summary><c>POST /clusters/{c}/destinations/{d}/ready</c>.</summary>
    public Task ReadyAsync(HttpContext context) => OnDestinationAsync(context, (cluster, destination, _) =>
        new PlannedVerb("ready", new ReadyCommand(cluster.Name, destination), destination));

    /// <summary><c>POST /clusters/{c}/destinations/{d}/weight</c>.</summary>
    public Task WeightAsync(HttpContext context) => OnDestinationAsync(context, (cluster, destination, request) =>
        request.Clear == request.Weight.HasValue || request.Weight is < WeightCommand.Least or > WeightCommand.Most
            ? Refused(
                400,
                "A weight is {\"weight\": 5}, a number from 1 to 1000, or {\"clear\": true} for the configuration's again. To send nothing "
                    + "to a destination, drain it.")
            : new("weight", new WeightCommand(cluster.Name, destination, request.Weight) { Reason = request.Reason }, destination));

    /// <summary><c>DELETE /last-good</c>, with <c>?key=</c>, <c>?prefix=</c> or <c>?route=</c>; with none of them everything.</summary>
    public Task PurgeAsync(HttpContext context) => runner.AloneAsync(context, async (request, who, _) =>
    {
        if (LastGoodView.RuleOf(context.Request.Query) is not { } rule)
        {
            await AdminJson.ProblemAsync(context, 400, "Give only one of \"key\", \"prefix\" and \"route\".");
            return;
        }

        if (sources.Purge is null
            || (rule.By == PurgeBy.Route
                && !sources.Config().Config.Routes.Any(r => string.Equals(r.Name, rule.Text, StringComparison.Ordinal))))
        {
            await AdminJson.ProblemAsync(
                context,
                404,
                rule.By == PurgeBy.Route
                    ? $"There is no route \"{VerbText.Shown(rule.Text)}\"."
                        + $"{VerbText.Meant(rule.Text, sources.Config().Config.Routes.Select(static r => r.Name))}"
                    : "No route keeps last-good responses.");
            return;
        }

        var message = LastGoodView.Words(rule with { Text = VerbText.Shown(rule.Text) }, sources.Purge(rule));
        runner.Append(new(time.GetUtcNow(), "purge", message) { Reason = request.Reason, Who = who });
        await AdminJson.WriteAsync(context, new VerbResult(message));
    });

    private static PlannedVerb Refused(int status, string why) => new("", null, null) { Status = status, Why = why };

    private string Wait(ClusterView cluster) =>
        Math.Max(
            1,
            Math.Ceiling((Quiet - (time.GetUtcNow() - cluster.LastTransition!.At)).TotalSeconds)).ToString(CultureInfo.InvariantCulture);

    private bool JustSwitched(ClusterView cluster) => cluster.LastTransition is { } last && time.GetUtcNow() - last.At < Quiet;

    private Task OnDestinationAsync(HttpContext context, Func<ClusterView, string, VerbRequest, PlannedVerb> plan) =>
        OnClusterAsync(context, (cluster, request) =>
    {
        var name = (string?)context.Request.RouteValues["destination"] ?? "";
        var all = cluster.Tiers.SelectMany(static t => t.Destinations).Select(static d => d.Name).ToArray();
        return all.Contains(name, StringComparer.Ordinal)
            ? plan(cluster, name, request)
            : Refused(
                404,
                $"The cluster \"{cluster.Name}\" has no destination \"{VerbText.Shown(name)}\".{VerbText.Meant(name, all)} Its "
                    + $"destinations are {VerbText.List(all)}.");
    });

    private Task OnClusterAsync(HttpContext context, Func<ClusterView, VerbRequest, PlannedVerb> plan) =>
        runner.AloneAsync(context, async (request, who, token) =>
    {
        var name = (string?)context.Request.RouteValues["cluster"] ?? "";
        var clusters = sources.Clusters();
        if (clusters.FirstOrDefault(c => string.Equals(c.Name, name, StringComparison.Ordinal)) is not { } cluster)
        {
            await AdminJson.ProblemAsync(
                context,
                404,
                $"There is no cluster \"{VerbText.Shown(name)}\".{VerbText.Meant(name, clusters.Select(static c => c.Name))} The clusters "
                    + $"are {VerbText.List(clusters.Select(static c => c.Name))}.");
            return;
        }

        var planned = plan(cluster, request);
        if (planned.Command is null)
        {
            await AdminJson.ProblemAsync(context, planned.Status, planned.Why);
            return;
        }

        var result = await sources.Command(planned.Command with { By = who }, token);
        if (!result.Done)
        {
            await AdminJson.ProblemAsync(context, 409, result.Message);
            return;
        }

        runner.Append(new(time.GetUtcNow(), planned.Kind, result.Message)
        {
            Cluster = cluster.Name,
            To = planned.Subject,
            Reason = request.Reason,
            Who = who
        });
        await AdminJson.WriteAsync(context, new VerbResult(result.Message + planned.Besides));
    });
}
