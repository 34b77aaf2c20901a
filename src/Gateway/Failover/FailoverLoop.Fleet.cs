using System.Collections.Immutable;
using Gateway.Consensus;

namespace Gateway.Failover;

/// <content>What this gateway tells the others of its clusters, and what it hears from them.</content>
internal sealed partial class FailoverLoop
{
    private Action? _opinionChanged;
    private ClusterVote[] _opinions = [];

    /// <summary>This gateway's votes; a cluster is in it once its first round of probes is over.</summary>
    public IReadOnlyList<ClusterVote> Opinions => Volatile.Read(ref _opinions);

    /// <summary>Told, on the loop, when a vote changed; must not wait. Set it before the start.</summary>
    public void WhenOpinionChanges(Action told) => _opinionChanged = told;

    /// <summary>What the fleet says, by cluster; a cluster that is not in it is decided alone. It counts for <see cref="FleetGuidance.ValidFor"/>. Never waits: what does not fit comes again with the next exchange.</summary>
    public void Guide(ImmutableDictionary<string, FleetGuidance> guidance) => _messages.Writer.TryWrite(new Message(new GuideMessage(guidance)));

    private void OnGuided(GuideMessage message, TimeSpan now)
    {
        foreach (var (name, cluster) in _runtimes)
        {
            cluster.Guidance = message.Guidance.GetValueOrDefault(name);
            cluster.GuidedAt = now;
            Evaluate(cluster, order: null, command: null, now);
        }
    }

    // The fleet's word on a cluster: weighs the tiers, which stand in the span as our own eyes see them.
    private static FleetDirective HearFleet(ClusterRuntime cluster, Span<TierHealth> tiers, TimeSpan now)
    {
        for (var index = 0; index < tiers.Length; index++)
        {
            var tier = cluster.Tiers[index];
            tier.DownSince = tiers[index] < TierHealth.Unverified ? tier.DownSince ?? now : null;
        }

        if (cluster.GuidanceAt(now) is not { } guidance)
        {
            return default;
        }

        var mayReturn = 0u;
        int PlaceOf(string name) => Array.FindIndex(cluster.Tiers, t => string.Equals(t.Config.Name, name, StringComparison.Ordinal));
        for (var index = 0; index < tiers.Length; index++)
        {
            var tier = cluster.Tiers[index];
            var said = guidance.Of(tier.Config.Name);
            tiers[index] = TierEvaluator.Weigh(tiers[index], Array.Exists(tier.Monitors, static m => m.Serving), said);
            mayReturn |= said is { MayReturn: true } && index < 32 ? 1u << index : 0;
        }

        TierSwitchDecision? order = guidance.Call is { } call && PlaceOf(call.Verdict.From) is >= 0 and var from && PlaceOf(call.Verdict.To) is >= 0 and var to
            ? new TierSwitchDecision(call.Verdict.Epoch, call.Verdict.Kind == FleetVerdictKind.Failback, from, to, cluster.GuidedAt - call.Elapsed)
            : null;
        return new FleetDirective(Agreed: true, mayReturn, order);
    }

    private void PublishOpinions(TimeSpan now)
    {
        if (_opinionChanged is null)
        {
            return;
        }

        ClusterVote[] opinions = [.. _runtimes.Values.Where(static c => c.State.Settled).Select(c => OpinionOf(c, now))];
        var before = _opinions;
        if (before.Length == opinions.Length && !before.Where((b, i) => !b.SaysTheSameAs(opinions[i])).Any())
        {
            return;
        }

        Volatile.Write(ref _opinions, opinions);
        _opinionChanged();
    }

    private static ClusterVote OpinionOf(ClusterRuntime cluster, TimeSpan now)
    {
        var state = cluster.State;
        var config = cluster.Config;
        var wait = FailoverMachine.WaitOf(state.Relapses, config.Failback);
        return new ClusterVote(config.Name, state.Active >= 0 ? cluster.Tiers[state.Active].Config.Name : null, state.Epoch, [.. cluster.Tiers.Select((tier, index) => new TierVote(
            tier.Config.Name,
            Down: tier.DownSince is { } since && (index != state.Active || now - since >= config.Failover.SwitchAfter),
            Able: tier.DownSince is null && index < state.HealthySince.Length && state.HealthySince[index] is not null,
            ReadyToFailBack: config.Failback.Auto && state.Held is null && state.RampFrom < 0 && index < state.Active && index < state.HealthySince.Length && state.HealthySince[index] is { } able && now - able >= wait))]);
    }

    private sealed record GuideMessage(ImmutableDictionary<string, FleetGuidance> Guidance);
}
