using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Gateway.Consensus;

namespace Gateway.Fleet;

/// <content>The verdicts that the gateways share: taken, decided, restored.</content>
internal sealed partial class FleetLoop
{
    private bool Decide(FleetReply reply, ImmutableArray<ClusterVote> opinions, string[] clusters, ImmutableArray<GatewayView> gateways, TimeSpan now)
    {
        var guidance = ImmutableDictionary.CreateBuilder<string, FleetGuidance>(StringComparer.Ordinal);
        var proposed = false;
        for (var i = 0; i < clusters.Length; i++)
        {
            var (value, remaining) = reply.Values[i];
            Remember(clusters[i], value, remaining, now);
            if (opinions.FirstOrDefault(o => string.Equals(o.Cluster, clusters[i], StringComparison.Ordinal)) is not { } mine)
            {
                continue;
            }

            var others = gateways.Where(static g => !g.Self).SelectMany(static g => g.Clusters).Where(o => string.Equals(o.Cluster, clusters[i], StringComparison.Ordinal)).ToArray();
            var known = _verdicts.GetValueOrDefault(clusters[i]);
            var decision = QuorumRule.Decide(new FleetCase(mine, others, known?.Verdict, known is null ? TimeSpan.Zero : now - known.Since));
            if (decision.Guidance is { } given)
            {
                guidance[clusters[i]] = given;
            }

            if (decision.Kind is { } kind)
            {
                var verdict = new FleetVerdict(++_epoch, clusters[i], kind, decision.From, decision.To);
                _verdictWrites.RemoveAll(w => string.Equals(w.Cluster, clusters[i], StringComparison.Ordinal));
                _verdictWrites.Add((clusters[i], value, FleetPayload.Encode(verdict), KeepVerdict));
                proposed = true;
            }
        }

        foreach (var gone in _verdicts.Keys.Except(clusters, StringComparer.Ordinal).ToArray())
        {
            _verdicts.Remove(gone);
        }

        _loop.Guide(guidance.ToImmutable());
        return proposed;
    }

    // The verdict that stands in Redis, and what to write if it was lost.
    private void Remember(string cluster, byte[] value, TimeSpan remaining, TimeSpan now)
    {
        var verdict = value.Length == 0 ? null : FleetPayload.Decode<FleetVerdict>(value);
        if (verdict is { Epoch: > 0 and <= FleetPayload.MaxEpoch, From: not null, To: not null } && Enum.IsDefined(verdict.Kind) && string.Equals(verdict.Cluster, cluster, StringComparison.Ordinal))
        {
            _epoch = Math.Max(_epoch, verdict.Epoch);
            if (_verdicts.GetValueOrDefault(cluster) is not { } known || verdict.Epoch > known.Verdict.Epoch)
            {
                var age = remaining < TimeSpan.Zero || remaining > KeepVerdict ? KeepVerdict : KeepVerdict - remaining;
                _verdicts[cluster] = new Known(verdict, now - age);
                Agreed(cluster, verdict.Kind, verdict.From, verdict.To, verdict.Epoch);
            }
            else if (verdict.Epoch < known.Verdict.Epoch)
            {
                Restore(cluster, known, value, now);
            }

            return;
        }

        _garbageAt = value.Length > 0 ? now : _garbageAt;
        if (_verdicts.GetValueOrDefault(cluster) is { } lost)
        {
            Restore(cluster, lost, value, now);
        }
        else if (value.Length > 0)
        {
            _verdictWrites.Add((cluster, value, [], TimeSpan.Zero));
        }
    }

    private void Restore(string cluster, Known known, byte[] instead, TimeSpan now)
    {
        var left = KeepVerdict - (now - known.Since);
        if (left > TimeSpan.Zero)
        {
            _verdictWrites.Add((cluster, instead, FleetPayload.Encode(known.Verdict), left));
        }
        else
        {
            _verdicts.Remove(cluster);
        }
    }
}
