using System.Globalization;
using Gateway.Configuration.Model;
using Gateway.Health.Model;

namespace Gateway.Health.Rules;

/// <summary>
/// What the failures that traffic met come to: nothing, the route goes elsewhere, or the destination is ejected. Part of its
/// <see cref="DestinationMonitor"/>.
/// </summary>
internal sealed class TrafficJudge(Destination destination, CurrentHealth health, DestinationFailures failures)
{
    private string _lastFailure = "";

    /// <summary>Counts a failure, and judges once it shows something; true: what requests can see has changed.</summary>
    public bool Count(RouteFailureTracker record, in Evidence evidence, in HealthContext around, ClusterConfig config, TimeSpan now)
    {
        // 1. Counted. What did not reach it, and what came in another's time but not in its own, cannot be the request's fault.
        var isConclusive = evidence.Kind is EvidenceKind.Connect or EvidenceKind.Late;
        if (isConclusive || !evidence.Confirmed)
        {
            failures.Fail(record, evidence.Lone, EvidenceRule.CountsInRow(evidence, config.Attempts), config.Passive, now);
        }

        var isOwn = isConclusive || evidence.Confirmed;
        if (isOwn)
        {
            failures.Confirm(record, config.Passive, now);
        }

        if (failures.NoteSilence(evidence, config.Passive, now))
        {
            destination.EjectedByRoute = null;
            var cause = EvidenceText.Of(evidence);
            return health.Become(
                DestinationHealth.Eject(health.State, config.Passive, around.Exhausted, now),
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"none of the last {failures.SilentLength} requests got a response, the last one: {cause}"),
                cause + EvidenceText.OnRequests,
                now);
        }

        if (!isOwn && !evidence.Lone)
        {
            // Another attempt shows whose fault it is.
            return false;
        }

        failures.CountRun(record.Route, isOwn);
        if (!around.HasSpare && EvidenceRule.IsForgiven(evidence, failures.ShareTooHigh(config.Passive, now)))
        {
            return false;
        }

        // 2. Judged.
        _lastFailure = EvidenceText.Of(evidence);
        return Judge(record, evidence.Kind == EvidenceKind.Connect, around, config.Passive, now);
    }

    /// <summary>
    /// From what the failures of one route show to what is done about it: nothing, the route goes elsewhere, or the destination is ejected.
    /// </summary>
    public bool Judge(RouteFailureTracker record, bool notReached, in HealthContext around, PassiveConfig passive, TimeSpan now)
    {
        var byRun = record.ConfirmedRun >= passive.ConsecutiveFailures;
        var isConfirmed = byRun || record.ConfirmedShareTooHigh(passive, now) || record.NeighboursServe;
        if (!isConfirmed)
        {
            if (record.Run >= passive.ConsecutiveFailures || record.LoneShareTooHigh(passive, now))
            {
                record.Avoid(RouteAvoidance.Suspected, now + passive.EjectFor, passive, now);
            }

            return false;
        }

        if (!notReached
            && (around.IsLast
                || !failures.IsDestinationWide(record, around.OthersServed, passive, now)
                || !(around.HasRoom || failures.IsBeyondChance(passive, now))))
        {
            record.AvoidAsIll(passive, now);
            return false;
        }

        destination.EjectedByRoute = notReached ? null : record.Route;
        var why = byRun || record.Run >= passive.ConsecutiveFailures
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{Math.Max(record.Run, record.ConfirmedRun)} failures in a row on route '{record.Route}', the last one: {_lastFailure}")
            : $"too large a share of failures on route '{record.Route}', the last one: {_lastFailure}";
        return health.Become(DestinationHealth.Eject(health.State, passive, around.Exhausted, now), why, _lastFailure
            + EvidenceText.OnRequests, now);
    }
}
